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
 * Copies the weights of a trained model into another one of the same kind and size, whose catalog may differ: item vectors go by item id, and
 * those of feature columns by name. What the earlier model does not know starts from the mean of its vectors. To go on with training when there is new data; `fit` does so with
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
  for (const [{ perItem, rowNames, variable }, source] of pairs) {
    const rows = perItem ? sources : rowNames && placesOf(rowNames, source.rowNames!);
    tf.tidy(() => variable.assign(rows ? rowsFrom(source.variable, rows, perItem ? 1 : 0) : tf.clone(source.variable)));
  }
  copyFixed(model, from, sources);
  const kept = sources.filter((source) => source > 0).length;
  return { kept, added: ids.length - kept, left: numItemsOf(from) - kept };
};

/** Copies what goes by item and is not trained: a number per item, which is 0 for a new one. */
const copyFixed = (model: SequentialModel, from: SequentialModel, sources: Int32Array): void => {
  const earlier = new Map(from.fixedWeights?.().map((weight) => [weight.name, weight]));
  for (const { name, variable, perItem } of model.fixedWeights?.() ?? []) {
    const source = earlier.get(name);
    if (!perItem || source === undefined) continue;
    const values = source.variable.dataSync();
    const copied = Array.from(sources, (row) => (row < 0 ? 0 : values[row]));
    tf.tidy(() => variable.assign(tf.tensor(copied, variable.shape, variable.dtype)));
  }
};

/** Returns the places of names among earlier ones; -1 for a new name. */
const placesOf = (names: readonly string[], earlier: readonly string[]): Int32Array => {
  const places = new Map(earlier.map((name, place) => [name, place]));
  return Int32Array.from(names, (name) => places.get(name) ?? -1);
};

/** Returns the weight of the earlier model that a weight is copied from. */
const matching = (
  { name, variable, perItem, rowNames }: NamedVariable,
  earlier: ReadonlyMap<string, NamedVariable>,
  [model, from]: readonly SequentialModel[],
): NamedVariable => {
  const source = earlier.get(name);
  const rows = perItem ? numItemsOf(from) + 1 : rowNames && source?.rowNames?.length;
  const expected = rows === undefined ? variable.shape : [rows, ...variable.shape.slice(1)];
  if (source !== undefined && tf.util.arraysEqual(source.variable.shape, expected)) return source;
  const found = source === undefined ? 'none' : `[${source.variable.shape}]`;
  throw new ModelError(
    'bad-weights',
    `copyWeights: weight ${name} of ${modelNameOf(model)} needs shape [${expected}] in the earlier model, which has ${found}. Give the new model the settings of the earlier one.`,
  );
};

/** Returns rows of a table by index; the mean of all rows from `first` on where the index is -1: row 0 may be the pad. */
const rowsFrom = (table: tf.Variable, sources: Int32Array, first: 0 | 1): tf.Tensor => {
  const values = table.dataSync();
  const width = table.size / table.shape[0];
  const mean = new Float64Array(width);
  for (let i = first * width; i < values.length; i++) mean[i % width] += values[i];
  for (let j = 0; j < width; j++) mean[j] /= Math.max(1, table.shape[0] - first);
  const rows = new Float32Array(sources.length * width);
  sources.forEach((source, row) => {
    rows.set(source < 0 ? mean : values.subarray(source * width, (source + 1) * width), row * width);
  });
  return tf.tensor(rows, [sources.length, ...table.shape.slice(1)]);
};
