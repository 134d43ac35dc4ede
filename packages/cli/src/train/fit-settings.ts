import { createLoss, type FitOptions, type LossOptions, type Schedule } from '@recsys/training';
import { kebabCase, UsageError } from '../errors.js';
import { pickOptions, type RunInfo } from '../options/index.js';
import { adamFlags, type TrainOptions } from './train-options.js';

/** Where settings come from that no flag gives: a preset, or the recipe for the data. */
export interface Base {
  readonly model: object;
  readonly fit: Partial<FitOptions>;
  readonly loss: RunInfo['loss'];
  /** The loss of `--num-negatives` alone. */
  readonly sampledLoss: RunInfo['loss'];
}

/** Returns the name and the options of the loss that flags ask for. */
export const lossOf = (
  { loss, numNegatives, calibration, logQ, inBatch }: TrainOptions,
  base: Pick<Base, 'loss' | 'sampledLoss'>,
): RunInfo['loss'] => {
  const given = definedOnly({ numNegatives, calibration, logQ, inBatch });
  if (loss !== undefined) return { name: loss, ...given };
  return Object.keys(given).length === 0 ? base.loss : { ...base.sampledLoss, ...given };
};

/** Returns the epochs that flags ask for. */
export const epochsOf = ({ epochs, debug }: TrainOptions): number | undefined => epochs ?? (debug ? 1 : undefined);

/** Returns the options of `fit` that flags ask for, over those of a preset. */
export const fitOptionsOf = (
  options: TrainOptions,
  { protocol, k, loss: { name, ...lossOptions } }: Pick<RunInfo, 'protocol' | 'k' | 'loss'>,
  base: Partial<FitOptions>,
): FitOptions => {
  const { seed = 0, metric = `ndcg@${k[0]}`, validationEvery, validationSampleTargets, patience } = options;
  const schedule = scheduleOf(options);
  const average = definedOnly({ decay: options.averageDecay, steps: options.averageSteps });
  return {
    epochs: epochsOf(options) ?? base.epochs ?? 200,
    seed,
    ...definedOnly({
      batchSize: options.batchSize,
      parts: options.parts,
      learningRate: options.learningRate,
      clipNorm: options.clipNorm,
      embeddingL2: options.embeddingL2,
      sampling: options.sampling,
      windows: options.windows,
      checkpointEvery: options.checkpointEvery,
    }),
    ...(schedule && { schedule }),
    ...(Object.keys(average).length > 0 && { weightAverage: average }),
    adam: { ...base.adam, ...pickOptions(adamFlags, options) },
    loss: createLoss(name, lossOptions as LossOptions),
    validation: {
      ...(base.validation || undefined),
      protocol,
      k,
      metric,
      ...definedOnly({ every: validationEvery, sampleTargets: validationSampleTargets, patience }),
    },
  };
};

/**
 * Returns the schedule that flags ask for.
 * @throws {UsageError} on a flag of another schedule.
 */
const scheduleOf = ({ schedule, warmUpSteps, rise }: TrainOptions): Schedule | undefined => {
  const refuse = (key: string, value: unknown, kinds: readonly string[]) => {
    if (value !== undefined && !kinds.includes(schedule ?? 'constant'))
      throw new UsageError('usage', `--${kebabCase(key)} is for --schedule ${kinds.join(', ')}`);
  };
  refuse('warmUpSteps', warmUpSteps, ['warm-up', 'noam', 'cosine']);
  refuse('rise', rise, ['one-cycle']);
  if (schedule === undefined) return undefined;
  if (schedule === 'warm-up' || schedule === 'noam') return { kind: schedule, steps: warmUpSteps ?? 1000 };
  if (schedule === 'cosine') return { kind: 'cosine', ...definedOnly({ warmUp: warmUpSteps }) };
  return { kind: schedule, ...definedOnly({ rise }) };
};

const definedOnly = <T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
