import type { Protocol } from '@recsys/training';
import { fingerprintOf, type RunConfig, RunDirectory } from '@recsys/training/node';
import { UsageError } from '../errors.js';
import type { DataOptions } from './data-options.js';
import {
  type DataSource,
  isRecordedSource,
  nameOf,
  type RecordedSource,
  type runDataOptions,
  sourceOfRun,
} from './data-source.js';
import { type LoadedSplit, loadSplit } from './load-split.js';
import type { GivenOptions } from './options.js';

/** What `recsys train` keeps in a run's `config.json` beside what `fit` records. */
export interface RunInfo {
  /** The data file, relative to the run directory; its URL; `-` for standard input; or a database and a query. */
  data: RecordedSource;
  dataOptions: DataOptions;
  protocol: Protocol;
  k: number[];
}

export interface OpenedRun {
  readonly config: RunConfig;
  readonly info: RunInfo;
  /** The data: what is given, else what the run was trained on. */
  readonly source: DataSource;
}

/** Opens a run's configuration, without its data. */
export const openRun = async (path: string): Promise<Omit<OpenedRun, 'source'>> => {
  const config = (await (await RunDirectory.open(path)).config()) as unknown as RunConfig;
  const info = config.info as unknown as RunInfo;
  if (!isRecordedSource(info?.data)) {
    throw new UsageError('usage', `${path}: was not made by recsys train, so it is unknown how its data was read`);
  }
  return { config, info };
};

/**
 * Opens a run that `recsys train` made, and says where its data is.
 * @throws {UsageError} when it was made by a program of the user's own, whose data this command cannot know, or from standard input.
 */
export const openRunWithData = async (path: string, given: GivenOptions<typeof runDataOptions>): Promise<OpenedRun> => {
  const run = await openRun(path);
  return { ...run, source: sourceOfRun(path, run.info.data, given) };
};

/**
 * Returns the data of a run, split as in training.
 * @throws {UsageError} when the data is not what the run was trained on.
 */
export const loadRunSplit = async ({ config, info, source }: OpenedRun): Promise<LoadedSplit> => {
  const loaded = await loadSplit(source, info.dataOptions);
  if (fingerprintOf(loaded.split.train).fingerprint !== config.data.fingerprint) {
    throw new UsageError(
      'usage',
      `${nameOf(source)}: is not the data that the run was trained on (its fingerprint differs)`,
    );
  }
  return loaded;
};
