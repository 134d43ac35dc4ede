import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions, LayerError } from '../../errors.js';
import { childKey, type DropoutMask, maskAttributes, randomBits } from '../dropout-random.js';
import { hasFused, runFused } from '../fused.js';
import { gatherRows, scatterRows } from '../rows.js';
import { withGradient } from '../with-gradient.js';
import { joinHeads, splitHeads } from './heads.js';
import { groupByLength, type LengthGroup } from './length-groups.js';

const noDropout: DropoutMask = { rate: 0, key: 0 };

export interface CausalAttentionOptions {
  /** Number of heads, a divisor of the width of query, key and value. */
  numHeads: number;
  /** Dropout mask of the attention weights. Default none. */
  dropout?: DropoutMask | undefined;
}

/**
 * Returns multi-head scaled dot-product attention in which token i of a sequence attends to tokens 0 .. i of the same
 * sequence (Vaswani et al. 2017, equation 1; Kang & McAuley 2018, equation 2 and "Causality").
 *
 * Shapes: N tokens, U units, H heads, D = U / H units per head, T length of the longest sequence of a group, B
 * sequences of a group.
 *
 * @param query float32 `[N, U]`, borrowed.
 * @param key float32 `[N, U]`, borrowed.
 * @param value float32 `[N, U]`, borrowed.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`.
 * @returns float32 `[N, U]`, the heads concatenated; owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal<tf.Rank.R2>([5, 4], 0, 1, 'float32', seed));
 * const offsets = Int32Array.of(0, 3, 5); // two sequences, of 3 and 2 tokens
 * const attended = causalAttention(q, k, v, offsets, { numHeads: 2 }); // [5, 4]
 */
export const causalAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  options: CausalAttentionOptions,
): tf.Tensor2D => {
  assertKnownOptions('causalAttention', options, ['numHeads', 'dropout']);
  if (!hasFused('RecsysCausalAttention')) return composedCausalAttention(query, key, value, offsets, options);
  const { numHeads, dropout = noDropout } = options;
  const attributes = { offsets, numHeads, ...maskAttributes(dropout) };
  return withGradient<tf.Tensor2D>([query, key, value], (save) => {
    const outputs = runFused<tf.Tensor[]>('RecsysCausalAttention', { query, key, value }, attributes);
    const [attended, logSums] = outputs as [tf.Tensor2D, tf.Tensor2D];
    save([query, key, value, attended, logSums]);
    return {
      value: attended,
      gradient: (dy, [query, key, value, attended, logSums]) =>
        runFused('RecsysCausalAttentionGrad', { query, key, value, attended, logSums, dy }, attributes),
    };
  });
};

/** `causalAttention` composed of tfjs ops, on groups of sequences of similar length, padded. */
const composedCausalAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  { numHeads, dropout = noDropout }: CausalAttentionOptions,
): tf.Tensor2D =>
  tf.tidy(() => {
    const groups = groupByLength(offsets);
    const outputs = groups.map((group) => {
      let weights: tf.Tensor4D = groupWeights(query, key, group, numHeads); // [B, H, T, T]
      if (dropout.rate > 0) weights = tf.mul<tf.Tensor4D>(weights, dropoutMask(group, offsets, numHeads, dropout));
      const attended = tf.matMul(weights, splitHeads(value, group, numHeads)) as tf.Tensor4D; // [B, H, T, D]
      return joinHeads(attended, group);
    });
    // Restore the order of tokens in the batch.
    const order = tf.tensor1d(concatenate(groups.map((group) => group.tokens)), 'int32');
    return scatterRows(outputs.length === 1 ? outputs[0] : tf.concat(outputs, 0), order, query.shape[0]);
  });

/**
 * Returns attention at the newest token of each sequence: the rows `offsets[b + 1] - 1` of `causalAttention`, at the
 * cost of one query per sequence. For inference: no dropout, no gradient.
 *
 * @param query float32 `[size, U]`, queries of the newest tokens, borrowed.
 * @param key float32 `[N, U]`, borrowed.
 * @param value float32 `[N, U]`, borrowed.
 * @returns float32 `[size, U]`, owned by the caller.
 * @throws {LayerError} if an option is unknown, or a gradient is computed through it.
 * @example
 * const newest = gatherRows(q, newestRows(offsets));
 * const attended = newestAttention(newest, k, v, offsets, { numHeads: 2 }); // [2, units] for two sequences
 */
