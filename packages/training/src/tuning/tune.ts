import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countTrainBatches, Rng, type Split } from '@recsys/data';
import { parseOptions, RecsysError } from '@recsys/errors';
import { maxLengthOf, type SequentialModel } from '@recsys/model';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import { type FitOptions, type FitResult, fit } from '../fit/index.js';
import { fingerprintOf } from '../runs/index.js';
import { positiveInteger } from '../schemas.js';
import {
  drawSettings,
  type SearchSpace,
  type Settings,
  settingsSchema,
  spaceAround,
  spaceSchema,
} from './search-space.js';
import { halvingRungs, type Rung, rankTrials } from './successive-halving.js';
import { type TrialRecord, TuningDirectory } from './tuning-directory.js';

/** A trial about to be trained. */
export interface Trial {
  /** Number of the trial, from 0: the starting point. */
  readonly trial: number;
  readonly settings: Settings;
  /** The directory of its run. */
  readonly directory: string;
}

/** What a trial trains. */
export interface TrialPlan {
  /** `tune` owns it, and frees it. */
  readonly model: SequentialModel;
  /** Options of `fit`; the number of epochs, the run directory and when to stop are those of `tune`. Validation must be on. */
  readonly fit: Omit<FitOptions, 'epochs' | 'runDirectory' | 'resume' | 'maxSteps' | 'maxSeconds' | 'signal'>;
}

/** What `tune` tries, for how long, and where it keeps it. */
export interface TuneOptions {
  /** Directory for the state and the run of each trial. If it has the state of an earlier call with the same options, `tune` goes on there. */
  directory: string;
  /** The settings of the first trial. */
  start: Settings;
  /** The settings to draw for the other trials. Default `spaceAround(start, …)`. */
  space?: SearchSpace | undefined;
  /** Number of trials, the starting point among them, >= 1. Default 20. */
  trials?: number | undefined;
  /** Epochs of the trials that reach the last round, >= 1. */
  epochs: number;
  /** The best 1/eta of the trials of a round go on, for eta times as many epochs; an integer, >= 2. Default 3. */
  eta?: number | undefined;
  /** Seed of the draws. */
  seed: number;
  /**
   * Seconds of training and validation, of all trials and calls together, > 0. Each round has the same share, and each of its trials the same
   * share of what is left; a trial that needs more is judged by what it has reached. Default: no limit.
   */
  seconds?: number | undefined;
  /** Makes the model of a trial and says how to train it. It must give the same for the same trial. */
  prepare: (trial: Trial) => TrialPlan | Promise<TrialPlan>;
  /** Told of each trial before it trains in a round. */
  onTrial?: ((trial: Trial, rung: Rung & { readonly number: number }) => void) | undefined;
  /** Told of each trial at the end of a round; of those of earlier calls, again. */
  onRecord?: ((record: TrialRecord, trial: Trial) => void) | undefined;
  /** When aborted, the run of the trial saves a checkpoint, and `tune` returns. */
  signal?: AbortSignal | undefined;
}

/** A trial and the last that is known of it. */
export interface TunedTrial extends TrialRecord {
  readonly settings: Settings;
  readonly directory: string;
}

export interface TuneResult {
  /** Why it ended: all rounds are done, or it was aborted; call `tune` again to go on. */
  readonly stopped: 'rungs' | 'aborted';
  /** The trial with the best validation; undefined only if it was aborted before there was one. */
  readonly best: TunedTrial | undefined;
  /** The trials that have been trained, best first, then those without a validation. */
  readonly trials: readonly TunedTrial[];
  readonly rungs: readonly Rung[];
}

