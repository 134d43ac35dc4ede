// Features of items: categories, numbers and vectors, from files or rows. The reader of files needs Node and is loaded on first use.
import type { InteractionSource } from '../read/sources/list-sources.js';
import { FeatureBuilder } from './feature-builder.js';
import { assertFeatureOptions, featureOptionNames, type ItemFeaturesOptions } from './feature-options.js';
import type { ItemFeatures } from './item-features.js';
import type { ItemAttributes, ReadItemAttributesOptions } from './read-item-attributes.js';
import type { ReadItemFeaturesOptions } from './read-item-features.js';

export { attributeColumn } from './attribute-column.js';
export type { ItemFeaturesOptions } from './feature-options.js';
export {
  type CatalogFeatures,
  type FeatureColumn,
  type FeatureLayout,
  featuresOfCatalog,
  type ItemFeatures,
  type VectorColumn,
  widthOf,
} from './item-features.js';
export type { ItemAttributes, ReadItemAttributesOptions } from './read-item-attributes.js';
export type { ReadItemFeaturesOptions } from './read-item-features.js';

/**
 * Returns the features of items in rows of your own, which have a field per column. Options and result are those of `readItemFeatures`; it
 * also works in a browser.
 *
 * @param rows one object per item; errors number them from 1.
 * @throws {DataError} as `readItemFeatures`.
 * @example
 * const products = [
 *   { id: 'tea', kinds: ['drink', 'hot'], price: 3 },
 *   { id: 'ice', kinds: ['sweet'], price: 5 },
 * ];
 * itemFeatures(products, { item: 'id', categories: ['kinds'], numbers: ['price'] }).weights; // [0.5, 0.5, -1, 1, 1]
 */
export const itemFeatures = (
  rows: Iterable<Readonly<Record<string, unknown>>>,
  options: ItemFeaturesOptions = {},
): ItemFeatures => {
  assertFeatureOptions('itemFeatures', options, featureOptionNames);
  const builder = new FeatureBuilder(options);
  let line = 0;
  for (const row of rows) builder.add(row, { name: 'input', line: ++line });
  return builder.build('input');
};

/**
 * Returns the features of items in a table: CSV or TSV with a header, JSON lines, a JSON array, Parquet, or rows; plain, gzip or in a zip archive.
 *
 * An item that has no features at all is kept, and one without a value in a column has nothing there: no category, the mean of a number, a
 * vector of zeros. Which of the items a model knows is up to its catalog; `toSequences(interactions, { items: features.ids })` makes it all of
 * them, so that new items can be recommended.
 *
 * Columns that are not named by `categories`, `numbers` or `vectors` are chosen, if none is named, by the first 1,000 rows: lists of numbers, all
 * of one length, are vectors; numbers are numbers, unless the name ends with `id`; texts and lists of texts are categories if their values come
 * twice or more on average, so titles do not count.
 *
 * @throws {DataError} naming the file, the line and the column: on a value that cannot be read, a vector of another width, an item that comes
 *   twice, or a column that is not there; on an unknown option; on a file that cannot be read.
 * @example
 * const features = await readItemFeatures('movies.csv', { item: 'movieId', categories: ['genres'], numbers: ['year'] });
 * features.columns[0]; // { feature: 'genres', value: 'Action' }
 * const sequences = toSequences(await readInteractions('ratings.csv'), { items: features.ids });
 */
export const readItemFeatures = async (
  source: InteractionSource,
  options: ReadItemFeaturesOptions = {},
): Promise<ItemFeatures> => (await import('./node.js')).readItemFeatures(source, options);

/**
 * Returns the columns of a table of items as they are, such as brand, price and stock: what recommendations are filtered by. Reads what
 * `readItemFeatures` reads.
 *
 * @throws {DataError} naming the file and the line: on an item that comes twice or has no id, a file that cannot be read, an unknown option.
 * @example
 * const { ids, columns } = await readItemAttributes('products.csv', { item: 'sku' });
 * ids[0]; // 'tea-04'
 * columns.price[0]; // '3.50', as it is written
 */
export const readItemAttributes = async (
  source: InteractionSource,
  options: ReadItemAttributesOptions = {},
): Promise<ItemAttributes> => (await import('./node.js')).readItemAttributes(source, options);
