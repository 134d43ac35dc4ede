/**
 * SASRec with the paper's settings on one of its four datasets (Kang & McAuley 2018, section IV-C): ml-1m,
 * amazon-beauty, amazon-games, steam.
 *
 * Download the data to the cache with `pnpm recsys data get ml-1m`, then run `pnpm example paper ml-1m`. To use a file
 * with lines `user item`, in order of time for each user: `pnpm example paper ml-1m --data path/to/ml-1m.txt`. To train
 * for fewer than 200 epochs: `--epochs 20`.
 */
import { parseArgs } from 'node:util';
import { cachedDataset, type DatasetName, leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { preset, SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';

const options = { data: { type: 'string' }, epochs: { type: 'string', default: '200' } } as const;
const { positionals, values } = parseArgs({ allowPositionals: true, options });
const names = ['ml-1m', 'amazon-beauty', 'amazon-games', 'steam'] satisfies DatasetName[];
const name = names.find((known) => known === positionals[0]);
if (name === undefined) throw new Error(`usage: pnpm example paper ${names.join('|')} [--data FILE] [--epochs N]`);

const cacheDirectory = process.env.RECSYS_CACHE;
const path = values.data ?? (await cachedDataset(name, cacheDirectory === undefined ? {} : { cacheDirectory }));
if (path === undefined)
  throw new Error(
    `${name} is not in the cache. Download it with: pnpm recsys data get ${name}; or pass a file: --data FILE`,
  );

await selectBackend();
const split = leaveOneOut(toSequences(await readInteractions(path)));
const paper = preset(name === 'ml-1m' ? 'paper-ml-1m' : 'paper');
const model = new SASRec({ ...paper.model, catalog: split.catalog, seed: 1 });
await fit(model, split, {
  ...paper.fit,
  epochs: Number(values.epochs),
  seed: 1,
  callbacks: [{ onEpoch: (record) => console.log(record) }],
});
const { metrics } = await evaluate(model, split.test, { protocol: 'sampled' });
console.log('test, target + 100 sampled negatives:', metrics);
