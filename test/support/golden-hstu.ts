import { historyBatch, itemIds, type SequenceBatch } from '@recsys/data';
import { HSTU, type HSTUOptions } from '@recsys/hstu';
import { encodeNewest, scoreItems } from '@recsys/model';
import { crossEntropy } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { assignGolden, compareTraining, comparison, type GoldenAdam, type NestedRecord } from './golden.ts';

/** A golden file of HSTU: a small model, some sequences with their times, and the results of a reference implementation in float64. */
export interface HstuGolden {
  name: string;
  config: {
    wiring: 'hstu';
    numItems: number;
    maxLen: number;
    hiddenUnits: number;
    numBlocks: number;
    numHeads: number;
    attentionUnits: number;
    linearUnits: number;
    normEpsilon: number;
    temperature: number;
    timeBias: boolean;
  };
  sequences: { items: number[]; targets: number[]; times: number[]; queryTimes: number[] }[];
  weights: NestedRecord;
  expected: {
    /** Before states are made as long as the temperature says. */
    hidden: number[][][];
    newestScoresAllItems: number[][];
    loss: number;
    gradients: NestedRecord;
    adam: GoldenAdam;
  };
}

/** Returns the largest absolute error of our results on the current backend, for each quantity of a golden file. */
export const hstuGoldenErrors = (golden: HstuGolden): Map<string, number> => {
  const { errors, compare } = comparison(golden.name);
  const { config, expected } = golden;
  const { numItems, maxLen, wiring: _, ...options } = config;
  const newModel = (similarity: HSTUOptions['similarity']) => {
    const catalog = itemIds(Array.from({ length: numItems }, (_, i) => i + 1));
    const model = new HSTU({ ...options, catalog, maxLength: maxLen, similarity, dropoutRate: 0 });
    assignGolden(golden.name, model, golden.weights);
    return model;
  };
  const batch = packed(golden);
  const plain = newModel('dot'); // whose states are as they leave the last block
  const hidden = plain.encode(batch, { training: false, step: 0 });
  compare('hidden', hidden.dataSync(), expected.hidden.flat(2));
  plain.dispose();

  const model = newModel('cosine');
  const newest = encodeNewest(model, batch);
  const scores = tf.tidy(() => tf.slice(scoreItems(model, newest), [0, 1], [-1, -1]));
  compare('newestScoresAllItems', scores.dataSync(), expected.newestScoresAllItems.flat());
  tf.dispose([hidden, newest, scores]);
  compareTraining(model, batch, crossEntropy(), expected, compare);
  model.dispose();
  return errors;
};

const packed = ({ sequences, config }: HstuGolden): SequenceBatch => ({
  ...historyBatch(
    sequences.map(({ items }) => Int32Array.from(items)),
    {
      maxLength: config.maxLen,
      times: {
        times: sequences.map(({ times }) => Float64Array.from(times)),
        at: sequences.map(({ queryTimes }) => queryTimes.at(-1)!),
      },
    },
  ),
  targets: Int32Array.from(sequences.flatMap(({ targets }) => targets)),
});
