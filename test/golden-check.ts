import { itemIds, type SequenceBatch } from '@recsys/data';
import type { Wiring } from '@recsys/layers';
import { scoreItems } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { Adam, binaryCrossEntropy } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';

type Nested = number | Nested[];
interface NestedRecord {
  [name: string]: Nested | NestedRecord;
}

/** A golden file: a small model, a padded batch, and the results of a reference implementation in float64. */
export interface Golden {
  name: string;
  config: {
    /** Golden files call `shared-norm` `seed`. */
    wiring: Exclude<Wiring, 'shared-norm'> | 'seed';
    numItems: number;
    maxLen: number;
    hiddenUnits: number;
    numBlocks: number;
    numHeads: number;
    normEpsilon: number;
  };
  sequences: number[][];
  positives: number[][];
  negatives: number[][];
  weights: NestedRecord;
  expected: {
    hidden: number[][][];
    positiveLogits: number[][];
    negativeLogits: number[][];
    loss: number;
    lastScoresAllItems: number[][];
    gradients: NestedRecord;
    adam: {
      learningRate: number;
      beta1: number;
      beta2: number;
      epsilon: number;
      losses: number[];
      itemEmbeddingAfter5: number[][];
    };
  };
}

/** Returns the largest absolute error of our results on the current backend, for each quantity of a golden file. */
export const goldenErrors = (golden: Golden): Map<string, number> => {
  const errors = new Map<string, number>();
  const compare = (name: string, ours: ArrayLike<number>, expected: ArrayLike<number>) => {
    if (ours.length !== expected.length)
      throw new Error(`${golden.name} ${name}: ${ours.length} numbers, expected ${expected.length}`);
    let worst = 0;
    for (let i = 0; i < ours.length; i++) {
      const error = Math.abs(ours[i] - expected[i]);
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
    }
    errors.set(name, worst);
  };
  const { config, expected } = golden;
  const model = new SASRec({
    catalog: itemIds(Array.from({ length: config.numItems }, (_, i) => i + 1)),
    wiring: config.wiring === 'seed' ? 'shared-norm' : config.wiring,
    maxLength: config.maxLen,
    hiddenUnits: config.hiddenUnits,
    numBlocks: config.numBlocks,
    numHeads: config.numHeads,
    normEpsilon: config.normEpsilon,
    dropoutRate: 0,
  });
  const weights = model.trainableWeights();
  const goldenName = (name: string) => name.replace(/\.embeddings$/, '');
  const given = flatten(golden.weights);
  compareNames(
    golden.name,
    weights.map(({ name }) => goldenName(name)),
    [...given.keys()],
  );
  for (const { name, variable } of weights)
    tf.tidy(() => variable.assign(tf.tensor(given.get(goldenName(name))!, variable.shape)));

  const batch = packGolden(golden);
  const hidden = model.encode(batch, { training: false, step: 0 });
  compare('hidden', hidden.dataSync(), realTokens(golden, expected.hidden).flat());
  const logits = (items: Int32Array) =>
    tf.tidy(() => scoreItems(model, hidden, tf.tensor2d(items, [items.length, 1], 'int32')).dataSync());
  compare('positiveLogits', logits(batch.targets), realTokens(golden, expected.positiveLogits));
  compare('negativeLogits', logits(batch.negatives), realTokens(golden, expected.negativeLogits));
  const newest = tf.tidy(() =>
    tf.gather(
      hidden,
      tf.tensor1d(
        batch.offsets.subarray(1).map((end) => end - 1),
        'int32',
      ),
    ),
  );
  const scores = tf.tidy(() => tf.slice(scoreItems(model, newest), [0, 1], [-1, -1]));
  compare('lastScoresAllItems', scores.dataSync(), expected.lastScoresAllItems.flat());
  tf.dispose([hidden, newest, scores]);

  const loss = binaryCrossEntropy();
  const lossAndGradients = () =>
    tf.variableGrads(
      () => loss.compute(model, model.encode(batch, { training: true, step: 0 }), batch),
      weights.map(({ variable }) => variable),
    );
  const { value, grads } = lossAndGradients();
  compare('loss', value.dataSync(), [expected.loss]);
  const gradients = flatten(expected.gradients);
  for (const { name, variable } of weights) {
    compare(`gradient ${goldenName(name)}`, grads[variable.name].dataSync(), gradients.get(goldenName(name))!);
  }
  tf.dispose([value, grads]);

  const { learningRate, losses, itemEmbeddingAfter5, ...adamOptions } = expected.adam;
  const adam = new Adam(weights, adamOptions);
  const ours = losses.map(() => {
    const { value, grads } = lossAndGradients();
    tf.tidy(() => adam.apply(grads, learningRate));
    const [before] = value.dataSync();
    tf.dispose([value, grads]);
    return before!;
  });
  compare('adam losses', ours, losses);
  compare('adam itemEmbedding', weights[0].variable.dataSync(), itemEmbeddingAfter5.flat());
  adam.dispose();
  model.dispose();
  return errors;
};

const compareNames = (where: string, ours: string[], expected: string[]): void => {
  if ([...ours].sort().join() !== [...expected].sort().join())
    throw new Error(`${where}: weights are ${ours}, expected ${expected}`);
};

/** Returns the numbers of each array by its full name, such as `block0.attention.query.kernel`. */
const flatten = (record: NestedRecord, prefix = ''): Map<string, number[]> => {
  const flat = new Map<string, number[]>();
  for (const [name, value] of Object.entries(record)) {
    if (Array.isArray(value)) flat.set(prefix + name, (value as unknown[]).flat(10) as number[]);
    else for (const [inner, numbers] of flatten(value as NestedRecord, `${prefix}${name}.`)) flat.set(inner, numbers);
  }
  return flat;
};

/** Returns the values at real tokens, in packed order. */
const realTokens = <T>({ sequences }: Golden, values: T[][]): T[] =>
  sequences.flatMap((sequence, b) => values[b].filter((_, t) => sequence[t] !== 0));

const packGolden = (golden: Golden): SequenceBatch => {
  const { sequences, positives, negatives, config } = golden;
  const offsets = new Int32Array(sequences.length + 1);
  sequences.forEach((sequence, b) => {
    offsets[b + 1] = offsets[b] + sequence.filter((item) => item !== 0).length;
  });
  const positions = sequences.map(() => Array.from({ length: config.maxLen }, (_, t) => t));
  return {
    size: sequences.length,
    offsets,
    items: Int32Array.from(realTokens(golden, sequences)),
    positions: Int32Array.from(realTokens(golden, positions)),
    targets: Int32Array.from(realTokens(golden, positives)),
    negatives: Int32Array.from(realTokens(golden, negatives)),
    numNegatives: 1,
  };
};
