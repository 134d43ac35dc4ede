import type * as tf from '@tensorflow/tfjs-core';
import type { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { LayerError } from '../errors.js';

/** What a call of a packed layer needs beside its input: `layer.apply(x, options)`. */
export interface SequenceCallOptions {
  /** `[size + 1]`: sequence `b` owns tokens `offsets[b] … offsets[b + 1] - 1`. Needed by attention alone. */
  offsets?: Int32Array;
  /** True in training: dropout acts. Default false. */
  training?: boolean;
  /**
   * True for the output at the newest token of each sequence alone, `[size, units]`, outside training: all that scoring needs of the last
   * block. Default false.
   */
  newestOnly?: boolean;
  /** Added to the output of a point-wise feed-forward net, in the same pass; of the output's shape, borrowed. Default none. */
  residual?: tf.Tensor2D | undefined;
  /** Number of the training step, which names the step's dropout masks. Needed where dropout acts. */
  step?: number;
}

/** A trainable weight with the name that checkpoints know it by. */
export interface NamedVariable {
  readonly name: string;
  /** float32; owned by the layer or model. */
  readonly variable: tf.Variable;
}

/** Arguments every layer of this package takes: those of `tf.layers.Layer`. */
export type LayerArguments = ConstructorParameters<typeof layers.Layer>[0] & {};

/** Returns the only input of a layer that takes one. */
export const onlyInput = <T extends tf.Tensor>(inputs: tf.Tensor | tf.Tensor[]): T =>
  (Array.isArray(inputs) ? inputs[0] : inputs) as T;

/** Returns a weight's value; unlike `read()`, typed. */
export const weightValue = <T extends tf.Tensor>(weight: layers.Layer['weights'][number]): T => weight.read() as T;

/** A `tf.layers.Layer` made of other layers, whose weights are its own. */
export abstract class CompositeLayer extends layers.Layer {
  /** The layers this one is made of, by the name their weights carry. */
  protected abstract readonly parts: Readonly<Record<string, layers.Layer>>;

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
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

  override computeOutputShape(inputShape: Parameters<layers.Layer['computeOutputShape']>[0]) {
    return inputShape;
  }

  /** Returns this layer's weights with names like `attention.query.kernel`. */
  namedWeights(): NamedVariable[] {
    return Object.entries(this.parts).flatMap(([name, part]) => namedWeights(part, name));
  }
}

/** Returns the trainable weights of a built layer, named `prefix.kernel` and so on, in a fixed order. */
export const namedWeights = (layer: layers.Layer, prefix: string): NamedVariable[] => {
  if (!layer.built)
    throw new LayerError('bad-option', `namedWeights: layer ${layer.name} is not built; call it or build() first`);
  if (layer instanceof CompositeLayer) {
    return layer.namedWeights().map(({ name, variable }) => ({ name: `${prefix}.${name}`, variable }));
  }
  return layer.trainableWeights.map((weight) => ({
    // a layer built in the middle of another's call has that layer's name before its weights'
    name: `${prefix}.${weight.originalName.replace(/^.*\//, '')}`,
    variable: weightValue(weight) as tf.Variable,
  }));
};

/** Calls a layer on one or more tensors; like `apply`, typed for what layers of this package return. */
export const callLayer = <T extends tf.Tensor>(
  layer: layers.Layer,
  inputs: tf.Tensor | tf.Tensor[],
  options: SequenceCallOptions = {},
): T => layer.apply(inputs, options as Parameters<layers.Layer['apply']>[1]) as T;

/** Configuration of a layer as plain JSON, merged over what `tf.layers.Layer` keeps. */
export const mergeConfig = (base: serialization.ConfigDict, own: object): serialization.ConfigDict => ({
  ...base,
  ...(own as serialization.ConfigDict),
});
