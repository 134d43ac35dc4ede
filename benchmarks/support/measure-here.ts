/** Runs one measurement in this process, with options given as JSON, and prints one line of JSON. */
import {
  itemIds,
  leaveOneOut,
  Rng,
  readInteractions,
  type SequenceBatch,
  type Split,
  toSequences,
  trainBatches,
  userIds,
} from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { createLoss, evaluate, fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { type BenchOptions, median } from './measure.ts';
import { peakMegabytes } from './peak-memory.ts';

const numBlocks = 2;

/**
 * Returns the useful work of a training step, in GFLOP: dense layers and the causal half of attention, once forward and
 * twice backward. Padding, the masked half of attention, embeddings, norms and the optimizer are excluded.
 */
const usefulGflop = ({ offsets, items }: SequenceBatch, units: number): number => {
  let pairs = 0;
  for (let b = 1; b < offsets.length; b++) {
    const length = offsets[b] - offsets[b - 1];
    pairs += (length * (length + 1)) / 2;
  }
  const dense = items.length * 5 * 2 * units * units;
  const attention = pairs * 2 * 2 * units;
  return (3 * numBlocks * (dense + attention)) / 1e9;
};

const options = JSON.parse(process.argv[2]) as BenchOptions;
const { dataset, maxLength, hiddenUnits, batchSize, dropoutRate, steps, sparse, catalog, numNegatives } = options;
const loss = createLoss(options.loss, numNegatives === undefined ? {} : { numNegatives });

interface SimdLike {
  build?: string;
  pool?: { threads: number; profile(on: boolean): ReadonlyMap<string, { calls: number; milliseconds: number }> };
}

/**
 * Returns 20,000 sequences of 60 items, drawn uniformly from a catalog of a given size, to measure the cost of
 * training.
 */
const uniformSplit = (numItems: number): Split => {
  const rng = new Rng(1);
  const users = 20_000;
  const length = 60;
  const catalog = itemIds(Array.from({ length: numItems }, (_, i) => i + 1));
  const ids = userIds(Array.from({ length: users }, (_, user) => user));
  const items = Int32Array.from({ length: users * length }, () => 1 + rng.below(numItems));
  const offsets = Uint32Array.from({ length: users + 1 }, (_, user) => user * length);
  return leaveOneOut({ offsets, ends: offsets.slice(1), items, users: ids, catalog });
};

const load = async (): Promise<Split> =>
  catalog === undefined ? leaveOneOut(toSequences(await readInteractions(dataset))) : uniformSplit(catalog);

const { backend, from } = await selectBackend({ prefer: options.backend as 'simd' });
const engine = tf.backend() as unknown as SimdLike;
const split = await load();
const model = new SASRec({
  catalog: split.catalog,
  maxLength,
  hiddenUnits,
  numBlocks,
  dropoutRate,
  wiring: 'paper',
  seed: 1,
});
const about = {
  version: `${from} on ${process.version}${engine.build ? `, ${engine.build}` : ''}`,
  backend,
  threads: engine.pool?.threads ?? 1,
  catalog: split.catalog.ids.length,
};

const measureTraining = async () => {
  const warmUp = steps;
  const milliseconds: number[] = [];
  let last = 0;
  await fit(model, split, {
    batchSize,
    epochs: 1_000_000,
    seed: 1,
    loss,
    adam: { lazy: sparse },
    maxSteps: warmUp + steps,
    validation: false,
    callbacks: [
      {
        onStep: ({ step }) => {
          const now = performance.now();
          if (step > warmUp) milliseconds.push(now - last);
          if (step === warmUp) engine.pool?.profile(true);
          last = performance.now();
        },
      },
    ],
  });
  const kernels = engine.pool?.profile(false);
  const batchMilliseconds: number[] = [];
  let tokens = 0;
  let gflop = 0;
  let start = performance.now();
  for (const batch of trainBatches(split.train, {
    batchSize,
    maxLength,
    numNegatives: loss.numNegatives,
    sharedNegatives: loss.sharedNegatives ?? false,
    seed: 1,
    epoch: 1,
    sampling: 'epoch',
  })) {
    batchMilliseconds.push(performance.now() - start);
    tokens += batch.items.length;
    gflop += usefulGflop(batch, hiddenUnits);
    start = performance.now();
    if (batchMilliseconds.length === 200) break;
  }
  const batches = batchMilliseconds.length;
  return {
    milliseconds,
    batchMilliseconds,
    tokens: tokens / batches,
    usefulGflop: gflop / batches,
    peakMegabytes: peakMegabytes(),
    ...(kernels && {
      kernelMs: Object.fromEntries(
        [...kernels]
          .map(([name, { milliseconds }]) => [name, milliseconds / steps] as const)
          .sort(([, a], [, b]) => b - a),
      ),
    }),
  };
};

const timesOf = (repeats: number, run: () => void): number[] =>
  Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });

