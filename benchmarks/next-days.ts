/**
 * Measures how a model is kept up to date: `npx tsx benchmarks/next-days.ts`. A model is trained on Amazon Beauty up to a day. Every 28 days after
 * it, new interactions have come, and there are three ways on: leave the model as it is, train a new one on everything, or start from the weights of
 * the last one (`fit` with `from`) and train for a few epochs on the users who have new interactions. Each is tested on every interaction of the
 * next 28 days, ranked among all items that are known by then. Writes `benchmarks/results/next-days.json`.
 *
 * Options: `--days 28`, `--periods 4`, `--epochs 20`, `--seed 1`, `--data FILE`. `--warm EPOCHS:RATE:REPLAY`, once or several times: epochs and learning
 * rate of a warm start, and how many of the other users are trained on again, as a share of those with new interactions. `--earlier 1`: ends that
 * many periods before the end of the data, to choose settings without the days that are tested; nothing is written then.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Rng, readInteractions, type Split, temporalSplit, toSequences, type UserSequences } from '@recsys/data';
import { copyWeights, type Scorer, type SequentialModel, selectBackend } from '@recsys/model';
import { SASRec, type SASRecOptions } from '@recsys/sasrec';
import { evaluate, type FitOptions, fit, popularityBaseline, sharedCrossEntropy } from '@recsys/training';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const { values: flags } = parseArgs({
  options: {
    days: { type: 'string', default: '28' },
    periods: { type: 'string', default: '4' },
    epochs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    earlier: { type: 'string', default: '0' },
    warm: { type: 'string', multiple: true, default: ['8:0.002:1', '10:0.002:3'] },
    data: { type: 'string', default: path('../../shared/data/amazon-beauty-5core-timestamps.txt') },
  },
});
const [days, periods, epochs, seed, earlier] = [flags.days, flags.periods, flags.epochs, flags.seed, flags.earlier].map(
  Number,
);
if (!existsSync(flags.data)) throw new Error(`${flags.data}: is not there; give the file by --data`);
const warmStarts = flags.warm.map((text) => {
  const [epochs, learningRate, replay] = text.split(':').map(Number);
  return { name: `warm start ${text}`, epochs, learningRate, replay };
});

const settings = {
  model: { wiring: 'pre-norm', hiddenUnits: 64, maxLength: 50, dropoutRate: 0.6 },
  fit: { epochs, batchSize: 128, learningRate: 0.002, schedule: { kind: 'one-cycle' }, validation: false },
} satisfies { model: Omit<SASRecOptions, 'catalog'>; fit: Omit<FitOptions, 'seed'> };
const loss = sharedCrossEntropy({ numNegatives: 512, logQ: true });
const { backend, build } = await selectBackend();
const rows = (await readInteractions(flags.data)).table.objects() as {
  user: number;
  item: number;
  timestamp: number;
}[];

/** Ends of the periods: the first training sees all up to the first, and the last is the end of the data. */
const end = rows.reduce((latest, { timestamp }) => Math.max(latest, timestamp), 0);
const times = Array.from({ length: periods + 2 }, (_, i) => end - (periods + 1 - i + earlier) * days * 86_400);

/** The data up to a time, to train on, and the next period, to test on. */
interface Day {
  readonly split: Split;
  /** Users with interactions after the time before this one. */
  readonly active: readonly number[];
  /** Interactions of the next period whose items are not known yet: no one can recommend them, and they are not tested. */
  readonly unknown: number;
}

const dayAt = async (index: number): Promise<Day> => {
  const [before, time, next] = [times[index - 1] ?? Number.NEGATIVE_INFINITY, times[index], times[index + 1]];
  const train = toSequences(await readInteractions(rows.filter(({ timestamp }) => timestamp <= time)));
  const known = new Set(train.catalog.ids);
  const later = rows.filter(({ timestamp }) => timestamp <= next);
  const tested = toSequences(await readInteractions(later.filter(({ item }) => known.has(item))));
  const { test, validation } = temporalSplit(tested, { time, target: 'each' });
  const timestamps = train.timestamps!;
  const active = [...train.ends.keys()].filter((user) => timestamps[train.ends[user] - 1] > before);
  const split = { train, validation, test, catalog: train.catalog, users: train.users };
  return { split, active, unknown: later.filter(({ item }) => !known.has(item)).length };
};

