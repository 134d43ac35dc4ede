import type { layers } from '@tensorflow/tfjs-layers';
import { type InputShape, RecsysLayer } from './recsys-layer.js';

/** Base of layers made of other layers, whose weights are theirs. */
export abstract class CompositeLayer<CallOptions extends object> extends RecsysLayer<CallOptions> {
  /** The layers this one is made of, by the names that their weights carry. */
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
