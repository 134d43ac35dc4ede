import type { IdMap } from '@recsys/data/core';
import { ModelError } from '../errors.js';
import type { SequentialModel } from './sequential-model.js';

/**
 * Checks that data was made with the catalog of a model: item 7 must be the same item for both.
 *
 * @param where the function that was given the data, for the message.
 * @throws {ModelError} `other-catalog`, naming the first item that differs.
 * @example
 * assertSameCatalog('fit', model, split.catalog);
 */
export const assertSameCatalog = (where: string, model: SequentialModel, catalog: IdMap): void => {
  const own = model.config.catalog;
  if (own === catalog) return;
  const [ids, others] = [own.ids, catalog.ids];
  const different = ids.findIndex((id, i) => id !== others[i]);
  if (different < 0 && ids.length === others.length) return;
  const at = different < 0 ? ids.length : different;
  const shown = (id: unknown) => (id === undefined ? 'no item' : JSON.stringify(id));
  throw new ModelError(
    'other-catalog',
    `${where}: the data has another catalog than the model: item ${at + 1} of ${others.length} is ${shown(others[at])}, in the model's ${ids.length} it is ${shown(ids[at])}. Use the data that the model was trained on, or make a new model with catalog: split.catalog.`,
  );
};
