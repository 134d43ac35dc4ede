import type { Options } from 'tsup';
import { preset } from '../../tsup.preset.ts';

/**
 * The worker is a separate, self-contained entry beside the code that starts it, so a bundled server needs only this
 * one extra file.
 */
export default {
  ...(preset() as Options),
  entry: { index: 'src/index.ts', worker: 'src/threads/worker.js' },
  splitting: false,
};
