/**
 * Measures how well new items are recommended by their features: `npx tsx benchmarks/new-items.ts`. A tenth of the items of MovieLens-1M is held
 * out of training: their interactions are removed, and they are in the catalog with genres and decade alone. Each user's newest interaction with
 * one of them is a target, after the other items that the user had met before it. All items are ranked. Beside that, the usual test on the other
 * items shows what features cost there.
 *
 * Options: `--epochs 40`, `--seed 1`, `--embedding-dropout 0.1`, `--max-length 50`, `--data ml-1m.txt`, `--items ml-1m-titles.tsv`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  countItems,
  type EvaluationSet,
  historyOf,
  indexOfId,
  itemFeatures,
  leaveOneOut,
  popularityNegatives,
  Rng,
  readInteractions,
  toSequences,
  type UserSequences,
  userIds,
} from '@recsys/data';
import { type Scorer, type SequentialModel, scorerOfAllItems, selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { binaryCrossEntropy, evaluate, fit, popularityBaseline } from '@recsys/training';

const here = (file: string) => new URL(`../../shared/data/${file}`, import.meta.url).pathname;
const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    'embedding-dropout': { type: 'string', default: '0.1' },
    'max-length': { type: 'string', default: '50' },
    data: { type: 'string', default: here('ml-1m.txt') },
    items: { type: 'string', default: here('ml-1m-titles.tsv') },
  },
});
const [epochs, seed, maxLength] = [flags.epochs, flags.seed, flags['max-length']].map(Number);
for (const path of [flags.data, flags.items])
  if (!existsSync(path)) throw new Error(`${path}: is not there; give the file by --data or --items`);

const { backend, build } = await selectBackend();

/** Genres, and the decade that the title ends with: `Heat (1995)` is of the 1990s. */
const movies = readFileSync(flags.items, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [item, title, genres] = line.split('\t');
    const year = /\((\d{4})\)\s*$/.exec(title)?.[1];
    return { item, genres, decade: year && `${year.slice(0, 3)}0s` };
  });
const features = itemFeatures(movies, { item: 'item', categories: ['genres', 'decade'], separators: { genres: '|' } });

const all = toSequences(await readInteractions(flags.data));
const rng = new Rng(seed);
const held = new Set(all.catalog.ids.filter(() => rng.float() < 0.1).map(String));

/** Returns sequences of the catalog from lists of outside ids. */
const sequencesOf = (lists: readonly { user: string; ids: readonly (string | number)[] }[]): UserSequences => {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach(({ ids }, row) => {
    offsets[row + 1] = offsets[row] + ids.length;
  });
  const sequences = {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from(lists.flatMap(({ ids }) => ids.map((id) => indexOfId(all.catalog, id)))),
    users: userIds(lists.map(({ user }) => user)),
    catalog: { ids: all.catalog.ids, first: 1 as const },
  };
  return { ...sequences, catalog: { ...sequences.catalog, counts: [...countItems(sequences).subarray(1)] } };
};
const histories = all.users.ids.map((user) => ({ user: String(user), ids: historyOf(all, user) }));
const isNew = (id: string | number) => held.has(String(id));
const split = leaveOneOut(
  sequencesOf(histories.map(({ user, ids }) => ({ user, ids: ids.filter((id) => !isNew(id)) }))),
);
const targets = histories.flatMap(({ user, ids }) => {
  const at = ids.findLastIndex(isNew);
  const before = ids.slice(0, Math.max(0, at)).filter((id) => !isNew(id));
  return before.length < 2 ? [] : [{ user, ids: [...before, ids[at]] }];
});
const newItems = leaveOneOut(sequencesOf(targets)).test;
console.log(
  `${backend} ${build ?? ''} · ${all.catalog.ids.length} items, ${held.size} held out · ${newItems.users.length} targets among them · ${features.columns.length} feature columns`,
);

const shown = async (name: string, subject: SequentialModel | Scorer) => {
  const of = async (set: EvaluationSet) => {
    const { metrics } = await evaluate(subject, set, { protocol: 'full', k: [10] });
    return `HR@10 ${metrics['hr@10'].value.toFixed(4)}  NDCG@10 ${metrics['ndcg@10'].value.toFixed(4)}`;
  };
  console.log(`${name.padEnd(18)} new items ${await of(newItems)}   others ${await of(split.test)}`);
};

const random = new Rng(seed + 1);
const numItems = all.catalog.ids.length;
await shown(
  'random',
  scorerOfAllItems(numItems, () => Float64Array.from({ length: numItems + 1 }, () => random.float())),
);
await shown('popularity', popularityBaseline(split.train));
for (const [name, own] of [
  ['without features', {}],
  ['with features', { features, embeddingDropout: Number(flags['embedding-dropout']) }],
] as const) {
  const model = new SASRec({ catalog: split.catalog, maxLength, dropoutRate: 0.2, seed, ...own });
  const { seconds, best } = await fit(model, split, {
    epochs,
    seed,
    batchSize: 128,
    loss: binaryCrossEntropy({ numNegatives: 4 }),
    negativeSampler: popularityNegatives(split.train, { alpha: 0 }), // uniform, without new items
    validation: { protocol: 'full', every: 5, sampleTargets: 2000 },
  });
  await shown(name, model);
  console.log(`${''.padEnd(18)} best epoch ${best?.epoch} of ${epochs}, ${seconds.toFixed(0)} s`);
  if (name === 'with features') {
    const [user] = newItems.users;
    const history = historyOf(newItems.sequences, newItems.sequences.users.ids[user]).slice(-6, -1);
    const candidates = all.catalog.ids.filter(isNew);
    const titles = new Map(
      readFileSync(flags.items, 'utf8')
        .split('\n')
        .map((line) => line.split('\t').slice(0, 2) as [string, string]),
    );
    console.log(`after ${history.map((id) => titles.get(String(id))).join('; ')}`);
    console.log(
      `new for you: ${model
        .recommend(history, { k: 5, candidates })
        .map(({ item }) => titles.get(String(item)))
        .join('; ')}`,
    );
  }
  model.dispose();
}