/** Returns sequences of these users alone; the catalog stays whole. */
const ofUsers = (sequences: UserSequences, users: readonly number[]): UserSequences => {
  const ends = sequences.offsets.slice(0, -1);
  for (const user of users) ends[user] = sequences.ends[user];
  return { ...sequences, ends };
};

const create = ({ catalog }: Split) => new SASRec({ ...settings.model, catalog, seed });
const round = (value: number): number => Number(value.toFixed(4));

/** Trains a model, and returns the seconds of processor time that it took, of all threads, and those on the clock. */
const timed = async (model: SASRec, split: Split, options: Omit<FitOptions, 'seed' | 'loss'>) => {
  const start = process.cpuUsage();
  const { seconds } = await fit(model, split, { ...options, loss, seed });
  const { user, system } = process.cpuUsage(start);
  return { processorSeconds: Number(((user + system) / 1e6).toFixed(1)), seconds: Number(seconds.toFixed(1)) };
};

const tested = async (subject: SequentialModel | Scorer, { split }: Day) => {
  const { metrics } = await evaluate(subject, split.test, { protocol: 'full', k: [10] });
  return { hr10: round(metrics['hr@10'].value), ndcg10: round(metrics['ndcg@10'].value) };
};

/** Returns a model of the catalog of a day with the weights of an earlier one, after a few epochs on the users with new interactions, and some others. */
const warmStarted = async (from: SASRec, { split, active }: Day, { epochs, learningRate, replay }: Warm) => {
  const { train } = split;
  const isActive = new Set(active);
  const others = [...train.ends.keys()].filter((user) => !isActive.has(user));
  const again = new Rng(seed, active.length).shuffle(others).slice(0, Math.round(replay * active.length));
  const model = create(split);
  const cost = await timed(
    model,
    { ...split, train: ofUsers(train, [...active, ...again]) },
    { ...settings.fit, epochs, learningRate, from },
  );
  return { model, cost };
};
type Warm = (typeof warmStarts)[number];

const first = await dayAt(0);
const stale = create(first.split);
const firstCost = await timed(stale, first.split, settings.fit);
console.log(
  `${backend} ${build ?? ''} · trained on ${first.split.train.items.length} interactions in ${firstCost.processorSeconds} s of processor time`,
);
const latest = warmStarts.map(() => stale);
const records: object[] = [];
for (let index = 1; index <= periods; index++) {
  const day = await dayAt(index);
  const { split, active, unknown } = day;
  const { train, test } = split;
  console.log(
    `period ${index}: ${train.items.length} interactions, ${active.length} users with new ones; ${test.users.length} targets in the next`,
  );
  const results: object[] = [];
  const note = async (name: string, subject: SequentialModel | Scorer, cost?: object) => {
    const result = { name, ...(await tested(subject, day)), ...cost };
    results.push(result);
    console.log(`  ${Object.values(result).join('  ')}`);
  };
  await note('popularity', popularityBaseline(train));
  const old = create(split); // knows the new items by a mean vector, as a warm start does before its first step
  copyWeights(old, stale);
  await note('not updated', old);
  old.dispose();
  for (const [i, warm] of warmStarts.entries()) {
    const { model, cost } = await warmStarted(latest[i], day, warm);
    await note(warm.name, model, cost);
    if (latest[i] !== stale) latest[i].dispose();
    latest[i] = model;
  }
  const full = create(split);
  await note('trained from scratch', full, await timed(full, split, settings.fit));
  full.dispose();
  records.push({
    interactions: train.items.length,
    items: train.catalog.ids.length,
    usersWithNew: active.length,
    targets: test.users.length,
    unknown,
    results,
  });
}
if (earlier === 0)
  writeRecord(path('results/next-days.json'), {
    command: ['npx tsx benchmarks/next-days.ts', ...process.argv.slice(2)].join(' '),
    data: basename(flags.data),
    days,
    seed,
    settings: { ...settings, loss: loss.name, numNegatives: loss.numNegatives },
    warmStarts,
    first: { interactions: first.split.train.items.length, ...firstCost },
    periods: records,
    machine: describeMachine(),
  });
