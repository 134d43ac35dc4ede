import {
  countItems,
  itemIds,
  leaveOneOut,
  type SequenceBatch,
  simulateInteractions,
  toSequences,
  trainBatches,
} from '@recsys/data';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { LastItemModel, letters, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { bayesianPersonalizedRanking } from './bayesian-personalized-ranking.js';
import { binaryCrossEntropy, gbceBeta, gbceScore, generalizedBinaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy, sharedCrossEntropy } from './cross-entropy.js';
import { withEmbeddingL2 } from './embedding-l2.js';
import type { Loss } from './loss.js';
import { sampledSoftmax } from './sampled-softmax.js';

await useTestBackend();

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
    const model = new LastItemModel({ catalog: letters(4), units: 3 });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const [h, v] = [hidden.arraySync(), model.itemVectors().arraySync()];
    const score = (token: number, item: number) => h[token].reduce((sum, x, i) => sum + x * v[item][i], 0);
    const expected =
      (softplus(-score(0, 2)) +
        softplus(score(0, 4)) +
        softplus(score(0, 1)) +
        softplus(-score(1, 3)) +
        2 * softplus(score(1, 4))) /
      2;
    const loss = binaryCrossEntropy({ numNegatives: 2 }).compute(model, hidden, batch).dataSync()[0];
    expect(loss).toBeCloseTo(expected, 5);
  });

  it('uses the scores of a model that has its own', () => {
    const model = Object.assign(new LastItemModel({ catalog: letters(4) }), {
      scores: (_hidden: tf.Tensor2D, items?: tf.Tensor2D) => tf.ones<tf.Rank.R2>(items!.shape),
    });
    const loss = binaryCrossEntropy({ numNegatives: 2 })
      .compute(model, tf.zeros([2, 16]), batch)
      .dataSync()[0];
    expect(loss).toBeCloseTo(softplus(-1) + 2 * softplus(1), 5);
  });

  it('refuses less than one negative', () => {
    expect(() => binaryCrossEntropy({ numNegatives: 0 })).toThrow('numNegatives must be an integer >= 1, got 0');
  });
});

describe('withEmbeddingL2', () => {
  it('adds half the weight times the squares of the embedding tables', () => {
    const model = new LastItemModel({ catalog: letters(4) });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const plain = binaryCrossEntropy({ numNegatives: 2 });
    const squares = weightsOf(model).reduce((sum, w) => sum + w * w, 0);
    const [with_, without] = [withEmbeddingL2(plain, 0.1), plain].map(
      (loss) => loss.compute(model, hidden, batch).dataSync()[0],
    );
    expect(with_! - without!).toBeCloseTo((0.1 / 2) * squares, 4);
    expect(withEmbeddingL2(plain, 0)).toBe(plain);
  });
});

