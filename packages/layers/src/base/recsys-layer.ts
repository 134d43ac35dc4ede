import type * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { assertKnownOptions } from '../errors.js';

/** Options that every layer takes: those of `tf.layers.Layer`. */
export type LayerOptions = ConstructorParameters<typeof layers.Layer>[0] & {};

/** The shape of one input or of several, as tfjs hands it to a layer. */
export type InputShape = Parameters<layers.Layer['build']>[0];

/** Options with every default filled in. */
export type FilledIn<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

const layerOptions = [
  'batchInputShape',
  'batchSize',
  'dtype',
  'inputDType',
  'inputShape',
  'name',
  'trainable',
  'weights',
] as const satisfies readonly (keyof LayerOptions)[];

/** Base of the layers of this package: a `tf.layers.Layer` with typed inputs, call options and weights, and a configuration. */
export abstract class RecsysLayer<CallOptions extends object> extends layers.Layer {
  /** The options that make this layer again, every default filled in. */
  abstract readonly options: object;

  /** Whether the weights are a table of embeddings, of which a step uses few rows. */
  get isEmbedding(): boolean {
    return false;
  }

  /**
   * @param where name of the layer, for messages.
   * @param options what the layer was made with.
   * @param known names of the options that the layer takes beside those of `tf.layers.Layer`.
   * @throws {LayerError} on an unknown option.
   */
  constructor(where: string, options: LayerOptions, known: readonly string[]) {
    assertKnownOptions(where, options, [...known, ...layerOptions]);
    super(options);
  }

  /** Returns the output for a list of inputs; the caller owns it. */
  protected abstract forward(inputs: tf.Tensor[], options: CallOptions): tf.Tensor;

  /** What `layer.apply` calls, with one input or a list. */
  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    return this.forward(Array.isArray(inputs) ? inputs : [inputs], options);
  }

  /** Returns the value of a weight, by its place in `weights`; owned by the layer. */
  protected weight<T extends tf.Tensor>(index: number): T {
    return this.weights[index].read() as T;
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.options };
  }
}
