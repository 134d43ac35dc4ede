import type * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import { type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { LayerError } from '../errors.js';
import { layerNorm } from '../ops/layer-norm.js';
import type { NormWeights } from '../ops/transformer-block.js';

export interface LayerNormOptions extends LayerOptions {
  /** Added to the variance, > 0. Default 1e-8, as in SASRec. */
  epsilon?: number | undefined;
}

/**
 * Normalizes each row, `[tokens, units]` to `[tokens, units]`, with a learned scale `gamma` and offset `beta` (Ba,
 * Kiros & Hinton 2016). `tf.layers.layerNormalization` gives the same values, but its gradient takes thousands of
 * kernel calls.
 *
 * @example
 * const y: tf.Tensor2D = callLayer(new LayerNorm(), tf.tensor2d([[1, 3]])); // [[-1, 1]]
 */
export class LayerNorm extends RecsysLayer<object> {
  static readonly className = 'RecsysLayerNorm';
  readonly options: { readonly epsilon: number };

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: LayerNormOptions = {}) {
    super('LayerNorm', options, ['epsilon']);
    const { epsilon = 1e-8 } = options;
    if (!(epsilon > 0)) throw new LayerError('bad-option', `LayerNorm: epsilon must be > 0, got ${epsilon}`);
    this.options = { epsilon };
  }

  override build(inputShape: InputShape): void {
    const units = inputShape.at(-1) as number;
    this.addWeight('gamma', [units], 'float32', initializers.ones());
    this.addWeight('beta', [units], 'float32', initializers.zeros());
    super.build(inputShape);
  }

  /** @internal The weights, for ops that compute the layer and others together; owned by the layer. */
  weightsByName(): NormWeights {
    return { gamma: this.weight(0), beta: this.weight(1) };
  }

  protected forward([x]: [tf.Tensor2D]): tf.Tensor2D {
    const { gamma, beta } = this.weightsByName();
    return layerNorm(x, gamma, beta, this.options.epsilon);
  }
}
