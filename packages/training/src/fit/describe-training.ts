import { modelNameOf, type SequentialModel } from '@recsys/model';
import type { Loss } from '../losses/index.js';
import type { RunConfig } from '../runs/index.js';

/** Returns what is trained and how: the part of a run's `config.json` that depends neither on the data nor on the machine. */
export const describeTraining = (
  model: SequentialModel,
  fit: RunConfig['fit'],
  loss: Loss,
): Pick<RunConfig, 'model' | 'fit' | 'loss'> => {
  const { catalog: _, ...config } = model.config;
  return {
    model: { name: modelNameOf(model), ...config },
    fit,
    loss: { name: loss.name, numNegatives: loss.numNegatives },
  };
};
