import * as tf from '@tensorflow/tfjs-core';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertRate } from '../errors.js';
import { dropout } from '../ops/dropout.js';
import { stepKey } from './step-key.js';

export interface SeededDropoutOptions extends LayerOptions {
  /** Probability of dropping an element, in [0, 1). */
  rate: number;
  /** Seed of the masks; use a different one for each layer of a model. */
  seed: number;
}

/**
 * Drops elements in training (Srivastava et al. 2014). The mask depends only on seed, step and element: the same step
 * always has the same mask, and every step has a different one. (`tf.layers.dropout` with a seed repeats the same mask
 * at every step.)
 *
 * @example
 * const dropout = new SeededDropout({ rate: 0.1, seed: 1 });
 * const x = tf.ones([5, 50]);
 * const y: tf.Tensor2D = callLayer(dropout, x, { training: true, step: 0 }); // [5, 50]; each element is 0 or 1 / 0.9
 */
export class SeededDropout extends RecsysLayer<DropoutCallOptions> {
  static readonly className = 'RecsysSeededDropout';
  readonly options: { readonly rate: number; readonly seed: number };

  /** @throws {LayerError} if an option is unknown or out of range. */
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
