/**
 * Ten nights of a simulated shop with new users and products each day: `pnpm record:nights`. The whole time `recsys serve` serves the folder of models,
 * and visitors in another process ask it. Each night `recsys nightly` trains on what has come; it is killed at another stage each time, and started
 * again. One night its learning rate is far too large, and the model must be refused. Each day's model is tested on every view of the next day,
 * beside a model that is trained from scratch on the same data, the one of the first day, and popularity. Writes `benchmarks/results/nights.json`.
 *
 * Options: `--users 2000`, `--products 300`, `--seed 1`, `--epochs 15`, `--warm-epochs 5`, `--nights 10`.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readInteractions, temporalSplit, toSequences } from '@recsys/data';
import { copyWeights, type Scorer, type SequentialModel, selectBackend } from '@recsys/model';
import { savedModelDirectory } from '@recsys/model/node';
import { SASRec } from '@recsys/sasrec';
import { evaluate, popularityBaseline } from '@recsys/training';
import { appendEvents, Shop, writeEvents } from '../examples/shop/events.ts';
import { describeMachine } from './support/machine.ts';
import { startRecsys } from './support/services.ts';
import type { Counts, ToVisitors } from './support/visitors.ts';
import { writeRecord } from './support/write-record.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const { values: flags } = parseArgs({
  options: {
    users: { type: 'string', default: '2000' },
    products: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '15' },
    'warm-epochs': { type: 'string', default: '5' },
    nights: { type: 'string', default: '10' },
  },
});
const [users, products, seed, nights] = [flags.users, flags.products, flags.seed, flags.nights].map(Number);
const perDay = { newUsers: 60, newProducts: 8 };
const daysBefore = 30;
const settings = ['--hidden-units', '32', '--max-length', '20', '--dropout-rate', '0.2', '--seed', flags.seed];
const training = [...settings, '--epochs', flags.epochs, '--warm-epochs', flags['warm-epochs']];
const learningRate = (value: number): string[] => ['--learning-rate', String(value)];
const [usualRate, badRate, badNight] = [0.005, 0.5, 8];

/** Where each night is killed, by the call that it is killed before; see test/support/kill-at.mjs. */
const kills = [
  { stage: 'loading', call: 'write', match: '"event":"data"' },
  { stage: 'training', call: 'write', match: '"event":"epoch","epoch":3' },
  { stage: 'writing a checkpoint', call: 'open', match: 'partial-step-0*[1-9].*optimizer.bin' },
  { stage: 'comparing', call: 'write', match: '"event":"compared"' },
  { stage: 'writing the version', call: 'open', match: 'partial-version-.*weights.bin' },
  { stage: 'between version and current', call: 'rename', match: 'current.json' },
  { stage: 'removing the run', call: 'rename', match: 'partial-training' },
  { stage: 'refusing', call: 'rename', match: 'refused' },
  { stage: 'removing an old version', call: 'rm', match: 'partial-version-' },
  { stage: 'renaming the version', call: 'rename', match: 'partial-version-' },
];

const root = mkdtempSync(join(tmpdir(), 'recsys-nights-'));
const [csv, models, scratch, first] = ['events.csv', 'models', 'scratch', 'first'].map((name) => join(root, name));
const cli = path('../packages/cli/bin/recsys.js');
const killAt = new URL('../test/support/kill-at.mjs', import.meta.url).href;
const round = (value: number, digits = 4): number => Number(value.toFixed(digits));

// biome-ignore lint/suspicious/noExplicitAny: events are JSON of several kinds
type Event = Record<string, any>;

/** One start of a command: its events, and how it ended. */
interface Sitting {
  readonly events: readonly Event[];
  readonly status: number | null;
  readonly signal: string | null;
  /** Processor time of a training that was killed. */
  readonly killedTraining: number;
}

/** Runs `recsys`, killed where `kill` says. */
const recsys = async (args: readonly string[], kill?: object): Promise<Sitting> => {
  const report = join(root, 'killed');
  rmSync(report, { force: true });
  const child = spawn(process.execPath, [...(kill ? ['--import', killAt] : []), cli, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KILL_AT: JSON.stringify({ ...kill, report }) },
  });
  const exit = once(child, 'exit');
  const events: Event[] = [];
  for await (const line of createInterface(child.stdout)) if (line.endsWith('}')) events.push(JSON.parse(line));
  const [status, signal] = await exit;
  return { events, status, signal, killedTraining: existsSync(report) ? Number(readFileSync(report, 'utf8')) : 0 };
};

