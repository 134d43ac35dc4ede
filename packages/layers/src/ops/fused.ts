import * as tf from '@tensorflow/tfjs-core';

/**
 * Returns whether the current backend has a kernel. Ops of this package run as one fused kernel where it exists, on the
 * backend of `@recsys/backend-simd`, and are composed of tfjs ops elsewhere; both have the same values and gradients.
 *
 * @param kernel name of the kernel.
 * @example
 * hasFused('RecsysDense'); // true on the `simd` backend, false on `cpu`
 */
export const hasFused = (kernel: string): boolean => tf.getKernel(kernel, tf.getBackend()) != null;

/**
 * Returns whether the current backend multiplies by a transposed matrix as fast as by one that is not: `simd` does,
 * `wasm` is ten times slower.
 *
 * @example
 * const scores = prefersTransposedMatMul() ? tf.matMul(x, table, false, true) : tf.matMul(x, tf.transpose(table));
 */
export const prefersTransposedMatMul = (): boolean => hasFused('RecsysDense');

/**
 * Runs a fused kernel and returns its output, owned by the caller.
 *
 * @param kernel name of the kernel; the current backend must have it.
 * @param inputs tensors by name, borrowed; `undefined` ones are omitted.
 * @param attributes attributes of the kernel. Default none.
 * @example
 * const y = runFused<tf.Tensor>('RecsysGatherRows', { table, indices }); // [indices, width]
 */
export const runFused = <T extends tf.Tensor | tf.Tensor[]>(
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: object = {},
): T => {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
  return tf.engine().runKernel(kernel, given as tf.NamedTensorMap, attributes as never) as T;
};
