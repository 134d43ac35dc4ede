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

/** Returns a choice in plain words. A better backend is mentioned if it is there but failed, not if it was never installed. */
export const describeBackend = ({ backend, threads, threadsNote, skipped }: BackendChoice): string => {
  const running = threads === undefined ? backend : `${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const failed = skipped.filter(({ reason }) => reason !== 'not installed');
  return [
    running,
    ...(threadsNote === undefined ? [] : [threadsNote]),
    ...failed.map(({ name, reason }) => `without ${name}: ${reason}`),
  ].join(' · ');
};
