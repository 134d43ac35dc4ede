import { join } from 'node:path';
import type { Protocol } from '@recsys/training';
import { fingerprintOf, type RunConfig, RunDirectory } from '@recsys/training/node';
import { UsageError } from '../errors.js';
import type { DataOptions } from './data-options.js';
import { type LoadedSplit, loadSplit } from './load-split.js';
import { isUrl } from './locate-data.js';

/** What `recsys train` keeps in a run's `config.json` beside what `fit` records. */
export interface RunInfo {
  /** The data file, relative to the run directory; or its URL. */
  data: string;
  dataOptions: DataOptions;
  protocol: Protocol;
  k: number[];
}

interface OpenedRun {
  readonly config: RunConfig;
  readonly info: RunInfo;
  /** The data file: the one given, else the one the run was trained on. */
  readonly dataPath: string;
}

/**
 * Opens a run that `recsys train` made.
 * @throws {UsageError} when it was made by a program of the user's own, whose data this command cannot know.
 */
export const openRun = async (path: string, data: string | undefined): Promise<OpenedRun> => {
  const config = (await (await RunDirectory.open(path)).config()) as unknown as RunConfig;
  const info = config.info as unknown as RunInfo;
  if (typeof info?.data !== 'string') {
    throw new UsageError('usage', `${path}: was not made by recsys train, so it is unknown how its data was read`);
  }
  return { config, info, dataPath: data ?? (isUrl(info.data) ? info.data : join(path, info.data)) };
};

/**
 * Returns the data of a run, split as in training.
 * @throws {UsageError} when the file is not the one the run was trained on.
 */
export const loadRunSplit = async ({ config, info, dataPath }: OpenedRun): Promise<LoadedSplit> => {
  const loaded = await loadSplit(dataPath, info.dataOptions);
  if (fingerprintOf(loaded.split.train).fingerprint !== config.data.fingerprint) {
    throw new UsageError('usage', `${dataPath}: is not the data that the run was trained on (its fingerprint differs)`);
  }
  return loaded;
};
