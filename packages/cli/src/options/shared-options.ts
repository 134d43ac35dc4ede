import { type BackendName, selectBackend } from '@recsys/model';
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

/** Selects the backend that was asked for, or the best, says which and why, and returns its name. */
export const startBackend = async (reporter: Reporter, given: Record<string, unknown>): Promise<BackendName> => {
  const { backend } = pickOptions(backendOptions, given);
  const choice = await selectBackend(backend === undefined ? {} : { prefer: backend as BackendName });
  const skipped = choice.skipped.map(({ name, reason }) => `${name}: ${reason}`);
  reporter.report('backend', [choice.backend, ...skipped].join(' · '), { ...choice });
  return choice.backend;
};
