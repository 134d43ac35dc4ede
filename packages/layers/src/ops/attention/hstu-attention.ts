import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions, LayerError } from '../../errors.js';
import { silu } from '../activations/silu.js';
import { hasFused, runFused } from '../fused.js';
import { gatherRows, scatterRows } from '../rows.js';
import { withGradient } from '../with-gradient.js';
import { newestRows } from './causal-attention.js';
import { joinHeads, splitHeads } from './heads.js';
import { groupByLength, type LengthGroup } from './length-groups.js';
import type { TimeBuckets } from './time-buckets.js';

/** What is added to the score of a query and a key. */
export interface AttentionBiases {
  /** float32 `[maxLength]`, by the distance of the tokens, 0 for the token itself; borrowed. */
  readonly position: tf.Tensor1D;
  /** float32 `[129]`, by the time between the query and the key, and which bucket each time is in; borrowed. Default none. */
  readonly time?: { readonly bias: tf.Tensor1D; readonly buckets: TimeBuckets } | undefined;
}

export interface HstuAttentionOptions {
  /** Number of heads, a divisor of the width of query and key, and of that of value. */
  numHeads: number;
  biases: AttentionBiases;
}

/**
 * Returns the attention of HSTU, in which token i of a sequence attends to tokens 0 .. i of the same sequence without a
 * softmax (Zhai et al. 2024, equation 2): o_i = sum over j of SiLU(q_i · k_j + biases) / maxLength · v_j, for each head.
 * Scores are not scaled. `maxLength` is the number of position biases, not the length of the sequence.
 *
 * Shapes: N tokens, H heads, A units of query and key per head, L units of value per head.
 *
 * @param query float32 `[N, H · A]`, the heads one after another, borrowed.
 * @param key float32 `[N, H · A]`, borrowed.
 * @param value float32 `[N, H · L]`, borrowed.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`.
 * @returns float32 `[N, H · L]`; owned by the caller. Its gradient reaches query, key, value and both biases.
 * @throws {LayerError} if an option is unknown, or a sequence is longer than the position bias.
 * @example
 * const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal<tf.Rank.R2>([5, 4], 0, 1, 'float32', seed));
 * const offsets = Int32Array.of(0, 3, 5); // two sequences, of 3 and 2 tokens
 * hstuAttention(q, k, v, offsets, { numHeads: 2, biases: { position: tf.zeros([3]) } }); // [5, 4]
 */
export const hstuAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  options: HstuAttentionOptions,
): tf.Tensor2D => {
  const { numHeads, biases } = checked('hstuAttention', offsets, options);
  if (!hasFused('RecsysHstuAttention')) return composedHstuAttention(query, key, value, offsets, options);
  const { position: positionBias, time } = biases;
  const timeBias = time?.bias;
  const attributes = { offsets, numHeads, time: time?.buckets };
  return withGradient<tf.Tensor2D>([query, key, value, positionBias, ...(timeBias ? [timeBias] : [])], (save) => {
    save([query, key, value, positionBias, ...(timeBias ? [timeBias] : [])]);
    return {
      value: runFused('RecsysHstuAttention', { query, key, value, positionBias, timeBias }, attributes),
      gradient: (dy, [query, key, value, positionBias, timeBias]) =>
        runFused('RecsysHstuAttentionGrad', { query, key, value, positionBias, timeBias, dy }, attributes),
    };
  });
};

/**
 * Returns the attention of HSTU at the newest token of each sequence: the rows `offsets[b + 1] - 1` of `hstuAttention`, at
 * the cost of one query per sequence. For inference: no gradient.
 *
 * @param query float32 `[size, H · A]`, queries of the newest tokens, borrowed.
 * @param key float32 `[N, H · A]`, borrowed.
 * @param value float32 `[N, H · L]`, borrowed.
 * @returns float32 `[size, H · L]`, owned by the caller.
 * @throws {LayerError} as `hstuAttention`, or if a gradient is computed through it.
 * @example
 * const newest = gatherRows(q, newestRows(offsets));
 * newestHstuAttention(newest, k, v, offsets, { numHeads: 2, biases: { position: tf.zeros([3]) } }); // [2, 4]
 */
