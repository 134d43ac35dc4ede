/**
 * A shop's first two days with recommendations: its events as a CSV file with UUIDs and ISO times; train; serve what is in stock; the next day,
 * with new users and products, train again and swap the model while requests go on. Run: `pnpm example shop`, which takes about five minutes; with
 * `--max-steps 200` it takes seconds, and the model is poor. The shop is simulated.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { selectBackend } from '@recsys/model';
import { evaluate, markovChainBaseline } from '@recsys/training';
import { appendEvents, Shop, shuffled, writeEvents } from './events.ts';
import { ShopServer } from './serve.ts';
import { readSplit, train } from './train.ts';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '2000' },
    products: { type: 'string', default: '800' },
    'max-steps': { type: 'string' },
  },
});
const [users, products] = [values.users, values.products].map(Number);
const limit = values['max-steps'] === undefined ? {} : { maxSteps: Number(values['max-steps']) };

await selectBackend();
const folder = mkdtempSync(join(tmpdir(), 'recsys-shop-'));
const [csv, model] = [join(folder, 'events.csv'), join(folder, 'models', 'shop')];

// The export of a month.
const shop = new Shop({ seed: 1, users, products });
const month = Array.from({ length: 30 }, () => shop.nextDay()).flat();
writeEvents(csv, month);
console.log(`${month.length} events of 30 days in ${csv}`);

// The order of rows does not matter: their times do.
const shuffledCsv = join(folder, 'shuffled.csv');
writeEvents(shuffledCsv, shuffled(month, { seed: 1 }));
for (const path of [csv, shuffledCsv]) {
  const { split, order } = await readSplit(path);
  const { metrics } = await evaluate(markovChainBaseline(split.train), split.test, { protocol: 'full', k: [10] });
  console.log(`${basename(path)}, ordered by ${order}: Markov chain NDCG@10 ${metrics['ndcg@10'].value.toFixed(4)}`);
}

// The first night: train, save, serve.
console.log(`day 30, test: SASRec ${await train(csv, { out: model, ...limit })}`);

const server = new ShopServer(model);
const url = await server.listen();
const ask = async (query: object): Promise<{ status: number; items: string[] }> => {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(query) });
  const { items = [] } = (await response.json()) as { items?: { item: string }[] };
  return { status: response.status, items: items.map(({ item }) => item) };
};
/** A seventh of the products is sold out. */
const inStock = () => shop.products.filter((_, i) => i % 7 !== 0);

await server.load(inStock());
const visitor = month.at(-1)!;
const history = month.filter(({ user }) => user === visitor.user).map(({ product }) => product);
const categoryOf = (id: string) => shop.products.find((product) => product.id === id)!.category;
const show = (what: string, { items }: { items: string[] }) =>
  console.log(`${what}:\n${items.map((id) => `  ${id}  ${categoryOf(id)}`).join('\n')}`);
show(`for the visitor of the last event, after ${history.length} views`, await ask({ history }));
show('the same, games alone', await ask({ history, category: 'games' }));
show('for somebody new: what is popular', await ask({ history: [] }));

// The next day brings users and products that the model does not know. They are in stock at once, and nothing breaks.
appendEvents(csv, shop.nextDay({ newUsers: 200, newProducts: 100 }));
await server.load(inStock());
const newest = shop.products.at(-1)!.id;
show('after a product that is new today: what is popular', await ask({ history: [newest] }));

// The second night: train on all events in a place beside, and swap while requests go on.
let [answered, failed, isSwapping] = [0, 0, true];
const visitors = Promise.all(
  Array.from({ length: 4 }, async () => {
    while (isSwapping) {
      const { status } = await ask({ history });
      if (status === 200) answered += 1;
      else failed += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }),
);
console.log(`day 31, test: SASRec ${await train(csv, { out: model, ...limit })}`);
await server.load(inStock());
isSwapping = false;
await visitors;
show('after the same product, with the model of the night', await ask({ history: [newest] }));
console.log(`${answered} requests were answered during the night, ${failed} failed`);
await server.close();
