import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertInteger, assertRate, LayerError } from '../errors.js';
import { type Activation, activationNames, activations } from '../ops/activations/activations.js';
import { silu } from '../ops/activations/silu.js';
import { dense } from '../ops/dense.js';
import { dropout } from '../ops/dropout.js';
import { type DropoutMask, randomKey } from '../ops/dropout-random.js';
import type { DenseWeights } from '../ops/transformer-block.js';
import { stepKey } from './step-key.js';

interface OwnOptions {
  /** Width of the output, >= 1. */
  hiddenUnits: number;
  /** Width of the hidden layer, >= 1. Default `hiddenUnits`, as in the paper. */
  innerUnits?: number | undefined;
  /** What is between the dense layers. Default `relu`, as in the paper. */
  activation?: Activation | undefined;
  /** Probability of dropping an element after each dense layer in training, in [0, 1). Default 0. */
  dropoutRate?: number | undefined;
  /** Initializer of the kernels; biases start at zero. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface PointWiseFeedForwardOptions extends LayerOptions, OwnOptions {}

export interface FeedForwardCallOptions extends DropoutCallOptions {
  /** Tensor to add to the output, of the same shape; borrowed. Default none. */
  residual?: tf.Tensor2D | undefined;
}

/**
 * Two dense layers with a ReLU or another activation between them, applied to each token separately:
 * `ReLU(x·W1 + b1)·W2 + b2`, with dropout after each (Kang & McAuley 2018, equation 4), plus the `residual` of the call.
 * With `swiglu`: `(SiLU(x·W1) * (x·V))·W2`. float32 `[tokens, hiddenUnits]` to the same shape.
 *
 * @example
 * const feedForward = new PointWiseFeedForward({ hiddenUnits: 50, dropoutRate: 0.2, seed: 1 });
 * const x = tf.randomNormal([5, 50]);
 * const y: tf.Tensor2D = callLayer(feedForward, x, { residual: x }); // [5, 50]
 */
export class PointWiseFeedForward extends RecsysLayer<FeedForwardCallOptions> {
  static readonly className = 'RecsysPointWiseFeedForward';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: PointWiseFeedForwardOptions) {
    const known = ['hiddenUnits', 'innerUnits', 'activation', 'dropoutRate', 'initializer', 'seed'];
    super('PointWiseFeedForward', options, known);
    const { hiddenUnits, innerUnits = hiddenUnits, activation = 'relu', dropoutRate = 0 } = options;
    const { initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('PointWiseFeedForward', 'hiddenUnits', hiddenUnits, 1);
    assertInteger('PointWiseFeedForward', 'innerUnits', innerUnits, 1);
    assertRate('PointWiseFeedForward', 'dropoutRate', dropoutRate);
    if (!activationNames.includes(activation)) {
      throw new LayerError(
        'bad-option',
        `PointWiseFeedForward: activation must be one of ${activationNames.join(', ')}, got ${String(activation)}`,
      );
    }
    this.options = { hiddenUnits, innerUnits, activation, dropoutRate, initializer, seed };
  }

  override build(inputShape: InputShape): void {
    const { hiddenUnits, innerUnits, activation, initializer, seed } = this.options;
    const isGated = activation === 'swiglu';
    const inputs = inputShape.at(-1) as number;
    const add = (name: string, inputs: number, outputs: number, i: number) => {
      const start = createInitializer(initializer, randomKey(seed, i));
      this.addWeight(`${name}.kernel`, [inputs, outputs], 'float32', start);
      if (!isGated) this.addWeight(`${name}.bias`, [outputs], 'float32', initializers.zeros());
    };
    add('inner', inputs, innerUnits, 0);
    add('outer', innerUnits, hiddenUnits, 1);
    if (isGated) add('linear', inputs, innerUnits, 2);
    super.build(inputShape);
  }

  /** @internal The weights, for ops that compute the layer and others together; owned by the layer. Not with `swiglu`. */
  weightsByName(): Record<'inner' | 'outer', DenseWeights> {
    return {
      inner: { kernel: this.weight(0), bias: this.weight(1) },
      outer: { kernel: this.weight(2), bias: this.weight(3) },
    };
  }

  /** @internal The dropout masks of a call, of the inner and the outer layer; empty if nothing is dropped. */
  dropoutMasks(options: DropoutCallOptions): [inner?: DropoutMask, outer?: DropoutMask] {
    const { dropoutRate: rate, seed } = this.options;
    if (options.training !== true || rate === 0) return [];
    const key = stepKey('PointWiseFeedForward', options, seed);
    return [
      { rate, key: randomKey(key, 0) },
      { rate, key: randomKey(key, 1) },
    ];
  }

  protected forward([x]: [tf.Tensor2D], options: FeedForwardCallOptions): tf.Tensor2D {
    const [innerMask, outerMask] = this.dropoutMasks(options);
    return tf.tidy(() => {
      const hidden = this.hidden(x, innerMask); // [tokens, inner]
      const { kernel, bias } = this.outerWeights();
      return dense(hidden, kernel, bias, { dropout: outerMask, residual: options.residual });
    });
  }

  /** Returns the hidden layer, float32 `[tokens, innerUnits]`, after dropout. */
  private hidden(x: tf.Tensor2D, mask: DropoutMask | undefined): tf.Tensor2D {
    const { activation } = this.options;
    const drop = (y: tf.Tensor2D) => (mask === undefined ? y : dropout(y, mask));
    if (activation === 'swiglu') {
      const [gate, linear] = [this.weight<tf.Tensor2D>(0), this.weight<tf.Tensor2D>(2)];
      return drop(tf.mul(silu(tf.matMul(x, gate)), tf.matMul(x, linear)));
    }
    const { kernel, bias } = this.weightsByName().inner;
    if (activation === 'relu') return dense(x, kernel, bias, { activation, dropout: mask });
    return drop(activations[activation](dense(x, kernel, bias)));
  }

  private outerWeights(): DenseWeights {
    const { activation, hiddenUnits } = this.options;
    if (activation === 'swiglu') return { kernel: this.weight(1), bias: tf.zeros([hiddenUnits]) };
    return this.weightsByName().outer;
  }

  override computeOutputShape(inputShape: InputShape) {
    return [...(inputShape.slice(0, -1) as (number | null)[]), this.options.hiddenUnits];
  }
}
