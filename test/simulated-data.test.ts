import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { scorerOfAllItems, selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { crossEntropy, evaluate, fit } from '@recsys/training';
import { expect, it } from 'vitest';

it('SASRec reaches 90% of the best possible NDCG@10 on simulated data', {
  timeout: 180_000,
}, async () => {
  await selectBackend();
  const { interactions, nextItemProbabilities } = simulateInteractions({ seed: 1 });
  const split = leaveOneOut(toSequences(interactions));
  const model = new SASRec({
    catalog: split.catalog,
    wiring: 'pre-norm',
    maxLength: 20,
    hiddenUnits: 128,
    numBlocks: 1,
    dropoutRate: 0.2,
    initializer: 'normal',
    seed: 1,
  });
  await fit(model, split, {
    epochs: 40,
    seed: 1,
    batchSize: 32,
    learningRate: 0.003,
    schedule: { kind: 'one-cycle' },
    adam: { weightDecay: 0.01 },
    loss: crossEntropy(),
    validation: { protocol: 'full', every: 5 },
  });
  const law = scorerOfAllItems(split.catalog.ids.length, nextItemProbabilities(split.catalog));
  const [reached, best] = await Promise.all(
    [model, law].map(async (subject) => {
      const { metrics } = await evaluate(subject, split.test, { protocol: 'full' });
      return metrics['ndcg@10'].value;
    }),
  );
  expect(reached! / best!).toBeGreaterThanOrEqual(0.9);
  expect(reached!).toBeLessThan(best!);
});
