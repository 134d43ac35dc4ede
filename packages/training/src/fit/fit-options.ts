import type { NegativeSampler } from '@recsys/data';
import { z } from 'zod';
import { protocolSchema } from '../evaluation/evaluate.js';
import type { Loss } from '../losses/loss.js';
import { cutoffs, nonNegative, positiveInteger } from '../schemas.js';
import type { TrainingCallbacks } from './records.js';

const isFunction = (value: unknown) => typeof value === 'function';
const decay = z.number().min(0).lt(1);

const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  z.strictObject({ kind: z.literal('warm-up'), steps: positiveInteger }),
  z.strictObject({ kind: z.literal('one-cycle') }),
]);

const adamSchema = z.strictObject({
  beta1: decay.default(0.9),
  beta2: decay.default(0.98),
  epsilon: z.number().gt(0).default(1e-8),
  weightDecay: nonNegative.default(0),
  lazy: z.boolean().default(false),
});

const validationSchema = z.strictObject({
  /** Validate after every n-th epoch, and after the last. */
  every: positiveInteger.default(1),
  protocol: protocolSchema.default('sampled'),
  k: cutoffs.default([10]),
  /** The metric that picks the best epoch; higher is better. */
  metric: z.string().default('ndcg@10'),
  /** Stop after so many validations in a row without a better one; null: never. */
  patience: positiveInteger.nullable().default(20),
  /** Seed of the negatives. */
  seed: z.int().default(0),
  /** Validate on a seeded sample of so many users. */
  sampleTargets: positiveInteger.optional(),
});

/** Options of `fit` that are plain JSON: they are recorded in a run's `config.json`, and a resumed run must have the same. */
export const fitSettingsSchema = z.strictObject({
  /** How many times to go over the users, >= 1. */
  epochs: positiveInteger,
  /** Names every random draw of the training: order of users, negatives. The model's own seed names its start and dropout. */
  seed: z.int(),
  /** Users a batch. */
  batchSize: positiveInteger.default(128),
  learningRate: z.number().gt(0).default(0.001),
  schedule: scheduleSchema.default({ kind: 'constant' }),
  adam: adamSchema.prefault({}),
  /** Largest norm of all gradients together; null: not clipped. */
  clipNorm: z.number().gt(0).nullable().default(null),
  /** Weight of the squared embeddings in the loss. */
  embeddingL2: nonNegative.default(0),
  /** Every user once an epoch, or as the SASRec authors do: as many users drawn with replacement. */
  sampling: z.enum(['epoch', 'with-replacement']).default('epoch'),
  /** How to validate; false: not at all, and the last weights are kept. */
  validation: z.union([z.literal(false), validationSchema]).prefault({}),
  /** With a run directory, write a checkpoint after every n-th epoch, and after the last. */
  checkpointEvery: positiveInteger.default(1),
});

export const fitSchema = fitSettingsSchema.extend({
  loss: z.custom<Loss>((loss) => isFunction((loss as Loss | undefined)?.compute), 'must be a Loss').optional(),
  negativeSampler: z
    .custom<NegativeSampler>(
      (sampler) => isFunction((sampler as NegativeSampler | undefined)?.sample),
      'must be a NegativeSampler',
    )
    .optional(),
  maxSteps: positiveInteger.optional(),
  maxSeconds: z.number().gt(0).optional(),
  runDirectory: z.string().min(1).optional(),
  resume: z.boolean().default(false),
  runInfo: z.record(z.string(), z.json()).default({}),
  callbacks: z.array(z.custom<TrainingCallbacks>((value) => typeof value === 'object' && value !== null)).default([]),
  signal: z.instanceof(AbortSignal).optional(),
  clock: z.custom<() => number>(isFunction, 'must be a function').default(() => () => performance.now()),
});

/** Options of `fit`, with its defaults filled in. */
export type FitSettings = z.output<typeof fitSettingsSchema>;

export interface FitOptions extends z.input<typeof fitSettingsSchema> {
  /** Default binary cross-entropy with one negative, as in the paper. */
  loss?: Loss;
  /** Draws the negatives of the loss. Default `uniformNegatives` of the train part; a resumed run must be given the same. */
  negativeSampler?: NegativeSampler;
  /** Stop (resumably) once this many steps have been taken since the start of the run. */
  maxSteps?: number;
  /** Stop (resumably) once training has taken this long since the start of the run, seconds. */
  maxSeconds?: number;
  /** Keep configuration, metrics and checkpoints here. */
  runDirectory?: string;
  /** Go on with the run in `runDirectory`. Default false. */
  resume?: boolean;
  /** Kept in the run's `config.json` beside the options: where the data came from, say. */
  runInfo?: Record<string, z.core.util.JSONType>;
  /** Told of each step, epoch and validation. */
  callbacks?: TrainingCallbacks[];
  /** When aborted, training saves a checkpoint (in a run directory) and returns. */
  signal?: AbortSignal;
  /** Returns milliseconds; for time budgets and the log. Default `performance.now`. */
  clock?: () => number;
}
