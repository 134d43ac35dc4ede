import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from './rows.js';

/**
 * Returns the score of each token's own candidates: `logits[t, c] = hidden[t] · table[candidates[t, c]]` (Kang & McAuley 2018,
 * equation 5, for a few items in place of all).
 *
 * @param hidden float32 `[tokens, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param candidates int32 `[tokens, count]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[tokens, count]`, owned by the caller.
 */
export const pairwiseLogits = (hidden: tf.Tensor2D, table: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    const [tokens, count] = candidates.shape;
    const units = hidden.shape[1];
    const vectors = tf.reshape(gatherRows(table, tf.reshape(candidates, [-1])), [tokens, count, units]);
    return tf.sum(tf.mul(vectors, tf.expandDims(hidden, 1)), 2) as tf.Tensor2D;
  });
