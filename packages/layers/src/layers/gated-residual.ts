import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertInteger, assertRate } from '../errors.js';
import { dense } from '../ops/dense.js';
import { dropout } from '../ops/dropout.js';
import { randomKey } from '../ops/dropout-random.js';
import { stepKey } from './step-key.js';

interface OwnOptions {
  /** Width of both inputs and of the output, >= 1. */
  hiddenUnits: number;
  /** Whether x is added; false for y under the gate alone. Default true. */
  residual?: boolean | undefined;
  /** Probability of dropping an element of y in training, in [0, 1). Default 0. */
  dropoutRate?: number | undefined;
  /** Initializer of the kernel; the bias starts at zero. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface GatedResidualOptions extends LayerOptions, OwnOptions {}

/**
 * Adds the output y of a sublayer to its input x under a gate that x opens: `x + sigmoid(x·W + b) * dropout(y)`
 * (Borisyuk et al. 2025, LiGR, the gated residual connection). Inputs `[x, y]`, float32 `[tokens, hiddenUnits]` each, to the same shape.
 *
 * @example
 * const gate = new GatedResidual({ hiddenUnits: 50, dropoutRate: 0.2, seed: 1 });
 * const [x, y] = [tf.randomNormal([5, 50]), tf.randomNormal([5, 50])];
 * const z: tf.Tensor2D = callLayer(gate, [x, y], { training: true, step: 0 }); // [5, 50]
 */
export class GatedResidual extends RecsysLayer<DropoutCallOptions> {
  static readonly className = 'RecsysGatedResidual';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: GatedResidualOptions) {
    super('GatedResidual', options, ['hiddenUnits', 'residual', 'dropoutRate', 'initializer', 'seed']);
    const { hiddenUnits, residual = true, dropoutRate = 0, initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('GatedResidual', 'hiddenUnits', hiddenUnits, 1);
    assertRate('GatedResidual', 'dropoutRate', dropoutRate);
    this.options = { hiddenUnits, residual, dropoutRate, initializer, seed };
  }

  override build(inputShape: InputShape): void {
    const { hiddenUnits, initializer, seed } = this.options;
    const start = createInitializer(initializer, randomKey(seed, 0));
    this.addWeight('kernel', [hiddenUnits, hiddenUnits], 'float32', start);
    this.addWeight('bias', [hiddenUnits], 'float32', initializers.zeros());
    super.build(inputShape);
  }

  protected forward([x, y]: [tf.Tensor2D, tf.Tensor2D], options: DropoutCallOptions): tf.Tensor2D {
    const { residual, dropoutRate: rate, seed } = this.options;
    return tf.tidy(() => {
      const gate = tf.sigmoid(dense(x, this.weight(0), this.weight(1)));
      const drops = options.training === true && rate > 0;
      const dropped = drops ? dropout(y, { rate, key: stepKey('GatedResidual', options, seed, 1) }) : y;
      const gated: tf.Tensor2D = tf.mul(gate, dropped);
      return residual ? tf.add<tf.Tensor2D>(x, gated) : gated;
    });
  }

  override computeOutputShape(inputShape: InputShape) {
    const [x] = Array.isArray(inputShape[0]) ? inputShape : [inputShape];
    return x as (number | null)[];
  }
}
