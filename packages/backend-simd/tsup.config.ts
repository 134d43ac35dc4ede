import type { Options } from 'tsup';
import { preset } from '../../tsup.preset.ts';

/** The worker is an entry of its own, next to the code that starts it, and complete, so that a bundled server needs only this one file. */
export default {
  ...(preset() as Options),
  entry: { index: 'src/index.ts', worker: 'src/threads/worker.js' },
  splitting: false,
};
