import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import {
  type LayerArguments,
  mergeConfig,
  onlyInput,
  type SequenceCallOptions,
  weightValue,
} from '../base/sequence-layer.js';
import { assertInteger, assertRate } from '../errors.js';
import { dense } from '../ops/dense.js';
import { randomKey } from '../ops/dropout-random.js';
import { stepKey } from './seeded-dropout.js';

export interface PointWiseFeedForwardArguments extends LayerArguments {
  /** Width of the output, >= 1. */
  hiddenUnits: number;
  /** Width between the two dense layers. Default `hiddenUnits`, as in the paper. */
  innerUnits?: number;
  /** Probability to drop an element after each dense layer in training, in [0, 1). Default 0. */
  dropoutRate?: number;
  /** How the kernels start; biases start at zero. Default `glorotUniform`. */
  initializer?: InitializerName;
  /** Seed of the start and of the dropout masks. Default 0. */
  seed?: number;
}

/**
 * Two dense layers with a ReLU between, applied to each token alone: `ReLU(x·W1 + b1)·W2 + b2`, with dropout after each
 * (Kang & McAuley 2018, equation 4), and the `residual` of the call added. float32 `[tokens, hiddenUnits]` to the same shape.
 */
export class PointWiseFeedForward extends layers.Layer {
  static readonly className = 'RecsysPointWiseFeedForward';
  readonly hiddenUnits: number;
  readonly innerUnits: number;
  readonly dropoutRate: number;
  readonly initializer: InitializerName;
  readonly seed: number;

  constructor(args: PointWiseFeedForwardArguments) {
    super(args);
    const { hiddenUnits, innerUnits = hiddenUnits, dropoutRate = 0 } = args;
    assertInteger('PointWiseFeedForward', 'hiddenUnits', hiddenUnits, 1);
    assertInteger('PointWiseFeedForward', 'innerUnits', innerUnits, 1);
    assertRate('PointWiseFeedForward', 'dropoutRate', dropoutRate);
    this.hiddenUnits = hiddenUnits;
    this.innerUnits = innerUnits;
    this.dropoutRate = dropoutRate;
    this.initializer = args.initializer ?? 'glorotUniform';
    this.seed = args.seed ?? 0;
  }

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
    const add = (name: string, inputs: number, outputs: number, i: number) => {
      const initializer = createInitializer(this.initializer, randomKey(this.seed, i));
      this.addWeight(`${name}.kernel`, [inputs, outputs], 'float32', initializer);
      this.addWeight(`${name}.bias`, [outputs], 'float32', initializers.zeros());
    };
    add('inner', inputShape.at(-1) as number, this.innerUnits, 0);
    add('outer', this.innerUnits, this.hiddenUnits, 1);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: SequenceCallOptions): tf.Tensor2D {
    const [innerKernel, innerBias, outerKernel, outerBias] = this.weights;
    const drops = options.training === true && this.dropoutRate > 0;
    const key = drops ? stepKey('PointWiseFeedForward', this.seed, options) : 0;
    const mask = (name: number) => (drops ? { rate: this.dropoutRate, key: randomKey(key, name) } : undefined);
    return tf.tidy(() => {
      const inner = dense(onlyInput(inputs), weightValue(innerKernel!), weightValue(innerBias!), {
        activation: 'relu',
        dropout: mask(0),
      });
      return dense(inner, weightValue(outerKernel!), weightValue(outerBias!), {
        dropout: mask(1),
        residual: options.residual,
      });
    });
  }

  override computeOutputShape(inputShape: Parameters<layers.Layer['computeOutputShape']>[0]) {
    return [...(inputShape.slice(0, -1) as (number | null)[]), this.hiddenUnits];
  }

  override getConfig() {
    const { hiddenUnits, innerUnits, dropoutRate, initializer, seed } = this;
    return mergeConfig(super.getConfig(), { hiddenUnits, innerUnits, dropoutRate, initializer, seed });
  }
}
