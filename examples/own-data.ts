/**
 * From a CSV file to recommendations with its ids. Run: `pnpm example own-data ratings.csv userId movieId timestamp`.
 * Without arguments, it writes a small CSV file first.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idAt, kCore, leaveOneOut, readInteractions, simulateInteractions, summarize, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';

const [path = writeSample(), user = 'shopper', item = 'product', timestamp = 'time'] = process.argv.slice(2);

await selectBackend();
const interactions = kCore(await readInteractions(path, { columns: { user, item, timestamp } }), {
  minInteractions: 5,
});
console.log(path, summarize(interactions));
const split = leaveOneOut(toSequences(interactions));
const model = new SASRec({ catalog: split.catalog, maxLength: 20, hiddenUnits: 32, numBlocks: 1, dropoutRate: 0.2 });
await fit(model, split, {
  epochs: 15,
  seed: 1,
  batchSize: 32,
  learningRate: 0.005,
  validation: { protocol: 'full' },
  callbacks: [
    {
      onEpoch: ({ epoch, loss, validation }) =>
        console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  NDCG@10 ${validation?.['ndcg@10']?.toFixed(4)}`),
    },
  ],
});
const { metrics } = await evaluate(model, split.test, { protocol: 'full' });
console.log(
  `test, full ranking: HR@10 ${metrics['hr@10'].value.toFixed(4)}, NDCG@10 ${metrics['ndcg@10'].value.toFixed(4)}`,
);

const history = [1, 2, 3].map((index) => idAt(split.catalog, index));
console.log(`after ${history.join(', ')}:`, model.recommend(history, { k: 5 }));
console.log(`like ${history[0]}:`, model.similarItems(history[0], { k: 3 }));

function writeSample(): string {
  const rows = simulateInteractions({ seed: 7, users: 500 }).interactions.table.objects() as Record<string, unknown>[];
  const sample = join(mkdtempSync(join(tmpdir(), 'recsys-')), 'clicks.csv');
  writeFileSync(
    sample,
    `shopper,product,time\n${rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`).join('\n')}\n`,
  );
  return sample;
}
