import * as tf from '@tensorflow/tfjs-core';

/**
 * Result of an op with a custom gradient: its value, and a function from the gradient of the value to those of the
 * inputs.
 */
export interface ValueAndGradient<T extends tf.Tensor> {
  value: T;
  /** Gradients of the inputs, in order. `saved` are the tensors passed to `save`, in order. */
  gradient: (dy: T, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * Returns the value of an op with a custom gradient: one node on the tape, which keeps only what is saved. First-order
 * gradients only.
 *
 * @param inputs tensors to differentiate with respect to, borrowed.
 * @param forward computes the value; `save` keeps what the gradient needs. `isWanted` says whether there may be a gradient: outside of
 *   `tf.grad` and its like there is none, and what only the gradient needs need not be computed.
 * @example
 * const square = (x: tf.Tensor) =>
 *   withGradient([x], (save) => {
 *     save([x]);
 *     return { value: tf.square(x), gradient: (dy, [x]) => [tf.mul(dy, tf.mul(x, 2))] };
 *   });
 * tf.grad(square)(tf.tensor1d([3])); // [6]
 */
export const withGradient = <T extends tf.Tensor>(
  inputs: tf.Tensor[],
  forward: (save: tf.GradSaveFunc, isWanted: boolean) => ValueAndGradient<T>,
): T => {
  if (!tf.engine().isTapeOn()) return tf.tidy(() => forward(saveNothing, false).value);
  return tf.customGrad((...inputsAndSave) => {
    const { value, gradient } = forward(inputsAndSave.at(-1) as tf.GradSaveFunc, true);
    return { value: value as tf.Tensor, gradFunc: (dy, saved) => gradient(dy as T, saved) };
  })(...inputs) as T;
};

const saveNothing: tf.GradSaveFunc = () => {};
