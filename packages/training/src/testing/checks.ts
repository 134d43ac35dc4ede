import {
  type HistoryTimes,
  historyBatch,
  type IdMap,
  itemIds,
  leaveOneOut,
  type SequenceBatch,
  type Split,
  simulateInteractions,
  toSequences,
  trainBatches,
} from '@recsys/data';
import { type FilledIn, gatherRows } from '@recsys/layers';
import {
  assignWeights,
  encodeNewest,
  modelArtifacts,
  modelNameOf,
  modelScorer,
  type SequentialModel,
  savedModelMetadata,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { markovChainBaseline, popularityBaseline } from '../baselines/index.js';
import { evaluate } from '../evaluation/index.js';
import { type FitOptions, fit } from '../fit/index.js';
import { binaryCrossEntropy, type Loss } from '../losses/index.js';

export interface ConformanceOptions {
  /** The loss that the model is made for. Default `binaryCrossEntropy({ numNegatives: 8 })`. */
  readonly loss?: Loss | undefined;
  /** The baseline that a trained model must beat. Default `markov-chain`; a model that sees the newest item alone can beat `popularity`. */
  readonly beats?: 'markov-chain' | 'popularity' | undefined;
  /** Options of `fit` for the training of that test, such as `epochs` and `learningRate`. */
  readonly training?: Partial<FitOptions> | undefined;
}

/** One property of a model; `run` throws when the model does not have it. */
interface Check {
  readonly name: string;
  run(): Promise<void>;
}

type Create = (config: { catalog: IdMap; maxLength: number }) => SequentialModel;

const numItems = 12;
const maxLength = 6;
const catalog = itemIds(Array.from({ length: numItems }, (_, i) => `item-${i + 1}`));
const histories = [[3, 1, 4, 1], [5], [9, 2, 6, 5, 3, 5]].map((items) => Int32Array.from(items));
/** Values that are computed in another order differ by rounding alone. */
const tolerance = 1e-4;

/** Returns the checks of a model, in the order of the contract. */
export const checksOf = (
  create: Create,
  { loss = binaryCrossEntropy({ numNegatives: 8 }), beats = 'markov-chain', training = {} }: ConformanceOptions,
): Check[] => {
  /** Runs a check on a new model, and disposes it. */
  const withModel = (check: (model: SequentialModel) => void | Promise<void>) => async () => {
    const model = create({ catalog, maxLength });
    try {
      await check(model);
    } finally {
      model.dispose();
    }
  };
  return [
    { name: 'gives a state per token and a vector per item', run: withModel(checkShapes) },
    { name: 'does not look at later tokens', run: withModel(checkCausality) },
    { name: 'does not look at other sequences of a batch', run: withModel(checkPacking) },
    { name: 'gives the newest state as `encode` does', run: withModel(checkNewest) },
    { name: 'trains every weight', run: withModel((model) => checkGradients(model, loss)) },
    { name: 'leaks no tensor, and may be disposed twice', run: async () => checkLeaks(create, loss) },
    { name: 'is the same model when saved and loaded', run: withModel((model) => checkFiles(model, create)) },
    {
      name: `beats the ${beats} baseline on simulated data`,
      run: () => checkLearning(create, { loss, beats, training }),
    },
  ];
};

const ensure = (condition: boolean, problem: string): void => {
  if (!condition) throw new Error(problem);
};

const batchOf = (sequences: readonly Int32Array[]): SequenceBatch =>
  historyBatch(sequences, { maxLength, times: timesOf(sequences) });

/** Some times, for models that use them: the items of a history were met one after another, and then it is asked about. */
const timesOf = (sequences: readonly Int32Array[]): HistoryTimes => ({
  times: sequences.map(({ length }) => Float64Array.from({ length }, (_, i) => 1.6e9 + 60 * i ** 4)),
  at: sequences.map(({ length }) => 1.6e9 + 60 * length ** 4),
});

/** Returns the states of a batch outside training, row by row, and their width. */
const statesOf = (model: SequentialModel, batch: SequenceBatch): { values: Float32Array; units: number } => {
  const states = tf.tidy(() => model.encode(batch, { training: false, step: 0 }));
  const [values, units] = [states.dataSync<'float32'>().slice(), states.shape[1]];
  states.dispose();
  return { values, units };
};

/** Returns the values of a tensor, which is disposed. */
const valuesOf = (compute: () => tf.Tensor): Float32Array => {
  const tensor = tf.tidy(compute);
  const values = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  return values;
};

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0) : Number.NaN;

const ensureClose = (a: Float32Array, b: Float32Array, problem: string): void => {
  const difference = largestDifference(a, b);
  ensure(difference <= tolerance, `${problem}: they differ by ${difference}`);
};

const checkShapes = (model: SequentialModel): void => {
  const batch = batchOf(histories);
  const states = tf.tidy(() => model.encode(batch, { training: false, step: 0 }));
  const vectors = tf.tidy(() => model.itemVectors().clone());
  try {
    ensure(
      states.dtype === 'float32' && states.rank === 2 && states.shape[0] === batch.items.length,
      `encode must give float32 [${batch.items.length}, hiddenUnits], got ${states.dtype} [${states.shape}]`,
    );
    ensure(vectors.shape[0] === numItems + 1, `itemVectors must give ${numItems + 1} rows, got [${vectors.shape}]`);
    const some = Int32Array.of(5, 1, 12);
    if (model.itemVectorsOf !== undefined)
      ensureClose(
        valuesOf(() => model.itemVectorsOf!(some)),
        valuesOf(() => gatherRows(model.itemVectors(), tf.tensor1d(some, 'int32'))),
        '`itemVectorsOf` must give rows of `itemVectors`',
      );
    ensure(
      model.scores !== undefined || vectors.shape[1] === states.shape[1],
      `states have ${states.shape[1]} units and item vectors ${vectors.shape[1]}; a model that compares them needs its own \`scores\``,
    );
    const names = [...model.trainableWeights(), ...(model.fixedWeights?.() ?? [])].map(({ name }) => name);
    ensure(new Set(names).size === names.length, `names of weights must differ, got ${names.join(', ')}`);
  } finally {
    tf.dispose([states, vectors]);
  }
};