const find = (sittings: readonly Sitting[], name: string): Event | undefined =>
  sittings.flatMap(({ events }) => events).findLast(({ event }) => event === name);

/** Returns the processor time of the training of a night, of all of its starts. */
const trainingSeconds = (sittings: readonly Sitting[]): number =>
  round(
    sittings.reduce((sum, own) => {
      const trained = find([own], 'trained');
      return sum + (trained?.processorSeconds ?? own.killedTraining);
    }, 0),
    1,
  );

/** Trains from scratch on the data so far; what it publishes is not compared. */
const fromScratch = async () => {
  const sitting = await recsys(
    ...[['nightly', csv, '--models', scratch, ...training, ...learningRate(usualRate), '--from-scratch', '--force']],
  );
  if (sitting.status !== 0) throw new Error('the training from scratch failed');
  return trainingSeconds([sitting]);
};

type Row = { readonly user: string; readonly item: string; readonly timestamp: number };
const rows: Row[] = [];
const shop = new Shop({ seed, users, products });
const nextDay = (): { events: ReturnType<Shop['nextDay']>; rows: Row[] } => {
  const events = shop.nextDay(perDay);
  return { events, rows: events.map(({ user, product, time }) => ({ user, item: product, timestamp: time / 1000 })) };
};

/** Returns a test of models of any catalog on the views of a day: among all products that had been viewed before it. */
const testOn = async (day: readonly Row[]) => {
  const known = new Set(rows.map(({ item }) => item));
  const later = [...rows, ...day.filter(({ item }) => known.has(item))];
  const time = rows.reduce((latest, { timestamp }) => Math.max(latest, timestamp), 0);
  const sequences = toSequences(await readInteractions(later));
  const { test } = temporalSplit(sequences, { time, target: 'each' });
  const { offsets, timestamps } = sequences;
  const ends = sequences.ends.map((end, user) => {
    const next = timestamps!.subarray(offsets[user], end).findIndex((own) => own > time);
    return next < 0 ? end : offsets[user] + next;
  });
  const score = async (subject: SequentialModel | Scorer) => {
    const { metrics } = await evaluate(subject, test, { protocol: 'full', k: [10] });
    return { hr10: round(metrics['hr@10'].value), ndcg10: round(metrics['ndcg@10'].value) };
  };
  return {
    targets: test.users.length,
    popularity: await score(popularityBaseline({ ...sequences, ends })),
    /** A new product has the mean vector in a model that does not know it, as before its first training. */
    ofModel: async (folder: string) => {
      const saved = await SASRec.load(folder);
      const { catalog: _, ...config } = saved.config;
      const model = new SASRec({ ...config, catalog: sequences.catalog });
      copyWeights(model, saved);
      const scores = await score(model);
      for (const own of [saved, model]) own.dispose();
      return scores;
    },
  };
};

/** Waits until a version answers, and returns the seconds that it took. */
const untilServed = async (address: string, version: string): Promise<number> => {
  const start = performance.now();
  for (;;) {
    const { version: own } = (await (await fetch(`${address}/v1/model`)).json()) as { version: string };
    const seconds = (performance.now() - start) / 1000;
    if (own.startsWith(`${version}-`)) return round(seconds, 1);
    if (seconds > 60) throw new Error(`${version} does not answer after 60 s, but ${own}`);
    await setTimeout(50);
  }
};

const tell = (visitors: ChildProcess, message: ToVisitors): boolean => visitors.send(message);
const count = async (visitors: ChildProcess): Promise<Counts> => {
  const answer = once(visitors, 'message');
  tell(visitors, 'count');
  return (await answer)[0] as Counts;
};
const currentVersion = async (): Promise<string> => basename(await savedModelDirectory(models));

