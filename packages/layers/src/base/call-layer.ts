import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** Call options of layers with dropout. */
export interface DropoutCallOptions {
  /** Whether this is a training call, which applies dropout. Default false. */
  training?: boolean | undefined;
  /** Number of the training step, which selects the dropout masks. Required if dropout is applied. */
  step?: number | undefined;
}

/**
 * Applies a layer to one or more tensors: `layer.apply` with typed options and a typed result.
 *
 * @param layer a layer of this package or of tfjs.
 * @param inputs borrowed.
 * @param options call options of the layer, such as `offsets`. Default none.
 * @returns owned by the caller.
 * @example
 * const y: tf.Tensor2D = callLayer(new LayerNorm(), tf.ones([2, 4])); // [2, 4]
 */
export const callLayer = <T extends tf.Tensor, L extends layers.Layer = layers.Layer>(
  layer: L,
  inputs: tf.Tensor | tf.Tensor[],
  options: Parameters<L['call']>[1] = {},
): T => layer.apply(inputs, options) as T;
