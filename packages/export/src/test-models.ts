import { itemFeatures, itemIds } from '@recsys/data';
import { activationNames, randomKey, wiringNames as wirings } from '@recsys/layers';
import { historyBatch, modelScorer, recommendBatch } from '@recsys/model';
import { SASRec, type SASRecOptions } from '@recsys/sasrec';
import * as tf from '@tensorflow/tfjs-core';

/** Ids of no order, so that an index is not its id. */
export const ids = Array.from({ length: 40 }, (_, i) => `item ${(i * 17) % 40}`);

const features = itemFeatures(
  ids.map((id, i) => ({ id, kind: `kind ${i % 3}`, size: i, v: [Math.cos(i), Math.sin(i)] })),
  { categories: ['kind'], numbers: ['size'], vectors: ['v'] },
);

type Options = Omit<SASRecOptions, 'catalog'>;

/** Options of models that differ in what a graph is made of. */
export const cases: readonly (readonly [name: string, Options])[] = [
  ...wirings.map((wiring) => [wiring, { wiring }] as const),
  ...wirings.map((wiring) => [`${wiring}, two heads, own output embedding`, twoTables(wiring)] as const),
  ...wirings.map((wiring) => [`${wiring}, no residuals`, { wiring, residuals: false }] as const),
  ...activationNames.map((activation) => [activation, { activation, feedForwardUnits: 20 }] as const),
  ['no positions', { wiring: 'pre-norm', positions: false }],
  ['sinusoidal positions', { wiring: 'pre-norm', positions: 'sinusoidal' }],
  ['cosine', { wiring: 'pre-norm', similarity: 'cosine' }],
  ['cosine with its own output embedding', { similarity: 'cosine', sharedItemEmbedding: false, temperature: 0.5 }],
  ['features', { wiring: 'pre-norm', features }],
  ['features and cosine', { features, similarity: 'cosine' }],
  ['one block', { numBlocks: 1 }],
  ['no block', { numBlocks: 0 }],
];

function twoTables(wiring: Options['wiring']): Options {
  return { wiring, numHeads: 2, sharedItemEmbedding: false, positions: wiring !== 'paper', normEpsilon: 1e-5 };
}

/** Returns a model with random weights, biases and norms included. */
export const randomModel = (options: Options, seed = 1): SASRec<string> => {
  const model = new SASRec<string>({ catalog: itemIds(ids) as never, hiddenUnits: 12, maxLength: 7, ...options });
  model.trainableWeights().forEach(({ name, variable }, i) => {
    const shift = name.endsWith('gamma') ? 1 : 0;
    const random = tf.randomNormal(variable.shape, shift, 0.4, 'float32', randomKey(seed, i));
    tf.tidy(() => variable.assign(random));
    random.dispose();
  });
  model.noteTraining(new Int32Array(ids.length + 1).fill(1));
  return model;
};

/** Batches of histories, as inside indices: of one item, of all lengths, longer than a model sees, and with an item twice. */
export const batches: readonly (readonly (readonly number[])[])[] = [
  [[5]],
  [[40, 1]],
  [[1], [3, 1], [4, 1, 5], [9, 2, 6, 5], [3, 5, 8, 9, 7, 9]],
  [Array.from({ length: 20 }, (_, i) => 1 + ((i * 7) % 33)), [2]],
];

/** Returns histories as a graph takes them: padded with 0 on the left. */
export const padded = (histories: readonly (readonly number[])[]): { values: number[]; shape: [number, number] } => {
  const length = Math.max(...histories.map((history) => history.length));
  const values = histories.flatMap((history) => [...new Array<number>(length - history.length).fill(0), ...history]);
  return { values, shape: [histories.length, length] };
};

/** What a runtime gave for a batch. */
export interface Answer {
  readonly scores: ArrayLike<number>;
  readonly items: ArrayLike<number>;
  readonly users: ArrayLike<number>;
}

/**
 * Returns the largest difference of scores and user vectors from the model's own, as a share of the larger of 1 and the score. Infinity if an item is
 * there twice, was seen, or is not the model's own or one with an equal score.
 */
export const largestDifference = (
  model: SASRec<string>,
  histories: readonly (readonly number[])[],
  k: number,
  { scores, items, users }: Answer,
): number => {
  const inside = histories.map((history) => Int32Array.from(history));
  const own = recommendBatch(
    model,
    histories.map((history) => history.map((item) => ids[item - 1])),
    { k },
  );
  const all = modelScorer(model).score(inside.map((history) => history.subarray(-model.config.maxLength)));
  const states = tf.tidy(() =>
    model
      .encodeNewest(historyBatch(inside, { maxLength: model.config.maxLength }))
      .dataSync<'float32'>()
      .slice(),
  );
  let largest = 0;
  const compare = (got: number, expected: number) => {
    const difference = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  };
  if (users.length !== states.length) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < states.length; i++) compare(users[i], states[i]);
  own.forEach((list, row) => {
    const listed = Array.from({ length: list.length }, (_, i) => Number(items[row * k + i]));
    if (new Set(listed).size < list.length || listed.some((item) => item === 0 || histories[row].includes(item)))
      largest = Number.POSITIVE_INFINITY;
    list.forEach(({ score }, i) => {
      compare(scores[row * k + i], score);
      compare(all[row * (ids.length + 1) + listed[i]], score);
    });
  });
  return largest;
};
