import { itemIds, type SequenceBatch } from '@recsys/data';
import type { Wiring } from '@recsys/layers';
import { scoreItems } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { binaryCrossEntropy } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import {
  assignGolden,
  compareTraining,
  comparison,
  type GoldenAdam,
  type NestedRecord,
  newestStates,
} from './golden.ts';

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
    adam: GoldenAdam;
  };
}

/** Returns the largest absolute error of our results on the current backend, for each quantity of a golden file. */
export const goldenErrors = (golden: Golden): Map<string, number> => {
  const { errors, compare } = comparison(golden.name);
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
  assignGolden(golden.name, model, golden.weights);

  const batch = packGolden(golden);
  const hidden = model.encode(batch, { training: false, step: 0 });
  compare('hidden', hidden.dataSync(), realTokens(golden, expected.hidden).flat());
  const logits = (items: Int32Array) =>
    tf.tidy(() => scoreItems(model, hidden, tf.tensor2d(items, [items.length, 1], 'int32')).dataSync());
  compare('positiveLogits', logits(batch.targets), realTokens(golden, expected.positiveLogits));
  compare('negativeLogits', logits(batch.negatives), realTokens(golden, expected.negativeLogits));
  const newest = newestStates(hidden, batch.offsets);
  const scores = tf.tidy(() => tf.slice(scoreItems(model, newest), [0, 1], [-1, -1]));
  compare('lastScoresAllItems', scores.dataSync(), expected.lastScoresAllItems.flat());
  tf.dispose([hidden, newest, scores]);

  compareTraining(model, batch, binaryCrossEntropy(), expected, compare);
  model.dispose();
  return errors;
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
