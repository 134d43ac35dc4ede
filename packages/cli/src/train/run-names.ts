import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kebabCase, UsageError } from '../errors.js';
import type { ModelKind } from '../models/index.js';
import { pickOptions } from '../options/index.js';
import { fitOptions, flagsOfModel, type TrainOptions } from './train-options.js';

/** Options of training that do not change what is learned. */
const left = new Set([
  'seed',
  'protocol',
  'k',
  'metric',
  'patience',
  'checkpointEvery',
  'validationEvery',
  'validationSampleTargets',
  'refit',
]);

/** File systems take names up to 255 bytes. */
const longestName = 120;

/** Returns the default name of a run, which tells its settings: `ml-1m-sasrec-hidden-units-64-loss-gbce-1`. */
export const runName = (dataset: string, kind: ModelKind, options: TrainOptions): string => {
  const { seed = 0, preset } = options;
  const model = basename(kind.name).replace(/\.[cm]?[jt]s$/, '');
  const given = Object.entries({ ...pickOptions(flagsOfModel(kind), options), ...pickOptions(fitOptions, options) })
    .filter(([key]) => !left.has(key))
    .map(([key, value]) =>
      typeof value === 'boolean' ? `${value ? '' : 'no-'}${kebabCase(key)}` : `${kebabCase(key)}-${value}`,
    );
  const items = options.items === undefined ? [] : ['items'];
  const name = [dataset, preset ?? model, ...items, ...given].join('-');
  return `${name.slice(0, longestName)}-${seed}`;
};

/**
 * Returns the run in a folder that was written to last.
 * @throws {UsageError} when there is none.
 */
export const newestRun = (folder: string): string => {
  const writtenAt = (name: string): number => {
    const times = ['metrics.jsonl', 'config.json'].map(
      (file) => statSync(join(folder, name, file), { throwIfNoEntry: false })?.mtimeMs,
    );
    return times[1] === undefined ? 0 : Math.max(...times.map((time) => time ?? 0)); // without a configuration it is no run
  };
  const newest = namesIn(folder)
    .map((name) => ({ name, at: writtenAt(name) }))
    .reduce((a, b) => (b.at > a.at ? b : a), { name: '', at: 0 });
  if (newest.at === 0) throw new UsageError('usage', `${folder}: holds no run to resume; name it: --resume RUN`);
  return join(folder, newest.name);
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
