import type { layers } from '@tensorflow/tfjs-layers';
import { type InputShape, RecsysLayer } from './recsys-layer.js';

/**
 * Base class of layers that are made of other layers. Its weights are those of its parts.
 *
 * @example
 * class TwoNorms extends CompositeLayer<object> {
 *   static readonly className = 'TwoNorms';
 *   readonly options = {};
 *   readonly parts = { first: new LayerNorm(), second: new LayerNorm() };
 *
 *   constructor() {
 *     super('TwoNorms', {}, []);
 *   }
 *
 *   protected forward([x]: [tf.Tensor2D]): tf.Tensor2D {
 *     return tf.tidy(() => callLayer(this.parts.second, callLayer(this.parts.first, x)));
 *   }
 * }
 * const layer = new TwoNorms();
 * layer.build([null, 4]);
 * namedWeights(layer).map(({ name }) => name); // ['first.gamma', 'first.beta', 'second.gamma', 'second.beta']
 */
export abstract class CompositeLayer<CallOptions extends object> extends RecsysLayer<CallOptions> {
  /** The layers that this one is made of; their keys are part of the names of the weights. */
  abstract readonly parts: Readonly<Record<string, layers.Layer>>;

  override build(inputShape: InputShape): void {
    for (const part of Object.values(this.parts)) {
      part.build(inputShape);
      part.built = true;
    }
    super.build(inputShape);
  }

  override get trainableWeights() {
    return this.trainable ? Object.values(this.parts).flatMap((part) => part.trainableWeights) : [];
  }

  override get nonTrainableWeights() {
    return this.trainable ? [] : Object.values(this.parts).flatMap((part) => part.weights);
  }
}
