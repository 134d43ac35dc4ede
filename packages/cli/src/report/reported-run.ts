import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReportEpoch, ReportRun } from '@recsys/report';
import { type RunConfig, RunDirectory } from '@recsys/training/node';
import { UsageError } from '../errors.js';
import { pickOptions, type RunInfo, splitOptions } from '../options/index.js';

/** A run as its files tell it, whether or not its training has ended. */
export interface ReportedRun {
  readonly path: string;
  /** Name of its directory, or, where another run has the same, its path. */
  readonly name: string;
  readonly config: RunConfig;
  /** How its data is read; undefined for a run that a program of the user's own made. */
  readonly info: RunInfo | undefined;
  readonly epochs: readonly ReportEpoch[];
  readonly best: ReportRun['best'];
  readonly isTested: boolean;
}

/**
 * Opens runs that are to stand in one report.
 * @throws {UsageError} when one is given twice, or they cannot be compared: they were trained on other data, or are tested on other targets.
 */
export const openReportedRuns = async (paths: readonly string[]): Promise<ReportedRun[]> => {
  const twice = paths.find((path, i) => paths.findIndex((other) => resolve(other) === resolve(path)) < i);
  if (twice !== undefined) throw new UsageError('usage', `${twice}: is given twice`);
  const names = paths.map((path) => basename(resolve(path)));
  const runs = await Promise.all(
    paths.map((path, i) =>
      openReportedRun(path, names.filter((name) => name === names[i]).length > 1 ? path : names[i]),
    ),
  );
  for (const run of runs.slice(1)) assertComparable(runs[0], run);
  return runs;
};

const openReportedRun = async (path: string, name: string): Promise<ReportedRun> => {
  const config = (await (await RunDirectory.open(path)).config()) as unknown as RunConfig;
  const info = config.info as unknown as RunInfo | undefined;
  const records = await readLog(path);
  const epochs = records.filter(({ event }) => event === 'epoch') as unknown as ReportEpoch[];
  return {
    path,
    name,
    config,
    info: info?.data === undefined || info.dataOptions === undefined ? undefined : info,
    epochs,
    best: bestOf(config, epochs),
    isTested: records.some(({ event }) => event === 'test'),
  };
};

/** Returns the lines of a run's log. The last one may be half written, as training may go on. */
const readLog = async (path: string): Promise<Record<string, unknown>[]> => {
  const text = await readFile(join(path, 'metrics.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
};

/** Returns the epoch that validation chose so far. */
const bestOf = ({ fit }: RunConfig, epochs: readonly ReportEpoch[]): ReportRun['best'] => {
  const { metric } = (fit?.validation || {}) as { metric?: string };
  if (metric === undefined) return undefined;
  const validated = epochs.flatMap(({ epoch, validation }) => {
    const value = validation?.[metric];
    return value === undefined ? [] : [{ epoch, metric, value }];
  });
  return validated.length === 0 ? undefined : validated.reduce((a, b) => (b.value > a.value ? b : a));
};

const assertComparable = (first: ReportedRun, other: ReportedRun): void => {
  if (first.config.data?.fingerprint !== other.config.data?.fingerprint)
    throw new UsageError(
      'usage',
      `${other.path}: was trained on other data than ${first.path}, or on another split of it, so the two cannot be compared`,
    );
  const splitOf = ({ info }: ReportedRun) => info && pickOptions(splitOptions, info.dataOptions);
  if (first.info && other.info && !isDeepStrictEqual(splitOf(first), splitOf(other)))
    throw new UsageError(
      'usage',
      `${other.path}: is tested on other items than ${first.path}, as its data was split in another way, so the two cannot be compared`,
    );
};
