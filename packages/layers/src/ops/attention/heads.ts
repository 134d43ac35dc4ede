import * as tf from '@tensorflow/tfjs-core';
import { gatherRows, scatterRows } from '../rows.js';
import type { LengthGroup } from './length-groups.js';

/** Returns the group's tokens as a dense batch split into heads, `[B, H, T, D]`; sequences start at time 0. */
export const splitHeads = (packed: tf.Tensor2D, group: LengthGroup, numHeads: number): tf.Tensor4D => {
  const units = packed.shape[1];
  const size = group.sequences.length;
  const rows = gatherRows(packed, tf.tensor1d(group.tokens, 'int32'));
  const padded = scatterRows(rows, tf.tensor1d(group.slots, 'int32'), size * group.time);
  return tf.transpose(tf.reshape(padded, [size, group.time, numHeads, units / numHeads]), [0, 2, 1, 3]);
};

/** Returns the group's packed tokens, `[tokens of the group, U]`. */
export const joinHeads = (attended: tf.Tensor4D, group: LengthGroup): tf.Tensor2D => {
  const [size, heads, time, perHead] = attended.shape;
  const rows = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [size * time, heads * perHead]) as tf.Tensor2D;
  return gatherRows(rows, tf.tensor1d(group.slots, 'int32'));
};