const measureEvaluation = async () => {
  const run = async () => {
    const start = performance.now();
    const { numTargets } = await evaluate(model, split.test, { protocol: 'full' });
    return { numTargets, seconds: (performance.now() - start) / 1000 };
  };
  await run();
  const runs = [await run(), await run(), await run()];
  return {
    numTargets: runs[0].numTargets,
    seconds: { median: median(runs.map(({ seconds }) => seconds)) },
    peakMegabytes: peakMegabytes(),
  };
};

const measureRecommend = async () => {
  const { test } = split;
  const histories = Array.from({ length: 1000 }, (_, i) => {
    const { offsets, items } = split.train;
    const user = test.users[i % test.users.length];
    return Array.from(items.subarray(offsets[user], offsets[user + 1]), (item) => split.catalog.ids[item - 1]);
  }).filter((history) => history.length > 0);
  const fifty = histories.find((history) => history.length >= 50)?.slice(-50) ?? histories[0];
  timesOf(2000, () => void model.recommend(fifty)); // as in a service: what is hot has been compiled
  await tf.nextFrame();
  const one = timesOf(500, () => void model.recommend(fifty));
  timesOf(2, () => void model.recommendBatch(histories));
  await tf.nextFrame();
  const many = median(timesOf(7, () => void model.recommendBatch(histories)));
  return {
    historyLength: fifty.length,
    oneHistoryMs: { median: median(one) },
    histories: histories.length,
    historiesPerSecond: Math.round(histories.length / (many / 1000)),
    peakMegabytes: peakMegabytes(),
  };
};

/** Speed of single ops, with the shapes of a training step on ml-1m. */
const measureKernels = async () => {
  const tokens = 107 * batchSize;
  const x = tf.randomUniform([tokens, hiddenUnits]) as tf.Tensor2D;
  const w = tf.randomUniform([hiddenUnits, hiddenUnits]) as tf.Tensor2D;
  const flop = 2 * tokens * hiddenUnits * hiddenUnits;
  const cases: Record<string, { flop: number; run: () => tf.Tensor }> = {
    'x · W': { flop, run: () => tf.matMul(x, w) },
    'x · Wᵀ': { flop, run: () => tf.matMul(x, w, false, true) },
    'xᵀ · x': { flop, run: () => tf.matMul(x, x, true) },
    'x + x': { flop: tokens * hiddenUnits, run: () => tf.add(x, x) },
    'softmax(x)': { flop: tokens * hiddenUnits, run: () => tf.softmax(x) },
  };
  const gflops: Record<string, number> = {};
  for (const [name, { flop, run }] of Object.entries(cases)) {
    timesOf(60, () => run().dispose());
    await new Promise((resolve) => setTimeout(resolve, 300));
    gflops[name] = flop / 1e6 / median(timesOf(40, () => run().dispose()));
  }
  return { gflops };
};

const tasks = {
  train: measureTraining,
  evaluate: measureEvaluation,
  recommend: measureRecommend,
  kernels: measureKernels,
};
console.log(JSON.stringify({ ...about, ...(await tasks[options.task]()) }));
process.exit(0);
