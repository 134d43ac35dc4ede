import { type BackendChoice, type BackendName, selectBackend } from '@recsys/model';
import type { Reporter } from '../reporter.js';
import { type OptionSpecs, pickOptions } from './options.js';

export const backendOptions = {
  backend: {
    flags: '--backend <name>',
    help: 'TensorFlow.js backend (default: the fastest that loads)',
    type: 'string',
    choices: ['tensorflow', 'simd', 'wasm', 'cpu'],
  },
} as const satisfies OptionSpecs;

/** Selects the backend that was asked for, or the best, says which, and returns its name. */
export const startBackend = async (reporter: Reporter, given: Record<string, unknown>): Promise<BackendName> => {
  const { backend } = pickOptions(backendOptions, given);
  const choice = await selectBackend(backend === undefined ? {} : { prefer: backend as BackendName });
  reporter.report('backend', describeBackend(choice), { ...choice });
  return choice.backend;
};

/**
 * Returns a choice in plain words. A better backend, or native kernels, are mentioned if they are there but failed, not if they were
 * never installed.
 */
export const describeBackend = (choice: BackendChoice): string => {
  const { backend, build, buildNote, threads, threadsNote, skipped } = choice;
  const kernels = build?.startsWith('native-') ? `${backend} ${build}` : backend;
  const running = threads === undefined ? kernels : `${kernels}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const failed = skipped.filter(({ reason }) => reason !== 'not installed');
  return [
    running,
    ...(threadsNote === undefined ? [] : [threadsNote]),
    ...(buildNote === undefined || buildNote.includes('is not installed') ? [] : [buildNote]),
    ...failed.map(({ name, reason }) => `without ${name}: ${reason}`),
  ].join(' · ');
};
