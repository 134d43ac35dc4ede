import * as tf from '@tensorflow/tfjs-core';

/**
 * Returns whether the backend in use has this kernel. Ops of this package run as one fused kernel where it exists (in `@recsys/backend-simd`), and
 * as composed tfjs ops everywhere else; both give the same values and gradients.
 *
 * @example
 * hasFused('RecsysDense'); // true on the `simd` backend
 */
export const hasFused = (kernel: string): boolean => tf.getKernel(kernel, tf.getBackend()) != null;

/**
 * Returns whether the backend in use multiplies by a transposed matrix at least as fast as by a plain one: the `simd` backend does; `wasm`
 * multiplies plain matrices ten times faster.
 *
 * @example
 * const scores = prefersTransposedMatMul() ? tf.matMul(x, table, false, true) : tf.matMul(x, tf.transpose(table));
 */
export const prefersTransposedMatMul = (): boolean => hasFused('RecsysDense');

/**
 * Returns what a fused kernel computes, owned by the caller.
 *
 * @param inputs by name, borrowed; those that are `undefined` are left out.
 * @example
 * const y = runFused<tf.Tensor>('RecsysDropout', { x }, { key, threshold, keptScale });
 */
export const runFused = <T extends tf.Tensor | tf.Tensor[]>(
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: object = {},
): T => {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
  return tf.engine().runKernel(kernel, given as tf.NamedTensorMap, attributes as never) as T;
};