export const newestHstuAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  options: HstuAttentionOptions,
): tf.Tensor2D => {
  const { numHeads, biases } = checked('newestHstuAttention', offsets, options);
  const { position: positionBias, time } = biases;
  if (hasFused('RecsysNewestHstuAttention')) {
    const inputs = { query, key, value, positionBias, timeBias: time?.bias };
    return withGradient<tf.Tensor2D>([query, key, value], () => ({
      value: runFused('RecsysNewestHstuAttention', inputs, { offsets, numHeads, time: time?.buckets }),
      gradient: () => {
        throw new LayerError(
          'no-gradient',
          'newestHstuAttention: is for inference and has no gradient; use hstuAttention',
        );
      },
    }));
  }
  return tf.tidy(() => {
    const newest = newestRows(offsets);
    const queries = scatterRows(query, newest, key.shape[0]);
    return gatherRows(composedHstuAttention(queries, key, value, offsets, options), newest);
  });
};

const checked = (where: string, offsets: Int32Array, options: HstuAttentionOptions): HstuAttentionOptions => {
  assertKnownOptions(where, options, ['numHeads', 'biases']);
  const longest = offsets.reduce((most, end, b) => (b === 0 ? 0 : Math.max(most, end - offsets[b - 1])), 0);
  const [maxLength] = options.biases.position.shape;
  if (longest > maxLength)
    throw new LayerError('bad-input', `${where}: a sequence has ${longest} tokens, the position bias ${maxLength}`);
  return options;
};

/** `hstuAttention` composed of tfjs ops, on groups of sequences of similar length, padded. */
const composedHstuAttention = (
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  offsets: Int32Array,
  { numHeads, biases }: HstuAttentionOptions,
): tf.Tensor2D =>
  tf.tidy(() => {
    const groups = groupByLength(offsets);
    const [maxLength] = biases.position.shape;
    const outputs = groups.map((group) => {
      const scores = tf.matMul(splitHeads(query, group, numHeads), splitHeads(key, group, numHeads), false, true);
      const weights = tf.mul(
        silu(tf.add(scores, biasesOf(group, offsets, biases))),
        visible(group.time, 1 / maxLength),
      );
      return joinHeads(tf.matMul(weights, splitHeads(value, group, numHeads)) as tf.Tensor4D, group);
    });
    // Restore the order of tokens in the batch.
    const order = tf.tensor1d(
      groups.flatMap((group) => [...group.tokens]),
      'int32',
    );
    return scatterRows(outputs.length === 1 ? outputs[0] : tf.concat(outputs, 0), order, query.shape[0]);
  });

/** Returns the biases of a group, `[T, T]`, or `[B, 1, T, T]` with times; those of later keys do not matter. */
const biasesOf = (group: LengthGroup, offsets: Int32Array, { position, time }: AttentionBiases): tf.Tensor => {
  const { time: length, sequences } = group;
  const distances = Int32Array.from({ length: length ** 2 }, (_, i) =>
    Math.max(0, Math.floor(i / length) - (i % length)),
  );
  const byPosition = tf.reshape(chosen(position, distances), [length, length]);
  if (time === undefined) return byPosition;
  const { buckets, starts } = time.buckets;
  const places = new Int32Array(sequences.length * length ** 2);
  sequences.forEach((sequence, row) => {
    let at = starts[sequence];
    const tokens = offsets[sequence + 1] - offsets[sequence];
    for (let i = 0; i < tokens; i++)
      for (let j = 0; j <= i; j++) places[(row * length + i) * length + j] = buckets[at++];
  });
  return tf.add(byPosition, tf.reshape(chosen(time.bias, places), [sequences.length, 1, length, length]));
};

/** Returns elements of a vector, `[n, 1]`. */
const chosen = (vector: tf.Tensor1D, places: Int32Array): tf.Tensor2D =>
  gatherRows(tf.reshape(vector, [-1, 1]), tf.tensor1d(places, 'int32'));

/** Returns `[T, T]` with `value` where a key is at or before the query, else 0. */
const visible = (time: number, value: number): tf.Tensor2D => {
  const mask = new Float32Array(time * time);
  for (let query = 0; query < time; query++) mask.fill(value, query * time, query * time + query + 1);
  return tf.tensor2d(mask, [time, time]);
};
