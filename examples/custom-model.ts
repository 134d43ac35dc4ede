/**
 * A custom model, `models/gru4rec.ts`, is trained, evaluated and used for recommendations by the same functions as
 * SASRec. Run: `pnpm example custom-model`. `test/conformance.test.ts` runs the tests that every model has to pass.
 */
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { recommend, selectBackend } from '@recsys/model';
import { binaryCrossEntropy, compareToBaselines, evaluate, fit, markovChainBaseline } from '@recsys/training';
import { GRU4Rec } from './models/gru4rec.js';

await selectBackend();
const split = leaveOneOut(toSequences(simulateInteractions({ seed: 1, users: 1000 }).interactions));
const model = new GRU4Rec({ catalog: split.catalog, hiddenUnits: 64, maxLength: 10 });
await fit(model, split, {
  epochs: 16,
  seed: 1,
  batchSize: 32,
  learningRate: 0.005,
  loss: binaryCrossEntropy({ numNegatives: 8 }),
  validation: { protocol: 'full' },
  callbacks: [
    {
      onEpoch: ({ epoch, loss, validation }) =>
        console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  NDCG@10 ${validation?.['ndcg@10']?.toFixed(4)}`),
    },
  ],
});
const result = await evaluate(model, split.test, { protocol: 'full' });
const baseline = await evaluate(markovChainBaseline(split.train), split.test, { protocol: 'full' });
for (const [name, { metrics }] of Object.entries({ GRU4Rec: result, 'Markov chain': baseline }))
  console.log(
    `${name}: HR@10 ${metrics['hr@10'].value.toFixed(4)}, NDCG@10 ${metrics['ndcg@10'].value.toFixed(4)} (test, full ranking)`,
  );
console.log(`GRU4Rec is ${compareToBaselines(result, { 'the Markov chain': baseline }).text}`);
console.log(recommend(model, ['item-1', 'item-2'], { k: 3 }));
