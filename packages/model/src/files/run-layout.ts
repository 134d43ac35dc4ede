import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { currentFile, readCurrentVersion } from './current-version.js';
import { parseJsonFile } from './json-file.js';
import { currentDirectory, readVerifiedDirectory } from './verified-directory.js';

/**
 * Returns where the checkpoints of a run directory are.
 * @example
 * checkpointsOf('runs/movies'); // 'runs/movies/checkpoints'
 */
export const checkpointsOf = (run: string): string => join(run, 'checkpoints');

/** Names of checkpoints; any other name may lead out of the run. */
export const checkpointPattern = /^step-\d+$/;

/**
 * Returns the names of a run's checkpoints, newest first: they carry the step, padded, so that they sort as steps do.
 * @example
 * await checkpointNames('runs/movies'); // ['step-0000000480', 'step-0000000240']
 */
export const checkpointNames = async (run: string): Promise<string[]> => {
  const names = await readdir(checkpointsOf(run)).catch(() => [] as string[]);
  return names
    .filter((name) => checkpointPattern.test(name))
    .sort()
    .reverse();
};

/** Told why the best checkpoint of a run cannot be read, before the newest whole one is taken instead. */
export type OnDamaged = (reason: string) => void;

/**
 * Returns the directory of the saved model at a path: the path itself, the best checkpoint of a run directory, or the current version of a folder
 * of models.
 *
 * @param onDamaged default: a damaged best checkpoint is an error.
 * @throws {CheckpointError} `no-run` when there is nothing; `not-trained` when the run has no checkpoint of a trained model; `damaged` when
 *   none, or not the best, can be read.
 * @example
 * await savedModelDirectory('runs/movies'); // 'runs/movies/checkpoints/step-0000000480'
 */
export const savedModelDirectory = async (path: string, onDamaged?: OnDamaged): Promise<string> => {
  const names = await readdir(path).catch(async (cause: NodeJS.ErrnoException) => {
    if ((await currentDirectory(path)) !== undefined) return [] as string[]; // a saved model that is being replaced
    const reason = cause.code === 'ENOENT' ? 'it does not exist' : cause.message;
    throw new CheckpointError('no-run', `${path}: is no run, checkpoint or saved model: ${reason}`, { cause });
  });
  if (names.includes('config.json')) return bestCheckpointDirectory(path, onDamaged);
  const current = names.includes(currentFile) ? await readCurrentVersion(path) : undefined;
  return current === undefined ? path : join(path, current.version);
};

/** The part of `training.json` that names the best checkpoint. */
const bestSchema = z.looseObject({
  progress: z.looseObject({ best: z.looseObject({ checkpoint: z.string().regex(checkpointPattern) }).nullable() }),
});

/** Returns the checkpoint with the best validation, as the newest whole checkpoint names it; without validation that newest one. */
const bestCheckpointDirectory = async (run: string, onDamaged: OnDamaged | undefined): Promise<string> => {
  const refused: string[] = [];
  const trained = (await checkpointNames(run)).filter((name) => !isStart(name));
  if (trained.length === 0)
    throw new CheckpointError('not-trained', `${run}: has no checkpoint of a trained model yet`);
  for (const name of trained) {
    const newest = join(checkpointsOf(run), name);
    try {
      const files = await readVerifiedDirectory(newest);
      const { progress } = parseJsonFile(newest, 'training.json', files, bestSchema);
      const best = progress.best?.checkpoint ?? name;
      return best === name ? newest : await bestOrNewest({ best: join(checkpointsOf(run), best), newest, onDamaged });
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.advice !== undefined) throw error;
      refused.push(` ${error.problem}.`);
    }
  }
  throw new CheckpointError('damaged', `${run}: has no checkpoint that can be read.${refused.join('')}`);
};

const bestOrNewest = async ({
  best,
  newest,
  onDamaged,
}: {
  best: string;
  newest: string;
  onDamaged: OnDamaged | undefined;
}): Promise<string> => {
  try {
    await readVerifiedDirectory(best);
    return best;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    if (onDamaged === undefined)
      throw new CheckpointError('damaged', `the best checkpoint cannot be read: ${error.problem}.`, {
        cause: error,
        advice: { option: 'onDamaged', purpose: 'to load the newest whole checkpoint instead' },
      });
    onDamaged(`the best checkpoint cannot be read, so the newest one is used: ${error.problem}`);
    return newest;
  }
};

/** Returns whether a checkpoint holds a model before its first step. */
const isStart = (name: string): boolean => /^step-0+$/.test(name);
