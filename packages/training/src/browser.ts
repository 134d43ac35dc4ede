// What bundles for the browser get in place of runs on disk.
import { TrainingError } from './errors.js';

/** The first thing that `fit` does with a run directory. */
export const fingerprintOf = (): never => {
  throw new TrainingError(
    'node-only',
    'fit: runDirectory needs the file system of Node; in a browser, train without it and save the model by a handler such as tf.io.browserDownloads(name)',
  );
};
