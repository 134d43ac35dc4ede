import type { Split } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { engineName } from '@recsys/model';
import { TrainingError } from '../errors.js';
import { fingerprintOf } from '../runs/index.js';
import { spaceAround } from './search-space.js';
import { halvingRungs } from './successive-halving.js';
import { type TuneOptions, type TuneResult, tuneSchema } from './tune-options.js';
import { Tuner } from './tuner.js';
import { TuningDirectory } from './tuning-directory.js';

/**
 * Searches for settings that validate best: random search (Bergstra & Bengio 2012) with successive halving (Jamieson & Talwalkar 2016; Li et al.
 * 2018, one bracket of Hyperband). All trials are trained for a few epochs, and the best third goes on for three times as many, round by round.
 * The first trial has the settings to start from, the others are drawn around them. The test part is never looked at. Works in Node alone.
 *
 * The state is in `directory`: the run of each trial, and a record of each trial and round. After a kill, the same call goes on. Any number of
 * processes, on machines that share the directory, may make the same call at the same time: a trial is trained by one of them at a time, and when all
 * have ended, each returns the same. Without a limit of seconds the result is that of one process that was never stopped, whatever their number and
 * whatever was killed; with a chooser, what it chooses depends on which trials ended before.
 *
 * @throws {TrainingError} `bad-option`; `no-result` when no trial has a validation, because all failed or the budget is too small; `chooser-failed`.
 * @throws {CheckpointError} `other-run` when the directory was started with other options, other data or another engine; `damaged`; `cannot-write`.
 * @example
 * const { best } = await tune(split, {
 *   directory: 'tuning/movies',
 *   start: { hiddenUnits: 50, learningRate: 0.001, dropoutRate: 0.5 },
 *   trials: 20,
 *   epochs: 90,
 *   seed: 1,
 *   prepare: ({ settings: { learningRate, ...model } }) => ({
 *     model: new SASRec({ ...model, catalog: split.catalog, seed: 1 }),
 *     fit: { learningRate: Number(learningRate), seed: 1, validation: { protocol: 'full' } },
 *   }),
 * });
 * best.settings; // { hiddenUnits: 100, learningRate: 0.00182, dropoutRate: 0.31 }
 */
export const tune = async (split: Split, options: TuneOptions): Promise<TuneResult> => {
  const checked = parseOptions('tune', tuneSchema, options, { ErrorClass: TrainingError });
  const { directory, start, trials, epochs, seed, chooser, common, leaseSeconds } = checked;
  const space = checked.space ?? spaceAround(start, { numItems: split.catalog.ids.length });
  const eta = chooser === undefined ? (checked.eta ?? 3) : undefined;
  const search = { trials, epochs, eta, seed, start, space, common, chooser: chooser?.identity };
  const config = { format: 2, ...search, data: fingerprintOf(split.train), engine: engineName() } as const;
  const state = await TuningDirectory.open(directory, config, { leaseSeconds, prepare: () => chooser?.prepare() });
  const rungs = eta === undefined ? [{ trials, epochs }] : halvingRungs({ trials, epochs, eta });
  return new Tuner(split, checked, { space, state, rungs }).tune();
};
