import type { SequenceBatch } from '@recsys/data';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { binaryCrossEntropy, withEmbeddingL2 } from './losses.js';
import { LastItemModel, letters, useCpuBackend, weightsOf } from './test-support.js';

await useCpuBackend();

const softplus = (x: number) => Math.log1p(Math.exp(x));

const batch: SequenceBatch = {
  size: 1,
  offsets: Int32Array.of(0, 2),
  items: Int32Array.of(1, 2),
  positions: Int32Array.of(0, 1),
  targets: Int32Array.of(2, 3),
  negatives: Int32Array.of(4, 1, 4, 4),
  numNegatives: 2,
};

describe('binaryCrossEntropy', () => {
  it('is the mean over tokens of the target term plus the sum of the negative terms', () => {
    const model = new LastItemModel({ items: letters(4), units: 3 });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const [h, v] = [hidden.arraySync(), model.itemVectors().arraySync()];
    const score = (token: number, item: number) => h[token]!.reduce((sum, x, i) => sum + x * v[item]![i]!, 0);
    const expected =
      (softplus(-score(0, 2)) +
        softplus(score(0, 4)) +
        softplus(score(0, 1)) +
        softplus(-score(1, 3)) +
        2 * softplus(score(1, 4))) /
      2;
    const loss = binaryCrossEntropy({ numNegatives: 2 }).compute(model, hidden, batch).dataSync()[0]!;
    expect(loss).toBeCloseTo(expected, 5);
  });

  it('uses the scores of a model that has its own', () => {
    const model = Object.assign(new LastItemModel({ items: letters(4) }), {
      scores: (_hidden: tf.Tensor2D, items?: tf.Tensor2D) => tf.ones<tf.Rank.R2>(items!.shape),
    });
    const loss = binaryCrossEntropy({ numNegatives: 2 })
      .compute(model, tf.zeros([2, 16]), batch)
      .dataSync()[0]!;
    expect(loss).toBeCloseTo(softplus(-1) + 2 * softplus(1), 5);
  });

  it('refuses less than one negative', () => {
    expect(() => binaryCrossEntropy({ numNegatives: 0 })).toThrow('numNegatives must be an integer >= 1, got 0');
  });
});

describe('withEmbeddingL2', () => {
  it('adds half the weight times the squares of the embedding tables', () => {
    const model = new LastItemModel({ items: letters(4) });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const plain = binaryCrossEntropy({ numNegatives: 2 });
    const squares = weightsOf(model).reduce((sum, w) => sum + w * w, 0);
    const [with_, without] = [withEmbeddingL2(plain, 0.1), plain].map(
      (loss) => loss.compute(model, hidden, batch).dataSync()[0]!,
    );
    expect(with_! - without!).toBeCloseTo((0.1 / 2) * squares, 4);
    expect(withEmbeddingL2(plain, 0)).toBe(plain);
  });
});
