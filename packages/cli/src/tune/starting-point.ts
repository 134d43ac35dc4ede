import { fitSettingsSchema } from '@recsys/training';
import { type SearchSpace, type Settings, spaceAround } from '@recsys/training/node';
import type { LoadedSplit } from '../options/index.js';
import type { Plan, TrainOptions } from '../train/index.js';

/** Returns the settings that a search starts from: its first trial. `plan` is what `recsys train` would do. */
export type StartingPoint = (plan: Pick<Plan, 'model' | 'fit' | 'info'>) => Settings;

/** The options of models that are tuned, where a model has them. */
const tunedOptions = ['hiddenUnits', 'numBlocks', 'dropoutRate', 'maxLength'];

/** The settings that `recsys train` takes with the same options: the recipe for the data, or a preset. */
export const trainDefaults: StartingPoint = ({ model, fit, info }) => {
  const config: Readonly<Record<string, unknown>> = { ...model.config };
  const { name, ...lossOptions } = info.loss;
  const shape = tunedOptions.filter((option) => config[option] !== undefined).map((option) => [option, config[option]]);
  const { learningRate = fitSettingsSchema.shape.learningRate.parse(undefined) } = fit;
  return { ...Object.fromEntries(shape), learningRate, loss: name, ...lossOptions };
};

/** Returns what to try around the settings to start from: what was given on the command line or in a config file stays as it is. */
export const searchSpace = (
  start: Settings,
  options: TrainOptions,
  { split }: Pick<LoadedSplit, 'split'>,
): SearchSpace => {
  const numItems = split.catalog.ids.length;
  const { loss, ...others } = spaceAround(start, { numItems, numHeads: options.numHeads });
  const free = Object.entries(others).filter(([name]) => options[name as keyof TrainOptions] === undefined);
  const losses = (loss?.kind === 'choice' ? (loss.values as readonly Settings[]) : []).filter((value) => {
    if (options.loss !== undefined && value.loss !== options.loss) return false;
    if (options.calibration !== undefined && value.loss !== 'gbce') return false; // other losses have none
    if (options.logQ !== undefined && value.loss !== 'shared-cross-entropy') return false;
    return options.numNegatives === undefined || value.numNegatives === options.numNegatives;
  });
  return { ...Object.fromEntries(free), ...(losses.length > 1 && { loss: { kind: 'choice', values: losses } }) };
};
