import type { SequentialModel, SequentialModelConfig } from '@recsys/model';
import type { FitOptions, FitResult } from '@recsys/training';

/** What advice looks at: the model, and how it was trained. */
interface TrainedModel {
  readonly model: Pick<SequentialModel, 'config'>;
  readonly fit: Pick<FitOptions, 'epochs' | 'loss' | 'schedule'>;
}

/** The part of the epochs at the end of training in which a best epoch means that there may be better ones to come. */
const lastPart = 0.1;

/** Catalogs up to this size are small enough for a softmax over all items. */
const smallCatalog = 100_000;

/**
 * Returns what to try when a model is not better than a baseline: training longer, if validation was still improving when the epochs ended,
 * and the next of the settings that made the most difference where SASRec fell short. The defaults are those of the paper, whose loss
 * compares a target with a single negative.
 */
export const adviceFor = (
  { model, fit }: TrainedModel,
  { best, stopped }: Pick<FitResult, 'best' | 'stopped'>,
): string => {
  const wasImproving = stopped === 'epochs' && (best === undefined || best.epoch > (1 - lastPart) * fit.epochs);
  const flags = flagsToTry(model.config, fit);
  const advice = [...(wasImproving ? ['train longer'] : []), ...(flags === undefined ? [] : [`try ${flags}`])].join(
    ', or ',
  );
  return advice === '' ? 'the baseline may be all that this data needs' : advice;
};

const flagsToTry = (
  config: SequentialModelConfig & { readonly dropoutRate?: number; readonly wiring?: string },
  { loss, schedule }: Pick<FitOptions, 'loss' | 'schedule'>,
): string | undefined => {
  const { catalog, dropoutRate = 0 } = config;
  const lowerDropout = dropoutRate > 0.2 ? ' --dropout-rate 0.2' : '';
  if (loss === undefined || loss.name === 'binary-cross-entropy')
    return `--loss ${catalog.ids.length <= smallCatalog ? 'cross-entropy' : 'sampled-softmax'}${lowerDropout}`;
  if (config.wiring === undefined) return undefined;
  if (config.wiring !== 'pre-norm' || schedule?.kind !== 'one-cycle')
    return `--wiring pre-norm --learning-rate 0.003 --schedule one-cycle${lowerDropout}`;
  return undefined;
};
