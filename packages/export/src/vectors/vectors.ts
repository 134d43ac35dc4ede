import {
  encodeNewest,
  historyBatch,
  type Id,
  indexOfId,
  maxLengthOf,
  modelNameOf,
  type SequentialModel,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { ExportError } from '../errors.js';

/** Vectors of items or users. */
export interface Vectors {
  /** Outside ids, in the order of the rows. */
  readonly ids: readonly Id[];
  /** Width of a vector. */
  readonly units: number;
  /** float32 `[ids.length * units]`, row by row. */
  readonly values: Float32Array;
}

/**
 * Returns the vector of each item of the catalog. The score of an item for a user is the dot product of their vectors.
 *
 * @param model a model whose scores are dot products; borrowed.
 * @throws {ExportError} `unsupported-model` for a model with scores of its own.
 * @example
 * const { ids, values, units } = itemVectors(model);
 * values.subarray(0, units); // the vector of item ids[0]
 */
export const itemVectors = (model: SequentialModel): Vectors => {
  assertDotProducts('itemVectors', model);
  return tf.tidy(() => {
    const table = model.itemVectors();
    const units = table.shape[1];
    return { ids: model.config.catalog.ids, units, values: table.dataSync<'float32'>().slice(units) } as never;
  });
};

/** How many histories are encoded at a time. */
const blockSize = 256;

/**
 * Returns the vector of each user, from the history that is given: the state after the newest item. Items that the model does not know are skipped;
 * users without a known item are left out.
 *
 * @param model a model whose scores are dot products, without times; borrowed.
 * @param histories users and their items as outside ids, oldest first.
 * @throws {ExportError} `unsupported-model` for a model with scores of its own, or one that uses times.
 * @example
 * userVectors(model, [['anna', ['296', '318']], ['ben', ['1']]]).ids; // ['anna', 'ben']
 */
export const userVectors = (
  model: SequentialModel,
  histories: Iterable<readonly [user: Id, history: readonly Id[]]>,
): Vectors => {
  assertDotProducts('userVectors', model);
  if (model.usesTimes === true)
    throw new ExportError(
      'unsupported-model',
      `userVectors: a ${modelNameOf(model)} uses times, so its user vectors change by the second; ask the model for them`,
    );
  const maxLength = maxLengthOf(model);
  const users: Id[] = [];
  const known: Int32Array[] = [];
  for (const [user, history] of histories) {
    const items = history.map((id) => indexOfId(model.config.catalog, id)).filter((item) => item > 0);
    if (items.length === 0) continue;
    users.push(user);
    known.push(Int32Array.from(items.slice(-maxLength)));
  }
  const units = tf.tidy(() => model.itemVectors().shape[1] as never) as number;
  const values = new Float32Array(users.length * units);
  for (let start = 0; start < known.length; start += blockSize) {
    const states = encodeNewest(model, historyBatch(known.slice(start, start + blockSize), { maxLength }));
    values.set(states.dataSync<'float32'>(), start * units);
    states.dispose();
  }
  return { ids: users, units, values };
};

const assertDotProducts = (where: string, model: SequentialModel): void => {
  if (model.scores !== undefined)
    throw new ExportError(
      'unsupported-model',
      `${where}: a ${modelNameOf(model)} has scores of its own, so its vectors do not give them`,
    );
};