const checkCausality = (model: SequentialModel): void => {
  const [a, b] = [
    [3, 1, 4, 1, 5],
    [3, 1, 4, 7, 9],
  ].map((items) => statesOf(model, batchOf([Int32Array.from(items)])));
  const seen = 3 * a.units;
  ensureClose(a.values.slice(0, seen), b.values.slice(0, seen), 'states must not depend on later tokens');
};

const checkPacking = (model: SequentialModel): void => {
  const together = statesOf(model, batchOf(histories));
  const apart = histories.map((history) => statesOf(model, batchOf([history])).values);
  const joined = Float32Array.from(apart.flatMap((values) => [...values]));
  ensureClose(together.values, joined, 'states must not depend on other sequences');
};

const checkNewest = (model: SequentialModel): void => {
  const batch = batchOf(histories);
  const { values, units } = statesOf(model, batch);
  const newest = encodeNewest(model, batch);
  const actual = newest.dataSync<'float32'>().slice();
  newest.dispose();
  const expected = [...batch.offsets.subarray(1)].flatMap((end) => [
    ...values.subarray((end - 1) * units, end * units),
  ]);
  ensureClose(actual, Float32Array.from(expected), '`encodeNewest` must give the last state of each sequence');
};

/** Returns a training batch of the small catalog. */
const trainBatch = (loss: Loss): SequenceBatch => {
  const { train } = simulatedSplit({ users: 20, items: numItems, meanLength: 5, seed: 1 });
  const [batch] = trainBatches(train, {
    batchSize: 20,
    maxLength,
    seed: 1,
    epoch: 1,
    numNegatives: loss.numNegatives,
    sharedNegatives: loss.sharedNegatives ?? false,
  });
  return batch;
};

const lossOf = (model: SequentialModel, loss: Loss, batch: SequenceBatch): tf.Scalar =>
  tf.tidy(() => {
    const options = { training: true, step: 0 };
    return loss.compute(model, model.encode(batch, options), batch, options);
  });

const checkGradients = (model: SequentialModel, loss: Loss): void => {
  const weights = model.trainableWeights();
  const batch = trainBatch(loss);
  const { value, grads } = tf.variableGrads(
    () => lossOf(model, loss, batch),
    weights.map(({ variable }) => variable),
  );
  try {
    for (const { name, variable } of weights) {
      const gradient = grads[variable.name]?.dataSync();
      ensure(gradient?.some((element) => element !== 0) === true, `weight ${name} has no gradient`);
      ensure(gradient.every(Number.isFinite), `the gradient of weight ${name} is not finite`);
    }
  } finally {
    tf.dispose([value, grads]);
  }
};

const checkLeaks = (create: Create, loss: Loss): void => {
  const before = tf.memory().numTensors;
  const model = create({ catalog, maxLength });
  const held = tf.memory().numTensors;
  statesOf(model, batchOf(histories));
  encodeNewest(model, batchOf(histories)).dispose();
  lossOf(model, loss, trainBatch(loss)).dispose();
  const leaked = tf.memory().numTensors - held;
  ensure(leaked === 0, `encode leaks ${leaked} tensors`);
  model.dispose();
  model.dispose();
  const left = tf.memory().numTensors - before;
  ensure(left === 0, `dispose leaves ${left} tensors`);
};

const checkFiles = async (model: SequentialModel, create: Create): Promise<void> => {
  const artifacts = await modelArtifacts(model);
  const { config, model: name } = savedModelMetadata(
    JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })),
  );
  const other = create(config as { catalog: IdMap; maxLength: number });
  try {
    ensure(modelNameOf(other) === name, `the model is called ${name}, and ${modelNameOf(other)} when loaded`);
    for (const { variable } of other.trainableWeights()) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    assignWeights(other, artifacts);
    const [before, after] = [model, other].map((one) =>
      modelScorer(one).score(histories, undefined, timesOf(histories)),
    );
    ensure(largestDifference(before, after) === 0, 'a loaded model must give the same scores');
  } finally {
    other.dispose();
  }
};

const simulatedSplit = (options: { users: number; items: number; meanLength: number; seed: number }): Split =>
  leaveOneOut(toSequences(simulateInteractions(options).interactions));

const baselines = { 'markov-chain': markovChainBaseline, popularity: popularityBaseline };

const checkLearning = async (
  create: Create,
  { loss, beats, training }: FilledIn<ConformanceOptions>,
): Promise<void> => {
  const split = simulatedSplit({ users: 1000, items: 60, meanLength: 20, seed: 7 });
  const model = create({ catalog: split.catalog, maxLength: 20 });
  try {
    await fit(model, split, {
      epochs: 30,
      seed: 1,
      batchSize: 32,
      learningRate: 0.003,
      validation: { protocol: 'full', every: 2 },
      loss,
      ...training,
    });
    const ndcgOf = async (subject: Parameters<typeof evaluate>[0]) =>
      (await evaluate(subject, split.test, { protocol: 'full' })).metrics['ndcg@10'].value;
    const [own, baseline] = [await ndcgOf(model), await ndcgOf(baselines[beats](split.train))];
    ensure(
      own > baseline,
      `test NDCG@10 must be above that of the ${beats} baseline, ${baseline.toFixed(3)}, got ${own.toFixed(3)}`,
    );
  } finally {
    model.dispose();
  }
};
