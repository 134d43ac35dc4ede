import * as tf from '@tensorflow/tfjs-core';

/** Returns rows scaled to length 1, so that their products are cosines; a row of zeros stays. Float32 `[rows, units]`, inside `tf.tidy`. */
export const unitRows = (vectors: tf.Tensor2D): tf.Tensor2D =>
  tf.div(vectors, tf.maximum(tf.norm(vectors, 2, 1, true), 1e-12)) as tf.Tensor2D;
