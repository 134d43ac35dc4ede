/** The simulated shop, and how a model of it is trained. The same code runs in Node, which makes the model of the page, and in a worker of the page. */
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { scorerOfAllItems } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { binaryCrossEntropy, evaluate, type FitOptions, type FitResult, fit } from '@recsys/training';
import { items } from './titles.ts';

/** What can be chosen in the page, and who is told how training goes. */
interface TrainOptions {
  /** Passes over the visitors of the shop, >= 1. */
  readonly epochs: number;
  /** Width of the model. Default 64. */
  readonly hiddenUnits?: number;
  /** Told of the NDCG@10 that no model can exceed in expectation, before training starts. */
  readonly onCeiling?: (ndcg: number) => void;
  readonly callbacks?: FitOptions['callbacks'];
  readonly signal?: AbortSignal;
}

/**
 * Trains a model on 2,000 visitors who each looked at 12 of the 120 items or so. What a visitor looks at depends on the last two items, by a law that
 * is known; so the best possible result is known too.
 */
export const trainModel = async ({
  epochs,
  hiddenUnits = 64,
  onCeiling,
  callbacks = [],
  signal,
}: TrainOptions): Promise<{ model: SASRec; result: FitResult }> => {
  const simulation = simulateInteractions({ seed: 1, users: 2000, items: items.length });
  const split = leaveOneOut(toSequences(simulation.interactions));
  if (onCeiling !== undefined) {
    const law = scorerOfAllItems(items.length, simulation.nextItemProbabilities(split.catalog));
    const { metrics } = await evaluate(law, split.validation, { protocol: 'full', k: [10] });
    onCeiling(metrics['ndcg@10'].value);
  }
  const model = new SASRec({
    catalog: split.catalog,
    wiring: 'pre-norm',
    maxLength: 10,
    hiddenUnits,
    numBlocks: 1,
    dropoutRate: 0.05,
    initializer: 'normal',
    seed: 1,
  });
  const result = await fit(model, split, {
    epochs,
    seed: 1,
    batchSize: 32,
    learningRate: 0.005,
    schedule: { kind: 'one-cycle' },
    loss: binaryCrossEntropy({ numNegatives: 8 }),
    validation: { protocol: 'full', patience: false },
    callbacks,
    signal,
  });
  return { model, result };
};