await selectBackend();
const startedAt = performance.now();
const month = Array.from({ length: daysBefore }, nextDay);
rows.push(...month.flatMap((day) => day.rows));
writeEvents(
  csv,
  month.flatMap(({ events }) => events),
);
const usual = ['nightly', csv, '--models', models, ...training, ...learningRate(usualRate), '--keep', '3'];
const opened = await recsys(usual);
if (opened.status !== 0) throw new Error('the first model was not published');
const openingSeconds = trainingSeconds([opened]);
cpSync(await savedModelDirectory(models), first, { recursive: true });
const service = await startRecsys(models, ['--watch', '0.5', '--threads', '1']);
const { address } = service;
const visitors = fork(path('support/visitors.ts'), [address], { execArgv: ['--import', 'tsx'] });
tell(visitors, { items: [...new Set(rows.map(({ item }) => item))] });
const records: object[] = [];
let before = await count(visitors);
let tomorrow = nextDay();
for (let night = 1; night <= nights; night++) {
  rows.push(...tomorrow.rows);
  appendEvents(csv, tomorrow.events);
  tomorrow = nextDay();
  tell(visitors, { items: [...new Set(rows.map(({ item }) => item))] });
  const { stage, ...kill } = kills[(night - 1) % kills.length];
  const isBad = night === badNight;
  const args = isBad ? [...usual, ...learningRate(badRate)] : usual;
  const currentBefore = await currentVersion();
  const killed = await recsys(args, kill);
  if (killed.signal !== 'SIGKILL') throw new Error(`night ${night}: was not killed while ${stage}`);
  const currentAfterKill = await currentVersion();
  await SASRec.load(models).then((model) => model.dispose()); // whole, by its checksums
  const again = await recsys(args);
  const sittings = [killed, again];
  if (again.status !== (isBad ? 3 : 0)) throw new Error(`night ${night}: the second start exited with ${again.status}`);
  const version = await currentVersion();
  if (isBad !== (version === currentBefore)) throw new Error(`night ${night}: ${version} is current`);
  const swapSeconds = await untilServed(address, version);
  const leftBehind = readdirSync(models).filter((name) => !/^(version-\d+|current\.json|refused)$/.test(name));
  const compared = find(sittings, 'compared')!;
  const test = await testOn(tomorrow.rows);
  const scratchSeconds = await fromScratch();
  const now = await count(visitors);
  const answers = Object.entries(now.versions)
    .map(([name, all]) => [name.replace(/-[0-9a-f]{8}$/, ''), all - (before.versions[name] ?? 0)] as const)
    .filter(([, own]) => own > 0);
  const record = {
    night,
    interactions: rows.length,
    items: new Set(rows.map(({ item }) => item)).size,
    killedWhile: stage,
    currentBefore,
    currentAfterKill,
    version,
    outcome: isBad ? 'refused' : 'published',
    reason: find(sittings, isBad ? 'refused' : 'current')![isBad ? 'reason' : 'verdict'],
    difference: round(compared.difference.value),
    pValue: round(compared.pValue),
    comparedTargets: compared.numTargets,
    leftOut: compared.leftOut,
    swapSeconds,
    leftBehind,
    answered: now.answered - before.answered,
    failed: now.failed - before.failed,
    versions: Object.fromEntries(answers),
    targets: test.targets,
    published: { ...(await test.ofModel(models)), processorSeconds: trainingSeconds(sittings) },
    fromScratch: { ...(await test.ofModel(scratch)), processorSeconds: scratchSeconds },
    notUpdated: await test.ofModel(first),
    popularity: test.popularity,
  };
  before = now;
  records.push(record);
  console.log(JSON.stringify(record));
}
const newest = await currentVersion();
const back = await recsys(['nightly', '--models', models, '--rollback']);
const rolledBackTo = await currentVersion();
if (back.status !== 0 || rolledBackTo === newest) throw new Error('the rollback failed');
const rollback = { from: newest, to: rolledBackTo, swapSeconds: await untilServed(address, rolledBackTo) };
await setTimeout(500);
const total = await count(visitors);
tell(visitors, 'end');
await once(visitors, 'exit');
const status = await service.stop();
console.log(`${total.answered} answered, ${total.failed} failed, service exited with ${status}`);
for (const problem of total.problems) console.log(problem);
if (total.failed > 0 || status !== 0) process.exitCode = 1;
writeRecord(path('results/nights.json'), {
  command: ['pnpm record:nights', ...process.argv.slice(2)].join(' '),
  shop: { seed, users, products, daysBefore, ...perDay },
  epochs: { trainedOn: Number(flags['warm-epochs']), fromScratch: Number(flags.epochs) },
  training: [...training, ...learningRate(usualRate)].join(' '),
  badNight: { night: badNight, learningRate: badRate },
  first: { processorSeconds: openingSeconds },
  nights: records,
  rollback,
  requests: { answered: total.answered, failed: total.failed, versions: Object.keys(total.versions).length },
  seconds: Math.round((performance.now() - startedAt) / 1000),
  machine: describeMachine(),
});
rmSync(root, { recursive: true });
