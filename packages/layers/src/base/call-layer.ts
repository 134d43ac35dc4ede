import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** Options that layers with dropout take in a call. */
export interface DropoutCallOptions {
  /** True in training: dropout acts. Default false. */
  training?: boolean | undefined;
  /** Number of the training step, which names the dropout masks of the step. Needed where dropout acts. */
  step?: number | undefined;
}

/**
 * Returns what a layer gives for one or more tensors: `layer.apply`, with its options and its result typed.
 *
 * @param layer a layer of this package or of tfjs.
 * @param inputs borrowed.
 * @param options what the layer's call takes beside its inputs. Default none.
 * @returns owned by the caller.
 * @example
 * const y: tf.Tensor2D = callLayer(new LayerNorm(), tf.ones([2, 4]));
 */
export const callLayer = <T extends tf.Tensor, L extends layers.Layer = layers.Layer>(
  layer: L,
  inputs: tf.Tensor | tf.Tensor[],
  options: Parameters<L['call']>[1] = {},
): T => layer.apply(inputs, options) as T;
