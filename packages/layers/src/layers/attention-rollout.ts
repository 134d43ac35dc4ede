import * as tf from '@tensorflow/tfjs-core';
import { LayerError } from '../errors.js';

/**
 * Returns attention rollout (Abnar & Zuidema 2020, section 3): how much of the state of each token comes from each token before it, if attention
 * only mixes the tokens. With A_l the weights of block l, averaged over its heads, it is the product of (A_l + I) / 2 over the blocks, where I
 * stands for the residual connection; without residuals, of A_l.
 *
 * It knows nothing of what the values, layer norms and feed-forward networks do to the states, so it is a rough guide, not a cause.
 *
 * @param weights of each block, first to last: float32 `[numHeads, length, length]` with rows that sum to 1, for one sequence, as
 *   `TransformerBlock.attentionWeights` returns it; borrowed.
 * @param options.residuals whether the blocks have residual connections. Default true.
 * @returns float32 `[length, length]`; row i has the shares of tokens 0 .. i in the state of token i, which sum to 1. Owned by the caller.
 * @throws {LayerError} `bad-input` on no blocks, or blocks of different lengths.
 * @example
 * attentionRollout([tf.tensor3d([[[1, 0], [0.6, 0.4]]])]); // [[1, 0], [0.3, 0.7]]
 */
export const attentionRollout = (
  weights: readonly tf.Tensor3D[],
  { residuals = true }: { residuals?: boolean | undefined } = {},
): tf.Tensor2D => {
  const length = weights[0]?.shape[1];
  if (weights.length === 0 || weights.some(({ shape }) => shape[1] !== length || shape[2] !== length))
    throw new LayerError(
      'bad-input',
      `attentionRollout: needs the weights of one block or more, each [numHeads, length, length], got ${
        weights.length === 0 ? 'none' : weights.map(({ shape }) => `[${shape}]`).join(', ')
      }`,
    );
  return tf.tidy(() => {
    const identity = tf.eye(length);
    const mixes = weights.map((block) => {
      const mean: tf.Tensor2D = tf.mean(block, 0);
      return residuals ? (tf.mul(tf.add(mean, identity), 0.5) as tf.Tensor2D) : mean;
    });
    return mixes.reduce((below, mix) => tf.matMul(mix, below));
  });
};
