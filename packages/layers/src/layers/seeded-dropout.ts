import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { type LayerArguments, mergeConfig, onlyInput, type SequenceCallOptions } from '../base/sequence-layer.js';
import { assertRate, LayerError } from '../errors.js';
import { dropout } from '../ops/dropout.js';
import { randomKey } from '../ops/dropout-random.js';

export interface SeededDropoutArguments extends LayerArguments {
  /** Probability to drop an element, in [0, 1). */
  rate: number;
  /** Names this layer's masks; give each layer of a model its own. */
  seed: number;
}

/** Returns the key of a layer's mask at a step; a training call without a step is refused, because its mask would repeat. */
export const stepKey = (where: string, seed: number, { step }: SequenceCallOptions): number => {
  if (step === undefined)
    throw new LayerError('bad-option', `${where}: a call with training: true needs step, which names its dropout mask`);
  return randomKey(seed, step);
};

/**
 * Drops elements in training, with a mask that follows from (seed, step, element): the same step gives the same mask, another step
 * another one. (The stock `tf.layers.dropout` with a seed repeats one mask for ever.) Srivastava et al. 2014.
 */
export class SeededDropout extends layers.Layer {
  static readonly className = 'RecsysSeededDropout';
  readonly rate: number;
  readonly seed: number;

  constructor(args: SeededDropoutArguments) {
    super(args);
    assertRate('SeededDropout', 'rate', args.rate);
    this.rate = args.rate;
    this.seed = args.seed;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: SequenceCallOptions): tf.Tensor {
    const x = onlyInput(inputs);
    if (!options.training || this.rate === 0) return tf.clone(x);
    return dropout(x, { rate: this.rate, key: stepKey('SeededDropout', this.seed, options) });
  }

  override getConfig() {
    return mergeConfig(super.getConfig(), { rate: this.rate, seed: this.seed });
  }
}
