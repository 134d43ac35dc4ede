import * as tf from '@tensorflow/tfjs-core';
import { LayerError } from '../errors.js';
import { assertOffsets } from './assert-offsets.js';
import { gatherRows, scatterRows } from './rows.js';

/** Returns the length of the longest sequence. */
const longest = (offsets: Int32Array): number => {
  let time = 0;
  for (let b = 1; b < offsets.length; b++) time = Math.max(time, offsets[b] - offsets[b - 1]);
  return time;
};

/** Returns, for each token, its row in a `[size * time]` layout where every sequence starts at time 0. */
const slotsOf = (offsets: Int32Array, time: number): Int32Array => {
  const slots = new Int32Array(offsets[offsets.length - 1]);
  for (let b = 0; b + 1 < offsets.length; b++) {
    for (let t = offsets[b]; t < offsets[b + 1]; t++) slots[t] = b * time + (t - offsets[b]);
  }
  return slots;
};

/**
 * Returns packed tokens as a dense batch, for layers such as a GRU: sequence `b` has times 0 .. length - 1,
 * and the rest is 0. Differentiable; `packSequences` is its inverse.
 *
 * @param packed float32 `[tokens, units]`, borrowed.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`.
 * @returns float32 `[size, time, units]`, where `time` is the length of the longest sequence; owned by the caller.
 * @throws {LayerError} if the offsets do not match the tokens.
 * @example
 * padSequences(tf.tensor2d([[1], [2], [3]]), Int32Array.of(0, 1, 3)); // [2, 2, 1]: [[[1], [0]], [[2], [3]]]
 */
export const padSequences = (packed: tf.Tensor2D, offsets: Int32Array): tf.Tensor3D => {
  assertOffsets('padSequences', offsets, packed.shape[0]);
  return tf.tidy(() => {
    const size = offsets.length - 1;
    const time = longest(offsets);
    const slots = tf.tensor1d(slotsOf(offsets, time), 'int32');
    return tf.reshape(scatterRows(packed, slots, size * time), [size, time, packed.shape[1]]);
  });
};

/**
 * Returns the tokens of a dense batch laid out as `padSequences` does, without the padding. Differentiable.
 *
 * @param padded float32 `[size, time, units]`, borrowed.
 * @param offsets `[size + 1]`, as in `padSequences`.
 * @returns float32 `[tokens, units]`, owned by the caller.
 * @throws {LayerError} if the offsets do not match the batch.
 * @example
 * packSequences(tf.tensor3d([[[1], [0]], [[2], [3]]]), Int32Array.of(0, 1, 3)); // [3, 1]: [[1], [2], [3]]
 */
export const packSequences = (padded: tf.Tensor3D, offsets: Int32Array): tf.Tensor2D => {
  const [size, time, units] = padded.shape;
  assertOffsets('packSequences', offsets, offsets[offsets.length - 1] ?? 0);
  if (offsets.length !== size + 1 || longest(offsets) > time) {
    throw new LayerError(
      'bad-input',
      `packSequences: offsets of ${offsets.length - 1} sequences of up to ${longest(offsets)} tokens do not fit a batch of [${padded.shape}]`,
    );
  }
  return tf.tidy(() =>
    gatherRows(tf.reshape(padded, [size * time, units]), tf.tensor1d(slotsOf(offsets, time), 'int32')),
  );
};
