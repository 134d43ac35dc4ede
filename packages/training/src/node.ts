import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { directoryHandler } from './model-directory.js';
import { RunDirectory } from './run-directory.js';

export { directoryHandler } from './model-directory.js';
export type { RunConfig } from './run-config.js';
export { type RefusedCheckpoint, RunDirectory } from './run-directory.js';

/**
 * Returns a tfjs load handler for a saved model or checkpoint, or for the best checkpoint of a run directory.
 * @throws {CheckpointError} when a run directory has no checkpoint that can be read.
 */
export const savedModelHandler = async (path: string): Promise<io.IOHandler> => {
  const isRun = await stat(join(path, 'config.json')).then(
    () => true,
    () => false,
  );
  return directoryHandler(isRun ? await (await RunDirectory.open(path)).bestCheckpointDirectory() : path);
};
