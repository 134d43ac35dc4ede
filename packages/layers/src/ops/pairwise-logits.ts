import * as tf from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';
import { gatherRows } from './rows.js';
import { withGradient } from './with-gradient.js';

/**
 * Returns the scores of each token's candidates: `logits[t, c] = hidden[t] · table[candidates[t, c]]` (Kang & McAuley
 * 2018, equation 5, for some items instead of all).
 *
 * @param hidden float32 `[tokens, units]`, borrowed.
 * @param table float32 `[rows, units]`, borrowed.
 * @param candidates int32 `[tokens, count]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[tokens, count]`, owned by the caller.
 * @example
 * const [hidden, table] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0], [5, 6], [7, 8]])];
 * pairwiseLogits(hidden, table, tf.tensor2d([[2, 1]], [1, 2], 'int32')); // [[23, 17]]
 */
export const pairwiseLogits = (hidden: tf.Tensor2D, table: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D => {
  if (!hasFused('RecsysPairwiseLogits')) return composedPairwiseLogits(hidden, table, candidates);
  return withGradient<tf.Tensor2D>([hidden, table], (save) => {
    save([hidden, table, candidates]);
    return {
      value: runFused('RecsysPairwiseLogits', { hidden, table, candidates }),
      gradient: (dy, [hidden, table, candidates]) =>
        runFused<tf.Tensor[]>('RecsysPairwiseLogitsGrad', { dy, hidden, table, candidates }),
    };
  });
};

/** `pairwiseLogits` composed of tfjs ops. */
const composedPairwiseLogits = (hidden: tf.Tensor2D, table: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    const [tokens, count] = candidates.shape;
    const units = hidden.shape[1];
    const vectors = tf.reshape(gatherRows(table, tf.reshape(candidates, [-1])), [tokens, count, units]);
    return tf.sum(tf.mul(vectors, tf.expandDims(hidden, 1)), 2) as tf.Tensor2D;
  });
