/**
 * Compares HSTU, with and without times, with SASRec on the same budget: `npx tsx benchmarks/hstu.ts`. All have the same width, blocks, dropout,
 * loss, batches and epochs; validation chooses the epoch, and all items are ranked. SASRec is also trained with the cosines that HSTU scores by, so
 * that the difference is that of the blocks. On Amazon Beauty and MovieLens latest-small by leave-one-out, and on Beauty split at one time. Writes
 * `benchmarks/results/hstu.json`.
 *
 * Options: `--epochs 20`, `--seed 1`, `--data FOLDER`, `--only NAME` one of the settings, with nothing written, `--dropout 0.5` instead of that of
 * the settings, with validation alone.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type EvaluationSet,
  leaveOneOut,
  readInteractions,
  type Split,
  temporalSplit,
  timeAtShare,
  toSequences,
  type UserSequences,
} from '@recsys/data';
import { HSTU } from '@recsys/hstu';
import { type Scorer, type SequentialModel, selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, type FitOptions, fit, popularityBaseline, sharedCrossEntropy } from '@recsys/training';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string', default: path('../../shared/data') },
    only: { type: 'string' },
    dropout: { type: 'string' },
  },
});
const [epochs, seed] = [Number(flags.epochs), Number(flags.seed)];

interface Setting {
  readonly name: string;
  readonly file: string;
  readonly protocol: string;
  readonly split: (sequences: UserSequences) => Split;
  readonly dropoutRate: number;
  readonly fit: Pick<FitOptions, 'batchSize' | 'windows'>;
}

const settings: readonly Setting[] = [
  {
    name: 'beauty',
    file: 'amazon-beauty-5core-timestamps.txt',
    protocol: 'leave-one-out',
    split: (sequences) => leaveOneOut(sequences),
    dropoutRate: 0.5,
    fit: { batchSize: 128 },
  },
  {
    name: 'beauty-time',
    file: 'amazon-beauty-5core-timestamps.txt',
    protocol: 'the newest tenth of the time',
    split: (sequences) => temporalSplit(sequences, { time: timeAtShare(sequences, 0.9) }),
    dropoutRate: 0.5,
    fit: { batchSize: 128 },
  },
  {
    name: 'ml-latest-small',
    file: 'ml-latest-small/ratings.csv',
    protocol: 'leave-one-out',
    split: (sequences) => leaveOneOut(sequences),
    dropoutRate: 0.5,
    fit: { batchSize: 16, windows: true },
  },
];

const loss = sharedCrossEntropy({ numNegatives: 512, logQ: true });
const training = { epochs, learningRate: 0.002, schedule: { kind: 'one-cycle' } } as const;
const validation = { protocol: 'full', every: 4, patience: false, sampleTargets: 5000 } as const;
const sizes = { hiddenUnits: 64, numBlocks: 2, numHeads: 2, maxLength: 50 } as const;

const modelsOf = (split: Split, dropoutRate: number): [string, () => SequentialModel][] => {
  const { catalog } = split;
  const common = { ...sizes, catalog, dropoutRate, seed };
  return [
    ['SASRec', () => new SASRec({ ...common, wiring: 'pre-norm' })],
    ['SASRec, cosine', () => new SASRec({ ...common, wiring: 'pre-norm', similarity: 'cosine' })],
    ['HSTU without times', () => new HSTU({ ...common, timeBias: false })],
    ['HSTU', () => new HSTU({ ...common })],
  ];
};

const round = (value: number): number => Number(value.toFixed(4));
const measured = async (subject: SequentialModel | Scorer, set: EvaluationSet) => {
  const { metrics } = await evaluate(subject, set, { protocol: 'full', k: [10] });
  const { 'hr@10': hr, 'ndcg@10': ndcg } = metrics;
  return {
    hr10: round(hr.value),
    ndcg10: round(ndcg.value),
    confidence95: { hr10: [hr.low, hr.high].map(round), ndcg10: [ndcg.low, ndcg.high].map(round) },
  };
};

const { backend, build } = await selectBackend();
const chosen = settings.filter(({ name }) => flags.only === undefined || flags.only === name);
if (chosen.length === 0) throw new Error(`--only: must be one of ${settings.map(({ name }) => name).join(', ')}`);
const records: object[] = [];
for (const { name, file, protocol, split: splitOf, ...own } of chosen) {
  const data = join(flags.data, file);
  if (!existsSync(data)) throw new Error(`${data}: is not there; give its folder by --data`);
  const split = splitOf(toSequences(await readInteractions(data)));
  const dropoutRate = flags.dropout === undefined ? own.dropoutRate : Number(flags.dropout);
  console.log(`${backend} ${build ?? ''} · ${name}: ${split.test.users.length} targets, dropout ${dropoutRate}`);
  const results: object[] = [];
  const note = (result: object) => {
    results.push(result);
    console.log(`  ${JSON.stringify(result)}`);
  };
  note({ name: 'popularity', test: await measured(popularityBaseline(split.train), split.test) });
  for (const [kind, create] of modelsOf(split, dropoutRate)) {
    const model = create();
    const start = process.cpuUsage();
    const { best } = await fit(model, split, { ...training, ...own.fit, seed, loss, validation });
    const { user, system } = process.cpuUsage(start);
    note({
      name: kind,
      bestEpoch: best?.epoch,
      validation: await measured(model, split.validation),
      ...(flags.dropout === undefined && { test: await measured(model, split.test) }),
      processorSeconds: Math.round((user + system) / 1e6),
    });
    model.dispose();
  }
  records.push({ name, data: file, protocol, targets: split.test.users.length, dropoutRate, ...own.fit, results });
}
if (flags.only === undefined && flags.dropout === undefined)
  writeRecord(path('results/hstu.json'), {
    command: ['npx tsx benchmarks/hstu.ts', ...process.argv.slice(2)].join(' '),
    seed,
    settings: { model: sizes, fit: training, validation, loss: loss.name, numNegatives: loss.numNegatives },
    comparisons: records,
    machine: describeMachine(),
  });