export const newestAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  options: { numHeads: number },
): tf.Tensor2D => {
  assertKnownOptions('newestAttention', options, ['numHeads']);
  const { numHeads } = options;
  if (hasFused('RecsysNewestAttention')) {
    const attributes = { offsets, numHeads };
    return withGradient<tf.Tensor2D>([query, key, value], () => ({
      value: runFused('RecsysNewestAttention', { query, key, value }, attributes),
      gradient: () => {
        throw new LayerError(
          'no-gradient',
          'newestAttention: is for inference and has no gradient; use causalAttention',
        );
      },
    }));
  }
  return tf.tidy(() => {
    const newest = newestRows(offsets);
    const queries = scatterRows(query, newest, key.shape[0]);
    return gatherRows(composedCausalAttention(queries, key, value, offsets, { numHeads }), newest);
  });
};

/**
 * Returns the row of each sequence's newest token, int32 `[size]`, owned by the caller.
 *
 * @param offsets `[size + 1]`; no sequence may be empty.
 * @example
 * newestRows(Int32Array.of(0, 3, 5)); // [2, 4]
 */
export const newestRows = (offsets: Int32Array): tf.Tensor1D =>
  tf.tensor1d(
    offsets.subarray(1).map((end) => end - 1),
    'int32',
  );

/**
 * Returns the attention weights of each sequence, before dropout, for plotting.
 *
 * @param query float32 `[N, U]`, borrowed.
 * @param key float32 `[N, U]`, borrowed.
 * @returns for each sequence, float32 `[H, length, length]`: row i has the weights of keys 0 .. i, which sum to 1;
 * owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * const [first] = causalAttentionWeights(q, k, Int32Array.of(0, 3, 5), { numHeads: 2 }); // [2, 3, 3], for 3 tokens
 */
export const causalAttentionWeights = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  offsets: Int32Array,
  options: { numHeads: number },
): tf.Tensor3D[] => {
  assertKnownOptions('causalAttentionWeights', options, ['numHeads']);
  const { numHeads } = options;
  return tf.tidy(() => {
    const perSequence: tf.Tensor3D[] = [];
    for (const group of groupByLength(offsets)) {
      const weights = groupWeights(query, key, group, numHeads);
      group.sequences.forEach((sequence, row) => {
        const length = offsets[sequence + 1] - offsets[sequence];
        perSequence[sequence] = tf.reshape(tf.slice(weights, [row, 0, 0, 0], [1, numHeads, length, length]), [
          numHeads,
          length,
          length,
        ]);
      });
    }
    return perSequence;
  });
};

/** Returns softmax(Q Kᵀ / sqrt(D)) over the keys up to each query, `[B, H, T, T]`. */
const groupWeights = (query: tf.Tensor2D, key: tf.Tensor2D, group: LengthGroup, numHeads: number): tf.Tensor4D => {
  const scale = 1 / Math.sqrt(query.shape[1] / numHeads);
  const scores = tf.matMul(
    splitHeads(tf.mul(query, scale), group, numHeads),
    splitHeads(key, group, numHeads),
    false,
    true,
  );
  return tf.softmax(tf.add(scores, causalMask(group.time)) as tf.Tensor4D);
};

/**
 * Returns `[T, T]` with 0 where a key is at or before the query and -1e9 after. Padding comes last, so real queries do
 * not attend to it.
 */
const causalMask = (time: number): tf.Tensor2D => {
  const mask = new Float32Array(time * time);
  for (let query = 0; query < time; query++) mask.fill(-1e9, query * time + query + 1, (query + 1) * time);
  return tf.tensor2d(mask, [time, time]);
};

/**
 * Returns the scaled dropout mask `[B, H, T, T]`. An element depends on the token's index in the batch, the head and
 * the time of the key, and not on how sequences are grouped.
 */
const dropoutMask = (group: LengthGroup, offsets: Int32Array, numHeads: number, dropout: DropoutMask): tf.Tensor4D => {
  const { key: maskKey, threshold, keptScale } = maskAttributes(dropout);
  const { time, sequences } = group;
  const mask = new Float32Array(sequences.length * numHeads * time * time);
  sequences.forEach((sequence, row) => {
    const start = offsets[sequence];
    const length = offsets[sequence + 1] - start;
    for (let head = 0; head < numHeads; head++) {
      for (let query = 0; query < length; query++) {
        const rowKey = childKey(maskKey, (start + query) * numHeads + head);
        const base = ((row * numHeads + head) * time + query) * time;
        for (let key = 0; key <= query; key++) mask[base + key] = randomBits(rowKey, key) >= threshold ? keptScale : 0;
      }
    }
  });
  return tf.tensor4d(mask, [sequences.length, numHeads, time, time]);
};

const concatenate = (arrays: readonly Int32Array[]): Int32Array => {
  const joined = new Int32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
};
