import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { UserSequences } from '@recsys/data';
import { currentFile } from '@recsys/model/node';
import { kebabCase, UsageError } from '../errors.js';
import type { DataOptions } from './data-options.js';
import { type DataSource, nameOf, type runDataOptions, sourceOf } from './data-source.js';
import { type LoadedSplit, loadSplit } from './load-split.js';
import type { GivenOptions } from './options.js';
import { loadRunSplit, type OpenedRun, openRunWithData } from './run-info.js';
import type { SplitOptions } from './split-options.js';

/** Returns whether a path holds a saved model, a checkpoint or a folder of models, and no run. */
export const isSavedModel = (path: string): boolean =>
  [join(path, 'model.json'), join(path, currentFile)].some(existsSync) && !existsSync(join(path, 'config.json'));

/** What a model is evaluated on, or recommends from: the data of its run, or that which is given for a saved model. */
interface DataOfModel {
  /** Undefined for a saved model. */
  readonly run: OpenedRun | undefined;
  readonly source: DataSource;
  load(): Promise<LoadedSplit>;
}

/**
 * Opens the data for a run or a saved model.
 *
 * @param columns how to read and split the data of a saved model; a run knows it.
 * @throws {UsageError} when a saved model is given no data, or a run is told how to read its own.
 */
export const dataOfModel = async (
  path: string,
  given: GivenOptions<typeof runDataOptions>,
  columns: DataOptions & SplitOptions = {},
): Promise<DataOfModel> => {
  if (!isSavedModel(path)) {
    const [flag] = Object.keys(columns);
    if (flag !== undefined)
      throw new UsageError('usage', `--${kebabCase(flag)} is for a saved model; a run knows how its data was read`);
    const run = await openRunWithData(path, given);
    return { run, source: run.source, load: () => loadRunSplit(run) };
  }
  const { data, ...database } = given;
  const source = await sourceOf(data, database);
  if (source === undefined)
    throw new UsageError(
      'usage',
      `${path}: is a saved model, which does not know its data; give it by --data FILE, or by --database with --sql`,
    );
  return { run: undefined, source, load: () => loadSplit(source, columns) };
};

/** Returns the whole sequences of the users of a run, or of the data that is given for a saved model. */
export const sequencesOf = async (
  path: string,
  given: GivenOptions<typeof runDataOptions>,
  reading: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<UserSequences> => {
  const { source, load } = await dataOfModel(path, given);
  const { split } = await reading(`reading ${nameOf(source)}`, load);
  return split.test.sequences;
};