describe('each loss', () => {
  const numItems = 4;
  /** Scores of item 1 .. 4 for both tokens, targets and negatives of the batch above. */
  const targets = [2, 3];
  const negatives = [
    [4, 1],
    [4, 4],
  ];
  const mean = (
    f: (score: (item: number) => number, target: number, negatives: number[]) => number,
    scores: number[][],
  ) => (f((i) => scores[0][i], targets[0], negatives[0]) + f((i) => scores[1][i], targets[1], negatives[1])) / 2;
  const logSumExp = (values: number[]) => Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
  const beta = gbceBeta(2, numItems, 0.75);

  const cases: [Loss, Parameters<typeof mean>[0]][] = [
    [
      generalizedBinaryCrossEntropy({ numNegatives: 2 }),
      (s, t, n) => (beta * softplus(-s(t)) + n.reduce((sum, i) => sum + softplus(s(i)), 0)) / 3,
    ],
    [
      bayesianPersonalizedRanking({ numNegatives: 2 }),
      (s, t, n) => n.reduce((sum, i) => sum + softplus(s(i) - s(t)), 0) / 2,
    ],
    [
      sampledSoftmax({ numNegatives: 2 }),
      (s, t, n) => logSumExp([s(t), ...n.map((i) => s(i) + Math.log((numItems - 1) / 2))]) - s(t),
    ],
    [crossEntropy(), (s, t) => logSumExp([1, 2, 3, 4].map(s)) - s(t)],
    [
      sharedCrossEntropy({ numNegatives: 2, logQ: true }),
      (s, t) => logSumExp([s(t), ...negatives[0].map((i) => s(i) + Math.log((numItems - 1) / 2))]) - s(t),
    ],
    [sharedCrossEntropy({ numNegatives: 2 }), (s, t) => logSumExp([s(t), ...negatives[0].map(s)]) - s(t)],
  ];
  const batchOf = ({ sharedNegatives }: Loss) =>
    sharedNegatives ? { ...batch, negatives: batch.negatives.subarray(0, 2) } : batch;

  it.each(cases.map(([loss, f]) => [loss.name, loss, f] as const))('%s is its equation', (_, loss, f) => {
    const model = new LastItemModel({ catalog: letters(numItems), units: 3 });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const scores = tf.tidy(() => tf.matMul(hidden, model.itemVectors(), false, true).arraySync()) as number[][];
    expect(loss.compute(model, hidden, batchOf(loss)).dataSync()[0]).toBeCloseTo(mean(f, scores), 5);
  });

  it.each(cases.map(([loss]) => [loss.name, loss] as const))(
    '%s has the gradient that finite differences give',
    (_, loss) => {
      const model = new LastItemModel({ catalog: letters(numItems), units: 3 });
      const weights = model.trainableWeights().map(({ variable }) => variable);
      const value = () =>
        tf.tidy(() => loss.compute(model, model.encode(batch, { training: true, step: 0 }), batchOf(loss)));
      const before = tf.memory().numTensors;
      const { value: at, grads } = tf.variableGrads(value, weights);
      for (const weight of weights) {
        const gradient = grads[weight.name].dataSync();
        const values = weight.dataSync().slice();
        const moved = (i: number, by: number) => {
          const changed = values.map((v, j) => (j === i ? v + by : v));
          tf.tidy(() => weight.assign(tf.tensor(changed, weight.shape)));
          return tf.tidy(() => value().dataSync()[0]);
        };
        for (let i = 0; i < values.length; i++) {
          expect(gradient[i]).toBeCloseTo((moved(i, 1e-2) - moved(i, -1e-2)) / 2e-2, 3);
          moved(i, 0);
        }
      }
      tf.dispose([at, grads]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('crossEntropy', () => {
  it('works at 100,000 items, with no more than a block of scores at a time', () => {
    const numItems = 100_000;
    const tokens = 100;
    const model = new LastItemModel({ catalog: itemIds(Array.from({ length: numItems }, (_, i) => i)), units: 4 });
    const items = Int32Array.from({ length: tokens }, (_, t) => 1 + ((t * 997) % numItems));
    const large = {
      ...batch,
      offsets: Int32Array.of(0, tokens),
      items,
      targets: items.slice().reverse(),
      positions: items,
    };
    const hidden = tf.zeros<tf.Rank.R2>([tokens, 4]);
    let most = 0;
    const { value } = tf.variableGrads(
      () => {
        const loss = crossEntropy().compute(model, hidden, large);
        most = tf.memory().numBytes;
        return loss;
      },
      model.trainableWeights().map(({ variable }) => variable),
    );
    expect(value.dataSync()[0]).toBeCloseTo(Math.log(numItems), 3); // all scores are 0
    expect(most).toBeLessThan(tokens * numItems * 4);
  });

  it('refuses a model with scores of its own', () => {
    const model = Object.assign(new LastItemModel({ catalog: letters(4) }), {
      scores: () => tf.zeros<tf.Rank.R2>([1, 1]),
    });
    expect(() => crossEntropy().compute(model, tf.zeros([2, 16]), batch)).toThrow('score by dot products');
  });
});

describe('sharedCrossEntropy', () => {
  it('keeps the negatives of sequences apart', () => {
    const model = new LastItemModel({ catalog: letters(4), units: 3 });
    const loss = sharedCrossEntropy({ numNegatives: 2 });
    const hidden = model.encode(batch, { training: false, step: 0 });
    const two = { ...batch, size: 2, offsets: Int32Array.of(0, 1, 2) };
    const value = (given: SequenceBatch, states: tf.Tensor2D) => loss.compute(model, states, given).dataSync()[0];
    const alone = [0, 1].map((b) =>
      value(
        {
          ...batch,
          offsets: Int32Array.of(0, 1),
          targets: batch.targets.subarray(b, b + 1),
          negatives: batch.negatives.subarray(2 * b, 2 * b + 2),
        },
        tf.slice(hidden, [b, 0], [1, 3]),
      ),
    );
    expect(value(two, hidden)).toBeCloseTo((alone[0] + alone[1]) / 2, 5);
    expect(alone[0]).not.toBeCloseTo(alone[1], 3);
  });
});

describe('gBCE', () => {
  it('is BCE without calibration, and fully calibrated takes the power of the sampling rate', () => {
    expect(gbceBeta(10, 101, 0)).toBeCloseTo(1, 12);
    expect(gbceBeta(10, 101, 1)).toBeCloseTo(0.1, 12);
  });

  it('turns scores into ones whose sigmoid is the power, in float64', () => {
    for (const score of [-30, -3, 0, 2, 30]) {
      for (const beta of [1, 0.3, 0.01]) {
        expect(softplus(-gbceScore(score, beta)) / (beta * softplus(-score))).toBeCloseTo(1, 6);
      }
    }
  });

  it('refuses a calibration out of range', () => {
    expect(() => generalizedBinaryCrossEntropy({ calibration: 1.5 })).toThrow('calibration must be in 0..1, got 1.5');
  });
});

describe('sampledSoftmax with inBatch', () => {
  const { train } = leaveOneOut(
    toSequences(simulateInteractions({ seed: 1, users: 60, items: 12, meanLength: 5.5 }).interactions),
  );
  const numItems = train.catalog.ids.length;
  const counts = countItems(train);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const probability = (item: number) => (0.4 * counts[item]) / total + 0.6 / numItems;
  const loss = sampledSoftmax({ numNegatives: 5, inBatch: 0.4 }).forTraining!(train);
  const model = new LastItemModel({ catalog: train.catalog, units: 3 });
  const batchOf = (numNegatives: number): SequenceBatch =>
    [
      ...trainBatches(train, { maxLength: 4, seed: 1, epoch: 1, numNegatives, negativeSampler: loss.negativeSampler! }),
    ][0];

  /** Value and gradients by the weights of the model. */
  const gradientsOf = (compute: (hidden: tf.Tensor2D) => tf.Scalar, of: SequenceBatch): number[][] => {
    const { value, grads } = tf.variableGrads(() =>
      tf.tidy(() => compute(model.encode(of, { training: false, step: 0 }))),
    );
    return [[...value.dataSync()], ...Object.values(grads).map((gradient) => [...gradient.dataSync()])];
  };

  it('has the gradient of the corrected loss: the target is no negative, and its weight is 1 - P(target)', () => {
    const batch = batchOf(5);
    const [, ...gradients] = gradientsOf((hidden) => loss.compute(model, hidden, batch), batch);
    const [, ...expected] = gradientsOf((hidden) => {
      const tokens = batch.targets.length;
      const table = model.itemVectors();
      const ofTargets = tf.sum(tf.mul(hidden, tf.gather(table, batch.targets)), 1);
      const vectors = tf.gather(table, tf.tensor2d(batch.negatives, [tokens, 5], 'int32')); // [tokens, 5, 3]
      const scores = tf.sum(tf.mul(vectors, tf.expandDims(hidden, 1)), 2);
      const logs = Float32Array.from(batch.negatives, (item, i) =>
        Math.log(probability(item) / (1 - probability(batch.targets[Math.floor(i / 5)]))),
      );
      const corrected = tf.sub(scores, tf.tensor2d(logs, [tokens, 5]));
      const logSums = tf.logSumExp(corrected, 1);
      // P(target) with the mean of the samples in place of their sum
      const others = tf.exp(tf.sub(logSums, Math.log(5)));
      const weights = tf.tensor1d(tf.div(others, tf.add(others, tf.exp(ofTargets))).dataSync());
      return tf.mean(tf.mul(weights, tf.sub(logSums, ofTargets))) as tf.Scalar;
    }, batch);
    gradients.forEach((gradient, i) => {
      gradient.forEach((value, j) => {
        expect(value).toBeCloseTo(expected[i][j], 5);
      });
    });
  });

  it('comes to the softmax over all items but those of the user, with many negatives', () => {
    const batch = batchOf(20_000);
    const many = sampledSoftmax({ numNegatives: 20_000, inBatch: 0.4 }).forTraining!(train);
    const hidden = model.encode(batch, { training: false, step: 0 });
    const [h, v] = [hidden.arraySync(), model.itemVectors().arraySync()];
    const expected = h.map((row, token) => {
      const drawn = batch.negatives.subarray(token * 20_000, (token + 1) * 20_000);
      const allowed = [...new Set(drawn)]; // all items outside the sequence of the user
      const mass = allowed.reduce((sum, item) => sum + probability(item), 0);
      const target = batch.targets[token];
      const exp = (item: number) => Math.exp(row.reduce((sum, x, i) => sum + x * v[item][i], 0));
      // Samples come from the items that are allowed, so each stands for less than its probability says.
      const others = ((1 - probability(target)) / mass) * allowed.reduce((sum, item) => sum + exp(item), 0);
      return -Math.log(exp(target) / (exp(target) + others));
    });
    const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
    expect(many.compute(model, hidden, batch).dataSync()[0]).toBeCloseTo(mean, 2);
  });

  it('is as before without a share, keeps a penalty, and refuses what it cannot do', () => {
    expect(sampledSoftmax({ inBatch: 0 }).forTraining).toBeUndefined();
    const penalized = withEmbeddingL2(sampledSoftmax({ numNegatives: 5, inBatch: 0.4 }), 1).forTraining!(train);
    const batch = batchOf(5);
    const hidden = model.encode(batch, { training: false, step: 0 });
    const [plain, more] = [loss, penalized].map((loss) => loss.compute(model, hidden, batch).dataSync()[0]);
    expect(more).toBeGreaterThan(plain);
    expect(penalized.negativeSampler).toBeDefined();
    expect(() => sampledSoftmax({ inBatch: 1 })).toThrow('sampledSoftmax: inBatch must be in [0, 1), got 1');
    expect(() => sampledSoftmax({ inBatch: 0.5 }).compute(model, hidden, batch)).toThrow('compute forTraining');
  });
});
