import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '../errors.js';
import { readVerifiedDirectory } from './verified-directory.js';

/** Returns where the checkpoints of a run directory are. */
export const checkpointsOf = (run: string): string => join(run, 'checkpoints');

/** Names of checkpoints; any other name may lead out of the run. */
export const checkpointPattern = /^step-\d+$/;

/** Returns the names of a run's checkpoints, newest first: they carry the step, padded, so that they sort as steps do. */
export const checkpointNames = async (run: string): Promise<string[]> => {
  const names = await readdir(checkpointsOf(run)).catch(() => [] as string[]);
  return names
    .filter((name) => checkpointPattern.test(name))
    .sort()
    .reverse();
};

/**
 * Returns the directory of the saved model at a path: the path itself, or the best checkpoint of a run directory.
 * @throws {CheckpointError} when there is no model, or no checkpoint that can be read.
 */
export const savedModelDirectory = async (path: string): Promise<string> => {
  const names = await readdir(path).catch((cause: Error) => {
    throw new CheckpointError('bad-checkpoint', `${path}: is no run, checkpoint or saved model: ${cause.message}`, {
      cause,
    });
  });
  return names.includes('config.json') ? bestCheckpointDirectory(path) : path;
};

/** Returns the checkpoint with the best validation, as the newest whole checkpoint names it; else that newest one. */
const bestCheckpointDirectory = async (run: string): Promise<string> => {
  const refused: string[] = [];
  for (const name of await checkpointNames(run)) {
    try {
      const files = await readVerifiedDirectory(join(checkpointsOf(run), name));
      const training = files.get('training.json');
      const best = training && JSON.parse(Buffer.from(training).toString('utf8')).progress?.best?.checkpoint;
      return join(checkpointsOf(run), checkpointPattern.test(best) ? best : name);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      refused.push(` ${error.message}.`);
    }
  }
  const reason =
    refused.length === 0 ? 'has no checkpoint yet' : `has no checkpoint that can be read.${refused.join('')}`;
  throw new CheckpointError('bad-checkpoint', `${run}: ${reason}`);
};
