/**
 * Measures how well new items are recommended by their features, and what features cost the others: `npx tsx benchmarks/new-items.ts`. A tenth of the
 * items is held out of training: their interactions are removed, and they are in the catalog with their features alone. Each user's newest
 * interaction with one of them is a target, after the other items that the user had met before it. The usual test is on the other items. All
 * items, new ones too, are ranked in both. Writes `benchmarks/results/new-items.json`.
 *
 * Two data sets: MovieLens-1M, with genres and the decade of the title; and simulated users, where the features of an item are the items that it is
 * most likely to come after, by the law of the simulation.
 *
 * Options: `--epochs 10`, `--seed 1`, `--data ml-1m.txt`, `--items ml-1m-titles.tsv`. `--validate`: numbers of the validation part, for choosing
 * settings, with nothing written; choose them with another seed, which holds out other items.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  countItems,
  type EvaluationSet,
  historyOf,
  type ItemFeatures,
  indexOfId,
  itemFeatures,
  leaveOneOut,
  popularityNegatives,
  Rng,
  readInteractions,
  simulateInteractions,
  toSequences,
  type UserSequences,
  userIds,
} from '@recsys/data';
import { type Scorer, type SequentialModel, scorerOfAllItems, selectBackend, widthOf } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, fit, popularityBaseline, sharedCrossEntropy } from '@recsys/training';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string', default: path('../../shared/data/ml-1m.txt') },
    items: { type: 'string', default: path('../../shared/data/ml-1m-titles.tsv') },
    validate: { type: 'boolean', default: false },
  },
});
const [epochs, seed] = [Number(flags.epochs), Number(flags.seed)];

interface Dataset {
  readonly name: string;
  readonly sequences: UserSequences;
  readonly features: ItemFeatures;
  readonly epochs: number;
}

/** Genres, and the decade that the title ends with: `Heat (1995)` is of the 1990s. */
const movies = async (): Promise<Dataset> => {
  for (const file of [flags.data, flags.items])
    if (!existsSync(file)) throw new Error(`${file}: is not there; give the file by --data or --items`);
  const rows = readFileSync(flags.items, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [item, title, genres] = line.split('\t');
      const year = /\((\d{4})\)\s*$/.exec(title)?.[1];
      return { item, genres, decade: year && `${year.slice(0, 3)}0s` };
    });
  const features = itemFeatures(rows, { item: 'item', categories: ['genres', 'decade'], separators: { genres: '|' } });
  return { name: 'ml-1m', sequences: toSequences(await readInteractions(flags.data)), features, epochs };
};

/** The categories of an item are the five items that it is most likely to come after, such as what an accessory is for. */
const simulated = async (): Promise<Dataset> => {
  const { interactions, nextItemProbabilities } = simulateInteractions({ seed, users: 3000, items: 300 });
  const sequences = toSequences(interactions);
  const { ids } = sequences.catalog;
  const after = nextItemProbabilities(sequences.catalog);
  const laws = ids.map((_, i) => after([i + 1]));
  const rows = ids.map((item, i) => {
    const byLaw = [...ids.keys()].sort((a, b) => laws[b][i + 1] - laws[a][i + 1]);
    return { item, comesAfter: byLaw.slice(0, 5).map((place) => String(ids[place])) };
  });
  const features = itemFeatures(rows, { item: 'item', categories: ['comesAfter'] });
  return { name: 'simulated', sequences, features, epochs: 2 * epochs };
};

/** Returns sequences of the catalog from lists of outside ids. */
const sequencesOf = (
  catalog: UserSequences['catalog'],
  lists: readonly { user: string; ids: readonly (string | number)[] }[],
): UserSequences => {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach(({ ids }, row) => {
    offsets[row + 1] = offsets[row] + ids.length;
  });
  const sequences = {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from(lists.flatMap(({ ids }) => ids.map((id) => indexOfId(catalog, id)))),
    users: userIds(lists.map(({ user }) => user)),
    catalog: { ids: catalog.ids, first: 1 as const },
  };
  return { ...sequences, catalog: { ...sequences.catalog, counts: [...countItems(sequences).subarray(1)] } };
};

