import type { SequentialModel } from '@recsys/model';
import { z } from 'zod';
import type { FitOptions } from '../fit/index.js';
import { positiveInteger } from '../schemas.js';
import type { Chooser } from './chooser.js';
import { type SearchSpace, type Settings, settingsSchema, spaceSchema } from './search-space.js';
import type { Rung } from './successive-halving.js';
import type { TrialRecord } from './trial-record.js';

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
  /**
   * Directory for the state and the run of each trial, for nothing else. If it has the state of an earlier call with the same options, `tune` goes on
   * there. Other processes, also on other machines that share the disk, may call `tune` on it at the same time: they share the trials.
   */
  directory: string;
  /** The settings of the first trial. */
  start: Settings;
  /** The settings to draw for the other trials. Default `spaceAround(start, …)`. */
  space?: SearchSpace | undefined;
  /** Number of trials, the starting point among them, >= 1. Default 20. */
  trials?: number | undefined;
  /** Epochs of the trials that reach the last round, >= 1. */
  epochs: number;
  /** The best 1/eta of the trials of a round go on, for eta times as many epochs; an integer, >= 2. Default 3. Not for a `chooser`. */
  eta?: number | undefined;
  /** Seed of the draws. */
  seed: number;
  /**
   * Seconds of training and validation, of all trials, calls and processes together, > 0: four processes spend them in a quarter of the time. Each
   * round has the same share, and each of its trials the same share of what is left; a trial that needs more is judged by what it has reached.
   * Default: no limit.
   */
  seconds?: number | undefined;
  /**
   * Chooses the settings of all trials but the first, such as `optuna(…)`. There is one round then: each trial has all epochs. Default: random
   * draws, and rounds.
   */
  chooser?: Chooser | undefined;
  /** What all trials have in common, plain JSON: a process that gives something else is refused. Default nothing. */
  common?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds after which the trial of a machine that is gone is taken over, 0.1 .. 300. Default 30. */
  leaseSeconds?: number | undefined;
  /** Makes the model of a trial and says how to train it. It must give the same for the same trial. */
  prepare: (trial: Trial) => TrialPlan | Promise<TrialPlan>;
  /** Told of each trial before it trains in a round, in this process. */
  onTrial?: ((trial: Trial, rung: Rung & { readonly number: number }) => void) | undefined;
  /** Told of each trial at the end of a round; of those of other processes too, and of those of earlier calls, again. */
  onRecord?: ((record: TrialRecord, trial: Trial) => void) | undefined;
  /** Told when there is nothing to do for this process until others have done their trials, with the number of these. */
  onWait?: ((trials: number) => void) | undefined;
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
const isChooser = (value: unknown) =>
  ['prepare', 'ask', 'tell', 'close'].every((name) =>
    isFunction((value as Record<string, unknown> | undefined)?.[name]),
  );

export const tuneSchema = z
  .strictObject({
    directory: z.string().min(1),
    start: settingsSchema,
    space: spaceSchema.optional(),
    trials: positiveInteger.max(10_000).default(20),
    epochs: positiveInteger,
    eta: z.int().min(2).optional(),
    seed: z.int(),
    seconds: z.number().gt(0).optional(),
    chooser: z.custom<Chooser>(isChooser, 'must be a chooser, such as optuna(…)').optional(),
    common: z.record(z.string(), z.unknown()).default({}),
    leaseSeconds: z.number().min(0.1).max(300).default(30),
    prepare: z.custom<TuneOptions['prepare']>(isFunction, 'must be a function'),
    onTrial: z.custom<NonNullable<TuneOptions['onTrial']>>(isFunction, 'must be a function').optional(),
    onRecord: z.custom<NonNullable<TuneOptions['onRecord']>>(isFunction, 'must be a function').optional(),
    onWait: z.custom<NonNullable<TuneOptions['onWait']>>(isFunction, 'must be a function').optional(),
    signal: z.instanceof(AbortSignal).optional(),
  })
  .refine(({ chooser, eta }) => chooser === undefined || eta === undefined, {
    path: ['eta'],
    message: 'is for rounds, which there are none of with a chooser',
  });

/** Options that are checked, with their defaults. */
export type CheckedOptions = z.output<typeof tuneSchema>;
