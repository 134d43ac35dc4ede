import * as tf from '@tensorflow/tfjs-core';

/** What an op with a gradient of its own computes: its value, and from the gradient of the value those of its inputs. */
export interface ValueAndGradient<T extends tf.Tensor> {
  value: T;
  /** Gradients of the inputs, in order. `saved` are the tensors handed to `save`, in order. */
  gradient: (dy: T, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * Returns the value of an op whose gradient is given, not taped: one node on the tape, and only what is saved is kept. First order only.
 *
 * @param inputs the tensors to differentiate by, borrowed.
 * @param forward computes the value; `save` keeps what the gradient needs.
 * @example
 * const square = (x: tf.Tensor) =>
 *   withGradient([x], (save) => {
 *     save([x]);
 *     return { value: tf.square(x), gradient: (dy, [x]) => [tf.mul(dy, tf.mul(x, 2))] };
 *   });
 */
export const withGradient = <T extends tf.Tensor>(
  inputs: tf.Tensor[],
  forward: (save: tf.GradSaveFunc) => ValueAndGradient<T>,
): T =>
  tf.customGrad((...inputsAndSave) => {
    const { value, gradient } = forward(inputsAndSave.at(-1) as tf.GradSaveFunc);
    return { value: value as tf.Tensor, gradFunc: (dy, saved) => gradient(dy as T, saved) };
  })(...inputs) as T;
