/**
 * Interactions from a database, row by row: `readInteractions` accepts any async iterable of rows, so it can stream
 * millions of rows from a cursor, and only the result is in memory. Run: `pnpm example database`.
 *
 * With PostgreSQL, use the rows of `pg` and `pg-query-stream`:
 *
 *   const orders = 'SELECT customer_id, product_id, ordered_at FROM orders ORDER BY ordered_at';
 *   const rows = client.query(new QueryStream(orders));
 */
import {
  evaluationHistories,
  idAt,
  leaveOneOut,
  readInteractions,
  simulateInteractions,
  summarize,
  toSequences,
} from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';

/**
 * A stand-in for the cursor: one object per row, with the types of `pg` (bigint columns as strings, timestamps as
 * Dates).
 */
async function* orders() {
  const { interactions } = simulateInteractions({ users: 500, items: 80, seed: 1 });
  for (const { user, item, timestamp } of interactions.table.objects() as Record<string, unknown>[]) {
    yield { customer_id: user, product_id: item, ordered_at: new Date(1000 * Number(timestamp)) };
  }
}

await selectBackend();
const interactions = await readInteractions(orders(), {
  columns: { user: 'customer_id', item: 'product_id', timestamp: 'ordered_at' },
});
console.log(summarize(interactions));
const split = leaveOneOut(toSequences(interactions));
const model = new SASRec({ catalog: split.catalog, maxLength: 20, hiddenUnits: 32, dropoutRate: 0.2 });
await fit(model, split, { epochs: 10, seed: 1, validation: { protocol: 'full' } });
const { metrics } = await evaluate(model, split.test, { protocol: 'full' });
console.log('NDCG@10', metrics['ndcg@10'].value.toFixed(4));
const [newest] = evaluationHistories(split.test, 0, 1);
const bought = Array.from(newest!, (index) => idAt(split.catalog, index));
console.log(
  `customer ${idAt(split.users, 0)} bought ${bought.join(', ')}; recommended next:`,
  model.recommend(bought, { k: 3 }),
);