const round = (value: number): number => Number(value.toFixed(4));

const measure = async ({ name, sequences, features, epochs }: Dataset) => {
  const { catalog, users } = sequences;
  const rng = new Rng(seed);
  const held = new Set(catalog.ids.filter(() => rng.float() < 0.1).map(String));
  const isNew = (id: string | number) => held.has(String(id));
  const histories = users.ids.map((user) => ({ user: String(user), ids: historyOf(sequences, user) }));
  const others = histories.map(({ user, ids }) => ({ user, ids: ids.filter((id) => !isNew(id)) }));
  const split = leaveOneOut(sequencesOf(catalog, others));
  const targets = histories.flatMap(({ user, ids }) => {
    const at = ids.findLastIndex(isNew);
    const before = ids.slice(0, Math.max(0, at)).filter((id) => !isNew(id));
    return before.length < 2 ? [] : [{ user, ids: [...before, ids[at]] }];
  });
  const newItems = leaveOneOut(sequencesOf(catalog, targets)).test;
  console.log(
    `${name}: ${catalog.ids.length} items, ${held.size} held out, ${newItems.users.length} targets among them`,
  );

  const results: object[] = [];
  const note = async (kind: string, subject: SequentialModel | Scorer, cost?: object) => {
    const of = async (set: EvaluationSet) => {
      const { metrics } = await evaluate(subject, set, { protocol: 'full', k: [10] });
      return { hr10: round(metrics['hr@10'].value), ndcg10: round(metrics['ndcg@10'].value) };
    };
    const rest = flags.validate ? split.validation : split.test;
    const result = { name: kind, newItems: await of(newItems), others: await of(rest), ...cost };
    results.push(result);
    console.log(`  ${JSON.stringify(result)}`);
  };
  const random = new Rng(seed, 1);
  const numItems = catalog.ids.length;
  const randomScores = () => Float64Array.from({ length: numItems + 1 }, () => random.float());
  await note('random', scorerOfAllItems(numItems, randomScores));
  await note('popularity', popularityBaseline(split.train));
  for (const [kind, own] of [
    ['without features', {}],
    ['with features', { features }],
  ] as const) {
    const model = new SASRec({ ...settings.model, catalog: split.catalog, seed, ...own });
    const start = process.cpuUsage();
    const { best } = await fit(model, split, {
      ...settings.fit,
      epochs,
      seed,
      loss,
      negativeSampler: popularityNegatives(split.train, { alpha: 0 }), // uniform, without new items
    });
    const { user, system } = process.cpuUsage(start);
    await note(kind, model, { bestEpoch: best?.epoch, processorSeconds: Math.round((user + system) / 1e6) });
    model.dispose();
  }
  const [columns, width] = [features.columns.length, widthOf(features.dense)];
  return { name, epochs, items: numItems, held: held.size, targets: newItems.users.length, columns, width, results };
};

const settings = {
  model: { wiring: 'pre-norm', hiddenUnits: 64, maxLength: 50, dropoutRate: 0.2 },
  fit: {
    batchSize: 64,
    learningRate: 0.002,
    schedule: { kind: 'one-cycle' },
    validation: { protocol: 'full', every: 5, sampleTargets: 2000 },
  },
} as const;
const loss = sharedCrossEntropy({ numNegatives: 256, logQ: true });
const { backend, build } = await selectBackend();
console.log(`${backend} ${build ?? ''}`);
const datasets = [await measure(await simulated()), await measure(await movies())];
if (!flags.validate)
  writeRecord(path('results/new-items.json'), {
    command: ['npx tsx benchmarks/new-items.ts', ...process.argv.slice(2)].join(' '),
    seed,
    settings: { ...settings, loss: loss.name, numNegatives: loss.numNegatives },
    datasets,
    machine: describeMachine(),
  });