const isFunction = (value: unknown) => typeof value === 'function';
const tuneSchema = z.strictObject({
  directory: z.string().min(1),
  start: settingsSchema,
  space: spaceSchema.optional(),
  trials: positiveInteger.max(10_000).default(20),
  epochs: positiveInteger,
  eta: z.int().min(2).default(3),
  seed: z.int(),
  seconds: z.number().gt(0).optional(),
  prepare: z.custom<TuneOptions['prepare']>(isFunction, 'must be a function'),
  onTrial: z.custom<NonNullable<TuneOptions['onTrial']>>(isFunction, 'must be a function').optional(),
  onRecord: z.custom<NonNullable<TuneOptions['onRecord']>>(isFunction, 'must be a function').optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/** Codes of errors that are the fault of the settings of a trial, so that others may do better. */
const faultsOfTrials: readonly string[] = ['diverged', 'too-large', 'out-of-memory'];

/** One call of `tune`. */
class Tuner {
  readonly #split: Split;
  readonly #options: z.output<typeof tuneSchema>;
  readonly #state: TuningDirectory;
  readonly #rungs: readonly Rung[];
  readonly #trials: readonly Trial[];
  /** The last record of each trial. */
  readonly #last = new Map<number, TrialRecord>();

  constructor(
    split: Split,
    options: z.output<typeof tuneSchema>,
    { space, state }: { space: SearchSpace; state: TuningDirectory },
  ) {
    this.#split = split;
    this.#options = options;
    this.#state = state;
    this.#rungs = halvingRungs(options);
    // A trial has a stream of its own: its settings do not depend on how many others there are.
    this.#trials = Array.from({ length: options.trials }, (_, trial) => ({
      trial,
      settings: trial === 0 ? options.start : drawSettings(space, options.start, new Rng(options.seed, trial)),
      directory: state.runOf(trial),
    }));
  }

  async tune(): Promise<TuneResult> {
    let taking = this.#trials;
    for (let number = 0; number < this.#rungs.length; number++) {
      for (const [place, trial] of taking.entries()) {
        const isKnown = ({ trial: own, rung: at }: TrialRecord) => own === trial.trial && at === number;
        const known = this.#state.records.find(isKnown);
        const record = known ?? (await this.#train(trial, number, taking.length - place));
        if (record === undefined) return this.#result('aborted');
        if (known === undefined) await this.#state.add(record);
        this.#last.set(trial.trial, record);
        this.#options.onRecord?.(record, trial);
      }
      const next = this.#rungs[number + 1];
      if (next === undefined) break;
      const ranked = rankTrials(taking.map(({ trial }) => this.#last.get(trial)!));
      taking = ranked.slice(0, next.trials).map(({ trial }) => this.#trials[trial]);
    }
    const result = this.#result('rungs');
    if (result.best === undefined) throw noResult(result.trials);
    return result;
  }

  /** Trains a trial to the end of a round; undefined if that was aborted. `left` is how many of the round there are, with this one. */
  async #train(trial: Trial, number: number, left: number): Promise<TrialRecord | undefined> {
    const before = this.#last.get(trial.trial);
    const maxSeconds = this.#secondsFor(number, left, before);
    const common = { trial: trial.trial, rung: number };
    if (maxSeconds !== undefined && maxSeconds <= (before?.seconds ?? 0)) {
      const reached = before ?? { epochs: 0, seconds: 0, value: null, bestEpoch: null };
      return { ...reached, ...common, stopped: 'seconds' };
    }
    if (this.#options.signal?.aborted) return undefined;
    this.#options.onTrial?.(trial, { ...this.#rungs[number], number });
    let model: SequentialModel | undefined;
    let clock = () => performance.now();
    let startedAt = clock();
    try {
      const plan = await this.#options.prepare(trial);
      model = plan.model;
      clock = plan.fit.clock ?? clock;
      startedAt = clock();
      const result = await this.#fit(plan, trial, { rung: this.#rungs[number], maxSeconds });
      if (result.stopped === 'aborted') return undefined;
      const { best, epochs, seconds } = result;
      const stopped = result.stopped === 'steps' || result.stopped === 'epochs' ? 'rung' : result.stopped;
      return { ...common, epochs, seconds, value: best?.value ?? null, bestEpoch: best?.epoch ?? null, stopped };
    } catch (error) {
      if (!RecsysError.isInstance(error) || !faultsOfTrials.includes(error.code)) throw error;
      const { epochs, seconds: secondsBefore } = before ?? { epochs: 0, seconds: 0 };
      const seconds = secondsBefore + Math.max(0, clock() - startedAt) / 1000;
      return { ...common, epochs, seconds, value: null, bestEpoch: null, stopped: 'failed', problem: error.problem };
    } finally {
      model?.dispose();
    }
  }

  /** Trains the run of a trial up to the last step of a round: its schedule is that of all epochs, so it can go on in the next one. */
  #fit(
    { model, fit: options }: TrialPlan,
    { directory }: Trial,
    { rung, maxSeconds }: { rung: Rung; maxSeconds: number | undefined },
  ): Promise<FitResult> {
    const { batchSize = 128, windows = false, validation } = options;
    if (validation === false)
      throw new TrainingError(
        'bad-option',
        'tune: option fit.validation of a trial must not be false: trials are ranked by it',
      );
    const batches = countTrainBatches(this.#split.train, { batchSize, windows, maxLength: maxLengthOf(model) });
    const every = validation?.every ?? 1; // a round ends with a validation
    const { epochs, signal } = this.#options;
    return fit(model, this.#split, {
      ...options,
      epochs,
      runDirectory: directory,
      resume: existsSync(join(directory, 'config.json')),
      maxSteps: Math.min(epochs, Math.ceil(rung.epochs / every) * every) * batches,
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...(signal && { signal }),
    });
  }

  /** Returns the seconds of training, since its start, after which a trial must stop in a round. */
  #secondsFor(number: number, left: number, before: TrialRecord | undefined): number | undefined {
    const { seconds } = this.#options;
    if (seconds === undefined) return undefined;
    const spent = [...this.#last.values()].reduce((sum, record) => sum + record.seconds, 0);
    const ofRungs = (seconds * (number + 1)) / this.#rungs.length;
    return (before?.seconds ?? 0) + (ofRungs - spent) / left;
  }

  #result(stopped: TuneResult['stopped']): TuneResult {
    const all = [...this.#last.values()].map((record) => ({ ...this.#trials[record.trial], ...record }));
    const ranked = rankTrials(all);
    const trials = [...ranked, ...all.filter(({ value }) => value === null).sort((a, b) => a.trial - b.trial)];
    return { stopped, best: ranked[0], trials, rungs: this.#rungs };
  }
}

const noResult = (trials: readonly TunedTrial[]): TrainingError => {
  const problem = trials.find((trial) => trial.problem !== undefined)?.problem;
  return new TrainingError(
    'no-result',
    problem === undefined
      ? 'tune: no trial was validated even once; the budget is too small.'
      : `tune: all trials failed; one of them: ${problem}`,
    problem === undefined ? { advice: { option: 'seconds', purpose: 'to give it more time' } } : {},
  );
};

/**
 * Searches for settings that validate best: random search (Bergstra & Bengio 2012) with successive halving (Jamieson & Talwalkar 2016; Li et al.
 * 2018, one bracket of Hyperband). All trials are trained for a few epochs, and the best third goes on for three times as many, round by round.
 * The first trial has the settings to start from, the others are drawn around them. The test part is never looked at. Works in Node alone.
 *
 * The state is in `directory`: the run of each trial, and a line for each trial and round. After a kill, the same call goes on; without a limit of
 * seconds it ends as one that was never stopped.
 *
 * @throws {TrainingError} `bad-option`; `no-result` when no trial has a validation, because all failed or the budget is too small.
 * @throws {CheckpointError} `other-run` when the directory was started with other options or other data.
 * @throws {FileError} `in-use` when another process works in the directory.
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
  const { directory, start, trials, epochs, eta, seed } = checked;
  const space = checked.space ?? spaceAround(start, { numItems: split.catalog.ids.length });
  const data = fingerprintOf(split.train);
  const state = await TuningDirectory.open(directory, { format: 1, trials, epochs, eta, seed, start, space, data });
  try {
    return await new Tuner(split, checked, { space, state }).tune();
  } finally {
    await state.release();
  }
};
