import { sha256Of } from '@recsys/data/node';
import type { SequentialModel } from '../contract/index.js';
import { CatalogFilter, type ItemChoice } from '../recommend/index.js';

/**
 * Returns the sha256 of a model: of its configuration and all its weights.
 *
 * @example
 * modelFingerprint(model); // 'sha256 9f86d081884c…'
 */
export const modelFingerprint = (model: SequentialModel): string => {
  const all = [...model.trainableWeights(), ...(model.fixedWeights?.() ?? [])];
  const weights = all.map(({ variable }) => variable.dataSync<'float32' | 'int32'>());
  return `sha256 ${sha256Of(JSON.stringify(model.config), ...weights)}`;
};

/**
 * Returns what tells one choice of items from another: their number and sha256.
 *
 * @example
 * filterFingerprint(catalogFilter(catalog, ['a'])); // '1 items of sha256 ca978112ca1b…'
 * filterFingerprint(undefined); // 'all'
 */
export const filterFingerprint = (choice: ItemChoice | undefined): string =>
  choice instanceof CatalogFilter ? `${choice.items.length} items of sha256 ${sha256Of(choice.items)}` : 'all';
