/**
 * SASRec on Amazon Video Games with the paper's settings (Kang & McAuley 2018, section IV-C).
 * Run it: `pnpm example amazon-games path/to/amazon-games.txt [epochs]`, where each line of the file is `user item`, in time order within a user.
 */
import { leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { preset, SASRec } from '@recsys/sasrec';
import { evaluate, fit, selectBackend } from '@recsys/training';

const [path, epochs = '200'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: pnpm example amazon-games path/to/amazon-games.txt [epochs]');

await selectBackend();
const split = leaveOneOut(toSequences(await readInteractions(path)));
const paper = preset('paper', 'amazon-games');
const model = new SASRec({ ...paper.model, items: split.items, seed: 1 });
await fit(model, split, {
  ...paper.fit,
  epochs: Number(epochs),
  seed: 1,
  callbacks: [{ onEpoch: (record) => console.log(record) }],
});
const { metrics } = await evaluate(model, split.test, { protocol: 'sampled' });
console.log('test, target + 100 sampled negatives:', metrics);
