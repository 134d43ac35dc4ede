import * as tf from '@tensorflow/tfjs-core';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertRate } from '../errors.js';
import { dropout } from '../ops/dropout.js';
import { stepKey } from './step-key.js';

export interface SeededDropoutOptions extends LayerOptions {
  /** Probability to drop an element, in [0, 1). */
  rate: number;
  /** Names this layer's masks; give each layer of a model its own. */
  seed: number;
}

/**
 * Drops elements in training, with a mask that follows from (seed, step, element): the same step gives the same mask, another step
 * another one. (The stock `tf.layers.dropout` with a seed repeats one mask for ever.) Srivastava et al. 2014.
 *
 * @example
 * const dropout = new SeededDropout({ rate: 0.1, seed: 1 });
 * const y: tf.Tensor2D = callLayer(dropout, x, { training: true, step: 0 });
 */
export class SeededDropout extends RecsysLayer<DropoutCallOptions> {
  static readonly className = 'RecsysSeededDropout';
  readonly options: { readonly rate: number; readonly seed: number };

  /** @throws {LayerError} on an unknown option or one out of range. */
  constructor(options: SeededDropoutOptions) {
    super('SeededDropout', options, ['rate', 'seed']);
    const { rate, seed } = options;
    assertRate('SeededDropout', 'rate', rate);
    this.options = { rate, seed };
  }

  protected forward([x]: [tf.Tensor], options: DropoutCallOptions): tf.Tensor {
    const { rate, seed } = this.options;
    if (!options.training || rate === 0) return tf.clone(x);
    return dropout(x, { rate, key: stepKey('SeededDropout', options, seed) });
  }
}
