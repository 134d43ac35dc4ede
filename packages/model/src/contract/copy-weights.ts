import { indexOfId } from '@recsys/data/core';
import type { NamedVariable } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../errors.js';
import { modelNameOf, numItemsOf, type SequentialModel } from './sequential-model.js';

/** How the catalogs of two models differ, as numbers of items. */
export interface CopiedItems {
  /** Items of both, which keep their vectors. */
  readonly kept: number;
  /** Items of the new model alone, which start from the mean of all vectors. */
  readonly added: number;
  /** Items of the earlier model alone. */
  readonly left: number;
}

/**
 * Copies the weights of a trained model into another one of the same kind and size, whose catalog may differ: item vectors go by item id. An item
 * that the earlier model does not know starts from the mean of its vectors. To go on with training when there is new data; `fit` does so with
 * `from`.
 *
 * @param model takes the weights; borrowed.
 * @param from a trained model; borrowed.
 * @returns how many items were kept, added and left.
 * @throws {ModelError} `bad-weights` when a weight is missing in `from`, or has another shape there; nothing is copied then.
 * @example
 * const yesterday = await SASRec.load('runs/monday');
 * const model = new SASRec({ ...yesterday.config, catalog: split.catalog });
 * copyWeights(model, yesterday); // { kept: 11960, added: 141, left: 3 }
 */
export const copyWeights = (model: SequentialModel, from: SequentialModel): CopiedItems => {
  const ids = model.config.catalog.ids;
  const sources = Int32Array.from([0, ...ids.map((id) => indexOfId(from.config.catalog, id))]); // row 0 is the pad
  const earlier = new Map(from.trainableWeights().map((weight) => [weight.name, weight]));
  const pairs = model.trainableWeights().map((weight) => [weight, matching(weight, earlier, [model, from])] as const);
  for (const [weight, source] of pairs)
    tf.tidy(() => weight.variable.assign(weight.perItem ? rowsFrom(source, sources) : tf.clone(source)));
  const kept = sources.filter((source) => source > 0).length;
  return { kept, added: ids.length - kept, left: numItemsOf(from) - kept };
};

/** Returns the weight of the earlier model that a weight is copied from. */
const matching = (
  { name, variable, perItem }: NamedVariable,
  earlier: ReadonlyMap<string, NamedVariable>,
  [model, from]: readonly SequentialModel[],
): tf.Variable => {
  const source = earlier.get(name)?.variable;
  const expected = perItem ? [numItemsOf(from) + 1, ...variable.shape.slice(1)] : variable.shape;
  if (source !== undefined && tf.util.arraysEqual(source.shape, expected)) return source;
  const found = source === undefined ? 'none' : `[${source.shape}]`;
  throw new ModelError(
    'bad-weights',
    `copyWeights: weight ${name} of ${modelNameOf(model)} needs shape [${expected}] in the earlier model, which has ${found}. Give the new model the settings of the earlier one.`,
  );
};

/** Returns rows of a table by index; the mean of all rows but the pad where the index is -1. */
const rowsFrom = (table: tf.Variable, sources: Int32Array): tf.Tensor => {
  const values = table.dataSync();
  const width = table.size / table.shape[0];
  const mean = new Float64Array(width);
  for (let i = width; i < values.length; i++) mean[i % width] += values[i];
  for (let j = 0; j < width; j++) mean[j] /= Math.max(1, table.shape[0] - 1);
  const rows = new Float32Array(sources.length * width);
  sources.forEach((source, row) => {
    rows.set(source < 0 ? mean : values.subarray(source * width, (source + 1) * width), row * width);
  });
  return tf.tensor(rows, [sources.length, ...table.shape.slice(1)]);
};
