import type { NegativeSampler, SequenceShards } from '@recsys/data';
import type { MetricName } from '@recsys/metrics';
import type { SequentialModel } from '@recsys/model';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import { type Protocol, protocolSchema } from '../evaluation/evaluate.js';
import { metricNames } from '../evaluation/metric-estimates.js';
import type { Loss } from '../losses/index.js';
import type { AdamOptions, Schedule } from '../optimizers/index.js';
import type { Communicator } from '../parts/index.js';
import { cutoffs, nonNegative, positiveInteger } from '../schemas.js';
import type { TrainingCallbacks } from './records.js';

const isFunction = (value: unknown) => typeof value === 'function';
const decay = z.number().min(0).lt(1);

const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('warm-up'), steps: positiveInteger }),
  z.strictObject({ kind: z.literal('one-cycle'), rise: z.number().gt(0).lt(1).optional() }),
  z.strictObject({ kind: z.literal('cosine'), warmUp: z.int().min(0).optional() }),
  z.strictObject({ kind: z.literal('noam'), steps: positiveInteger }),
]);

/** Options of Adam, as in `AdamOptions`. */
export const adamSchema = z.strictObject({
  beta1: decay.default(0.9).describe('Decay of the mean of gradients, in [0, 1).'),
  beta2: decay.default(0.98).describe('Decay of the mean of squared gradients, in [0, 1).'),
  epsilon: z.number().gt(0).default(1e-8).describe('Added to the root of the second moment, > 0.'),
  weightDecay: nonNegative.default(0).describe('Decoupled weight decay, >= 0.'),
  l2: nonNegative.default(0).describe('Coupled L2 penalty, which is added to the gradients of all weights, >= 0.'),
  lazy: z
    .boolean()
    .default(false)
    .describe(
      'Whether rows of embedding tables without a gradient stay as they are for good: not the algorithm of the paper.',
    ),
});

/** Options of averaged weights, as in `WeightAverageOptions`. */
export const weightAverageSchema = z.strictObject({
  decay: decay.default(0.9).describe('What an earlier average counts when weights are taken in, in [0, 1).'),
  steps: positiveInteger
    .optional()
    .describe('Steps after which weights are taken in, >= 1. Default: once, at the end of each epoch.'),
});

/** A metric at any cut-off; `fit` then checks that it is one of those that are computed. */
const metricSchema = z
  .custom<MetricName>((name) => typeof name === 'string', 'must be the name of a metric')
  .default('ndcg@10');

/** Options of validation, as in `ValidationOptions`. */
export const validationSchema = z.strictObject({
  every: positiveInteger.default(1).describe('Epochs between validations, >= 1; the last epoch is always validated.'),
  protocol: protocolSchema
    .default('sampled')
    .describe(
      'Candidates that each target is ranked among: 100 uniform negatives as in the paper, 100 fixed negatives per item, or all items.',
    ),
  k: cutoffs.default([10]).describe('Cut-offs of the metrics, each >= 1.'),
  metric: metricSchema.describe('The metric that picks the best epoch; higher is better.'),
  patience: z
    .union([z.literal(false), positiveInteger])
    .default(20)
    .describe('Validations in a row without a better one before training stops; false: never.'),
  seed: z.int().default(0).describe('Seed of the negatives.'),
  sampleTargets: positiveInteger.optional().describe('Validate on a seeded sample of this many targets.'),
});

/**
 * The options of `fit` that are plain JSON, as a zod schema, with the description, the range and the default of each. They are recorded in a
 * run's `config.json`, and a resumed run must have the same. For flags and forms.
 */
export const fitSettingsSchema = z.strictObject({
  epochs: positiveInteger.describe('Passes over the users, >= 1.'),
  seed: z
    .int()
    .describe("Seed of the users' order and of the negatives; the model's own seed names its start and its dropout."),
  batchSize: positiveInteger.default(128).describe('Users per batch, >= 1; per part of a batch if it has several.'),
  parts: positiveInteger
    .default(1)
    .describe('Parts of a batch, whose gradients are added up in order before a step is taken, >= 1.'),
  learningRate: z.number().gt(0).default(0.001).describe('Learning rate of Adam, > 0.'),
  schedule: scheduleSchema.default({ kind: 'constant' }).describe('How the learning rate changes over the steps.'),
  adam: adamSchema.prefault({}).describe('Options of the optimizer.'),
  clipNorm: z
    .union([z.literal(false), z.number().gt(0)])
    .default(false)
    .describe('Largest norm of all gradients together, > 0; false: gradients are not clipped.'),
  embeddingL2: nonNegative.default(0).describe('Weight of the squared embeddings in the loss, >= 0.'),
  sampling: z
    .enum(['epoch', 'with-replacement'])
    .default('epoch')
    .describe('Visit each user once per epoch, or draw users with replacement, as the SASRec authors do.'),
  windows: z
    .boolean()
    .default(false)
    .describe(
      'Whether histories longer than the maxLength of the model are cut into windows, so that every interaction is a target in each epoch.',
    ),
  validation: z
    .union([z.literal(false), validationSchema])
    .prefault({})
    .describe('How to validate; false: not at all, and the last weights are kept.'),
  weightAverage: z
    .union([z.literal(false), weightAverageSchema])
    .default(false)
    .describe(
      'An exponential moving average of the weights, which is validated and kept in place of them; false: none.',
    ),
  checkpointEvery: positiveInteger
    .default(1)
    .describe('Epochs between checkpoints in a run directory, >= 1; the last epoch always has one.'),
});

