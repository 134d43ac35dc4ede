import type * as tf from '@tensorflow/tfjs-core';
import { gelu } from './gelu.js';
import { silu } from './silu.js';

/**
 * What a feed-forward network has between its dense layers:
 * - `relu`, of the paper of SASRec: max(0, x).
 * - `gelu`: x · Φ(x), with the distribution function of the normal distribution (Hendrycks & Gimpel 2016), not an approximation of it.
 * - `silu`: x · sigmoid(x) (Elfwing et al. 2018, equation 3).
 * - `swiglu`: SiLU(x·W) times x·V, element by element, with a third kernel V and no biases (Shazeer 2020, equation 6).
 */
export type Activation = 'relu' | 'gelu' | 'silu' | 'swiglu';

/** Names of the activations. */
export const activationNames: readonly Activation[] = ['relu', 'gelu', 'silu', 'swiglu'];

/** The activations that `dense` does not have, as functions of one tensor. */
export const activations = {
  gelu: (x: tf.Tensor2D): tf.Tensor2D => gelu(x),
  silu: (x: tf.Tensor2D): tf.Tensor2D => silu(x),
};
