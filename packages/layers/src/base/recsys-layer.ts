import type * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { assertKnownOptions } from '../errors.js';

/** Options of every layer: those of `tf.layers.Layer`. */
export type LayerOptions = ConstructorParameters<typeof layers.Layer>[0] & {};

/** The shape of one or more inputs, as tfjs passes it to a layer. */
export type InputShape = Parameters<layers.Layer['build']>[0];

/** Options with all defaults filled in. */
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

/**
 * Base class of the layers of this package: a `tf.layers.Layer` with typed inputs, call options and weights, which
 * rejects unknown options and has them in its configuration.
 *
 * @example
 * class Scale extends RecsysLayer<object> {
 *   static readonly className = 'Scale';
 *   readonly options: { readonly factor: number };
 *
 *   constructor(options: LayerOptions & { factor: number }) {
 *     super('Scale', options, ['factor']);
 *     this.options = { factor: options.factor };
 *   }
 *
 *   protected forward([x]: [tf.Tensor2D]): tf.Tensor2D {
 *     return tf.mul(x, this.options.factor);
 *   }
 * }
 * const y: tf.Tensor2D = callLayer(new Scale({ factor: 3 }), tf.ones([1, 2])); // [[3, 3]]
 */
export abstract class RecsysLayer<CallOptions extends object> extends layers.Layer {
  /** The options to create this layer again, with all defaults filled in. */
  abstract readonly options: object;

  /** Whether the weights are an embedding table, of which a training step uses only some rows. */
  get isEmbedding(): boolean {
    return false;
  }

  /** Whether row i of the weights belongs to item i, with row 0 for padding. */
  get perItem(): boolean {
    return false;
  }

  /**
   * @param where name of the layer, for error messages.
   * @param options options of the layer.
   * @param known names of the layer's own options, in addition to those of `tf.layers.Layer`.
   * @throws {LayerError} if an option is unknown.
   */
  constructor(where: string, options: LayerOptions, known: readonly string[]) {
    assertKnownOptions(where, options, [...known, ...layerOptions]);
    super(options);
  }

  /** Returns the output for a list of inputs; the caller owns it. */
  protected abstract forward(inputs: tf.Tensor[], options: CallOptions): tf.Tensor;

  /** Called by `layer.apply`, with one input or a list. */
  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    return this.forward(Array.isArray(inputs) ? inputs : [inputs], options);
  }

  /** Returns the value of a weight, by its index in `weights`; owned by the layer. */
  protected weight<T extends tf.Tensor>(index: number): T {
    return this.weights[index].read() as T;
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.options };
  }
}