export const fitSchema = fitSettingsSchema.extend({
  loss: z.custom<Loss>((loss) => isFunction((loss as Loss | undefined)?.compute), 'must be a Loss').optional(),
  negativeSampler: z
    .custom<NegativeSampler>(
      (sampler) => isFunction((sampler as NegativeSampler | undefined)?.sample),
      'must be a NegativeSampler',
    )
    .optional(),
  from: z
    .custom<SequentialModel>((model) => isFunction((model as SequentialModel | undefined)?.encode), 'must be a model')
    .optional(),
  shards: z
    .custom<SequenceShards>(
      (shards) => isFunction((shards as SequenceShards | undefined)?.read),
      'must be SequenceShards',
    )
    .optional(),
  communicator: z
    .custom<Communicator>(
      (communicator) => isFunction((communicator as Communicator | undefined)?.allgather),
      'must be a Communicator',
    )
    .optional(),
  batchThread: z.boolean().default(false),
  maxSteps: positiveInteger.optional(),
  logSteps: positiveInteger.optional(),
  maxSeconds: z.number().gt(0).optional(),
  runDirectory: z.string().min(1).optional(),
  resume: z.boolean().default(false),
  runInfo: z.record(z.string(), z.json()).default({}),
  callbacks: z.array(z.custom<TrainingCallbacks>((value) => typeof value === 'object' && value !== null)).default([]),
  signal: z.instanceof(AbortSignal).optional(),
  clock: z.custom<() => number>(isFunction, 'must be a function').default(() => () => performance.now()),
});

/**
 * Returns the options that a run has recorded, with the defaults of those that are newer than the run, so that it can be resumed.
 */
export const recordedSettings = (recorded: unknown): unknown => {
  const { success, data } = fitSettingsSchema.safeParse(recorded);
  return success ? data : recorded;
};

/** @throws {TrainingError} when a metric is not among those at these cut-offs. */
export const assertMetric = (metric: string, k: readonly number[]): void => {
  const known: readonly string[] = metricNames(k);
  if (!known.includes(metric)) {
    throw new TrainingError(
      'bad-option',
      `fit: option validation.metric must be one of ${known.join(', ')}, got ${JSON.stringify(metric)}`,
    );
  }
};

/** The options of `fit` that are plain JSON, every default filled in. */
export type FitSettings = z.output<typeof fitSettingsSchema>;

/** How `fit` validates. */
export interface ValidationOptions {
  /** Epochs between validations, >= 1; the last epoch is always validated. Default 1. */
  every?: number | undefined;
  /**
   * Candidates that each target is ranked among: 100 uniform negatives as in the paper, 100 fixed negatives per item, or all items.
   * Default `sampled`.
   */
  protocol?: Protocol | undefined;
  /** Cut-offs of the metrics, each >= 1. Default [10]. */
  k?: number[] | undefined;
  /** The metric that picks the best epoch; higher is better. Default `ndcg@10`. */
  metric?: MetricName | undefined;
  /** Validations in a row without a better one before training stops; false: never. Default 20. */
  patience?: number | false | undefined;
  /** Seed of the negatives. Default 0. */
  seed?: number | undefined;
  /** Validate on a seeded sample of this many targets. Default: all. */
  sampleTargets?: number | undefined;
}

/**
 * How `fit` averages weights (Polyak & Juditsky 1992; at the end of epochs, as Izmailov et al. 2018 do). Training goes on from the weights
 * themselves. Each time costs a pass over all of them, and rows of tables then take the steps that they had left for later.
 */
export interface WeightAverageOptions {
  /** What an earlier average counts when weights are taken in, in [0, 1). Default 0.9. */
  decay?: number | undefined;
  /** Steps after which weights are taken in, >= 1. Default: once, at the end of each epoch. */
  steps?: number | undefined;
}

