import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { LayerError } from '../errors.js';
import { RecsysLayer } from './recsys-layer.js';

/** A weight and its name, as in checkpoints. */
export interface NamedVariable {
  readonly name: string;
  /** float32; owned by the layer or model. */
  readonly variable: tf.Variable;
  /** Whether it is an embedding table, of which a training step uses only some rows. */
  readonly isEmbedding: boolean;
  /** Whether row i belongs to item i, with row 0 for padding: such rows follow the items when the catalog changes. Default false. */
  readonly perItem?: boolean;
  /** Names of the rows, where these go by name when a model takes weights of another one. */
  readonly rowNames?: readonly string[];
}

/** A layer made of other layers; their keys are part of the names of the weights. */
interface Composite {
  readonly parts: Readonly<Record<string, layers.Layer>>;
}

const isComposite = (layer: layers.Layer): layer is layers.Layer & Composite => 'parts' in layer;

/**
 * Returns the trainable weights of a built layer in a fixed order, with names like `block0.attention.query.kernel`.
 *
 * @param layer a layer of this package or of tfjs.
 * @param prefix first part of the names, before a dot. Default none.
 * @throws {LayerError} if the layer is not built.
 * @example
 * const norm = new LayerNorm();
 * norm.build([null, 4]);
 * namedWeights(norm, 'norm').map(({ name }) => name); // ['norm.gamma', 'norm.beta']
 */
export const namedWeights = (layer: layers.Layer, prefix = ''): NamedVariable[] => {
  if (!layer.built)
    throw new LayerError('not-built', `namedWeights: layer ${layer.name} is not built; call it or build() first`);
  const start = prefix === '' ? '' : `${prefix}.`;
  if (isComposite(layer)) {
    return Object.entries(layer.parts).flatMap(([name, part]) => namedWeights(part, start + name));
  }
  return layer.trainableWeights.map((weight) => ({
    // If a layer is built during the call of another one, tfjs prefixes its weights with that layer's name.
    name: start + weight.originalName.replace(/^.*\//, ''),
    variable: weight.read() as tf.Variable,
    isEmbedding: layer instanceof RecsysLayer ? layer.isEmbedding : layer.getClassName() === 'Embedding',
    ...(layer instanceof RecsysLayer && layer.perItem && { perItem: true }),
  }));
};
