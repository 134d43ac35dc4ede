import type * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { type LayerArguments, mergeConfig, onlyInput, weightValue } from '../base/sequence-layer.js';
import { LayerError } from '../errors.js';
import { layerNorm } from '../ops/layer-norm.js';

export interface LayerNormArguments extends LayerArguments {
  /** Added to the variance, > 0. Default 1e-8, as in SASRec. */
  epsilon?: number;
}

/**
 * Normalises each row, `[tokens, units]` to `[tokens, units]`, with a learned scale `gamma` and offset `beta` (Ba, Kiros & Hinton 2016).
 * The stock `tf.layers.layerNormalization` gives the same values, but its gradient takes thousands of launches.
 */
export class LayerNorm extends layers.Layer {
  static readonly className = 'RecsysLayerNorm';
  readonly epsilon: number;

  constructor(args: LayerNormArguments = {}) {
    super(args);
    this.epsilon = args.epsilon ?? 1e-8;
    if (!(this.epsilon > 0)) throw new LayerError('bad-option', `LayerNorm: epsilon must be > 0, got ${this.epsilon}`);
  }

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
    const units = inputShape.at(-1) as number;
    this.addWeight('gamma', [units], 'float32', initializers.ones());
    this.addWeight('beta', [units], 'float32', initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor2D {
    const [gamma, beta] = this.weights;
    return layerNorm(onlyInput(inputs), weightValue(gamma!), weightValue(beta!), this.epsilon);
  }

  override getConfig() {
    return mergeConfig(super.getConfig(), { epsilon: this.epsilon });
  }
}