/** What `fit` trains for, how, and where it keeps the run. */
export interface FitOptions {
  /** Passes over the users, >= 1. */
  epochs: number;
  /** Seed of the users' order and of the negatives; the model's own seed names its start and its dropout. */
  seed: number;
  /** Users per batch, >= 1; per part of a batch if it has several. Default 128. */
  batchSize?: number | undefined;
  /**
   * Parts of a batch, whose gradients are added up in order before a step is taken, >= 1. A step then takes `parts * batchSize` users, in the
   * memory of `batchSize`. Each part has its own dropout masks. Default 1; with a communicator, a part for each rank, with the same result.
   */
  parts?: number | undefined;
  /** Learning rate of Adam, > 0. Default 0.001. */
  learningRate?: number | undefined;
  /** How the learning rate changes over the steps. Default constant. */
  schedule?: Schedule | undefined;
  /** Options of the optimizer. */
  adam?: AdamOptions | undefined;
  /** Largest norm of all gradients together, > 0; false: gradients are not clipped. Default false. */
  clipNorm?: number | false | undefined;
  /** Weight of the squared embeddings in the loss, >= 0. Default 0. */
  embeddingL2?: number | undefined;
  /** Visit each user once per epoch, or draw users with replacement, as the SASRec authors do. Default `epoch`. */
  sampling?: 'epoch' | 'with-replacement' | undefined;
  /** Whether histories longer than the maxLength of the model are cut into windows, so that every interaction is a target in each epoch. Default false. */
  windows?: boolean | undefined;
  /** How to validate; false: not at all, and the last weights are kept. Default: after each epoch, by sampled NDCG@10. */
  validation?: ValidationOptions | false | undefined;
  /**
   * An exponential moving average of the weights, which is validated and kept in place of them; false: none. The best checkpoint and the model
   * at the end have averaged weights, also without validation. Default false.
   */
  weightAverage?: WeightAverageOptions | false | undefined;
  /** Epochs between checkpoints in a run directory, >= 1; the last epoch always has one. Default 1. */
  checkpointEvery?: number | undefined;
  /** What training minimizes. Default `binaryCrossEntropy()`: one negative per target, as in the paper. */
  loss?: Loss | undefined;
  /** Draws the negatives of the loss. Default `uniformNegatives` of the train part. A resumed run must be given the same. */
  negativeSampler?: NegativeSampler | undefined;
  /**
   * A trained model to start from, of the same kind and size. Its catalog may differ: see `copyWeights` of `@recsys/model`. Borrowed. Default: the
   * weights that the model has.
   */
  from?: SequentialModel | undefined;
  /**
   * Trains on these in place of the train part of the split, which need not fit in memory then; the split is for validation. Negatives are uniform, and
   * `epochs` must be given. A resumed run must be given the same. `sequencesFromShards` of `@recsys/duckdb` returns them. Default none.
   */
  shards?: SequenceShards | undefined;
  /**
   * Trains together with other processes, each of which calls `fit` with the same model, data and options: each computes its part of every batch.
   * Rank 0 validates and writes the run directory, which the others read when they resume. `openMpi` of `@recsys/mpi` returns one. Default none.
   */
  communicator?: Communicator | undefined;
  /**
   * Whether a thread makes the next batches while the model trains on one, with the same result; not in a browser, or with a negative sampler of
   * your own. Default false: worth a try with hundreds of negatives per target, on a machine with more cores than the model has threads.
   */
  batchThread?: boolean | undefined;
  /** Stop once this many steps have been taken since the start of the run, >= 1; the run can be resumed. */
  maxSteps?: number | undefined;
  /** Log the loss of every n-th step, >= 1: in `metrics.jsonl` of a run directory, and to callbacks. Default: of epochs alone. */
  logSteps?: number | undefined;
  /** Stop once training has taken this many seconds since the start of the run; the run can be resumed. */
  maxSeconds?: number | undefined;
  /** Directory for the configuration, the metrics and the checkpoints of the run. Default: nothing is written. */
  runDirectory?: string | undefined;
  /** Resume the run in `runDirectory`. Default false. */
  resume?: boolean | undefined;
  /** Kept in the run's `config.json` beside the options, such as where the data came from. */
  runInfo?: Record<string, z.core.util.JSONType> | undefined;
  /** Told of each step, epoch and validation, and of the start and the end. `tensorBoard` and `mlflow` of `@recsys/training/node` return some. */
  callbacks?: TrainingCallbacks[] | undefined;
  /** When aborted, training saves a checkpoint (in a run directory) and returns. */
  signal?: AbortSignal | undefined;
  /** Returns milliseconds, for time budgets and the log. Default `performance.now`. */
  clock?: (() => number) | undefined;
}
