import { readdir } from 'node:fs/promises';
import type { io } from '@tensorflow/tfjs-core';
import { CheckpointError } from './checkpoint-error.js';
import { directoryHandler } from './model-directory.js';
import { RunDirectory } from './run-directory.js';

export { lockPath } from './lock-path.js';
export { directoryHandler } from './model-directory.js';
export type { RunConfig } from './run-config.js';
export { describeData, type RefusedCheckpoint, RunDirectory } from './run-directory.js';

/**
 * Returns a tfjs load handler for a saved model or checkpoint, or for the best checkpoint of a run directory.
 * @throws {CheckpointError} when a run directory has no checkpoint that can be read.
 */
export const savedModelHandler = async (path: string): Promise<io.IOHandler> => {
  const names = await readdir(path).catch((cause: Error) => {
    throw new CheckpointError(`${path}: is no run, checkpoint or saved model: ${cause.message}`, { cause });
  });
  if (!names.includes('config.json')) return directoryHandler(path);
  return directoryHandler(await (await RunDirectory.open(path)).bestCheckpointDirectory());
};
