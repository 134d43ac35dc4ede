import { describeOrder, kCore, leaveOneOut, readInteractions, type Split, toSequences } from '@recsys/data';
import { SASRec } from '@recsys/sasrec';
import { compareToBaselines, evaluate, fit, markovChainBaseline, sampledSoftmax } from '@recsys/training';

/** Reads a file of events and splits it. The rows may be in any order: their times tell what came first. */
export const readSplit = async (path: string): Promise<{ split: Split; order: string }> => {
  const interactions = await readInteractions(path);
  const sequences = toSequences(kCore(interactions, { minInteractions: 5 }));
  return { split: leaveOneOut(sequences), order: describeOrder(interactions) };
};

/** Trains a model on all events of a file, and saves it in place of the one before. Resolves to how good it is. */
export const train = async (events: string, { out, epochs }: { out: string; epochs: number }): Promise<string> => {
  const { split } = await readSplit(events);
  const model = new SASRec({
    catalog: split.catalog,
    wiring: 'pre-norm',
    maxLength: 20,
    hiddenUnits: 64,
    numBlocks: 1,
    dropoutRate: 0.2,
    seed: 1,
  });
  await fit(model, split, {
    epochs,
    seed: 1,
    learningRate: 0.003,
    schedule: { kind: 'one-cycle' },
    loss: sampledSoftmax({ numNegatives: 128 }),
    validation: { protocol: 'full', every: Math.ceil(epochs / 4) },
  });
  const test = (scorer: Parameters<typeof evaluate>[0]) => evaluate(scorer, split.test, { protocol: 'full', k: [10] });
  const result = await test(model);
  const { text } = compareToBaselines(result, { 'the Markov chain': await test(markovChainBaseline(split.train)) });
  await model.save(out, { overwrite: true });
  model.dispose();
  return `NDCG@10 ${result.metrics['ndcg@10'].value.toFixed(4)}, ${text}`;
};
