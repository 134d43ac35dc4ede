import { countData, describeOrder, kCore, leaveOneOut, readInteractions, type Split, toSequences } from '@recsys/data';
import { recommendedModel, SASRec } from '@recsys/sasrec';
import { compareToBaselines, evaluate, fit, markovChainBaseline } from '@recsys/training';

/** Reads a file of events and splits it. The rows may be in any order: their times tell what came first. */
export const readSplit = async (path: string): Promise<{ split: Split; order: string }> => {
  const interactions = await readInteractions(path);
  const sequences = toSequences(kCore(interactions, { minInteractions: 5 }));
  return { split: leaveOneOut(sequences), order: describeOrder(interactions) };
};

/**
 * Trains a model on all events of a file, and saves it in place of the one before. All settings are those that suit the counts of the data;
 * `maxSteps` ends the training early. Resolves to how good the model is.
 */
export const train = async (events: string, { out, maxSteps }: { out: string; maxSteps?: number }): Promise<string> => {
  const { split } = await readSplit(events);
  const model = new SASRec({ ...recommendedModel(countData(split.train)), catalog: split.catalog, seed: 1 });
  await fit(model, split, { seed: 1, maxSteps });
  const test = (scorer: Parameters<typeof evaluate>[0]) => evaluate(scorer, split.test, { protocol: 'full', k: [10] });
  const result = await test(model);
  const { text } = compareToBaselines(result, { 'the Markov chain': await test(markovChainBaseline(split.train)) });
  await model.save(out, { overwrite: true });
  model.dispose();
  return `NDCG@10 ${result.metrics['ndcg@10'].value.toFixed(4)}, ${text}`;
};
