import { join } from 'node:path';
import type { Id } from '@recsys/data';
import { CheckpointError } from '@recsys/model';
import type { Protocol } from '@recsys/training';
import { fingerprintOf, type RunConfig, RunDirectory } from '@recsys/training/node';
import { z } from 'zod';
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
import type { RecordedItems } from './item-options.js';
import { type LoadedSplit, loadSplit } from './load-split.js';
import type { GivenOptions } from './options.js';
import type { SplitOptions } from './split-options.js';

/** What `recsys train` keeps in a run's `config.json` beside what `fit` records. */
export interface RunInfo {
  /** The data file, relative to the run directory; its URL; `-` for standard input; or a database and a query. */
  data: RecordedSource;
  dataOptions: DataOptions & SplitOptions;
  /** Whether it is trained once more, on the validation part too. */
  refit?: boolean;
  /** The run or saved model that it started from, relative to the run directory. */
  from?: string;
  /** Ids of items that its catalog has from there, or from a file of items, and the data does not have. */
  keptItems?: Id[];
  /** Where it is logged beside its directory, as `--track` takes it. */
  track?: string[];
  /** The loss of every n-th step is logged. */
  logSteps?: number;
  /** The module of a model of the user's own, relative to the run directory, and the sha256 of that file. */
  module?: { path: string; sha256: string };
  /** The file of items with features. */
  items?: RecordedItems;
  protocol: Protocol;
  k: number[];
  /** Name and options of the loss, as `createLoss` takes them. */
  loss: { name: string; numNegatives?: number; calibration?: number; logQ?: boolean; inBatch?: number };
  /** Default `uniform`. */
  negativeSampler?: 'uniform' | 'popularity' | 'log-uniform' | 'in-batch';
}

export interface OpenedRun {
  readonly config: RunConfig;
  readonly info: RunInfo;
  /** The data: what is given, else what the run was trained on. */
  readonly source: DataSource;
}

/** What a command uses of `config.json`, which `fit` wrote. */
const configSchema = z.looseObject({
  model: z.looseObject({ name: z.string() }),
  loss: z.looseObject({ name: z.string(), numNegatives: z.int().min(0) }),
  fit: z.looseObject({}),
  data: z.looseObject({ fingerprint: z.string() }),
});

/**
 * Opens a run's configuration, without its data.
 * @throws {CheckpointError} `damaged` when `config.json` is not what `fit` writes.
 * @throws {UsageError} when the run was made by a program of the user's own.
 */
export const openRun = async (path: string): Promise<Omit<OpenedRun, 'source'>> => {
  const found = configSchema.safeParse(await (await RunDirectory.open(path)).config());
  if (!found.success) {
    const { path: at, message } = found.error.issues[0]!;
    throw new CheckpointError(
      'damaged',
      `${join(path, 'config.json')}: ${at.join('.')} ${message}; the file is damaged`,
    );
  }
  const config = found.data as unknown as RunConfig;
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
  const loaded = await loadSplit(source, info.dataOptions, info.keptItems);
  if (fingerprintOf(loaded.split.train).fingerprint !== config.data.fingerprint) {
    throw new UsageError(
      'usage',
      `${nameOf(source)}: is not the data that the run was trained on (its fingerprint differs)`,
    );
  }
  return loaded;
};
