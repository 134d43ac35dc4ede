import { DataError } from '../errors.js';
import { forEachRow, type TableFormat } from '../read/read-table.js';
import type { InteractionSource } from '../read/sources/list-sources.js';
import { FeatureBuilder } from './feature-builder.js';
import { assertFeatureOptions, featureOptionNames, type ItemFeaturesOptions } from './feature-options.js';
import type { ItemFeatures } from './item-features.js';

/** Options of `readItemFeatures`. */
export interface ReadItemFeaturesOptions extends ItemFeaturesOptions {
  /** Format of the source. Default: detected from the first bytes or line. */
  format?: TableFormat | undefined;
  /** Name of the entry to read in a zip archive, such as `ml-latest-small/movies.csv`. Default: the only data file in it. */
  entry?: string | undefined;
  /** Most bytes of an unpacked zip entry, as in `readInteractions`. Default 64 GiB. */
  unpackLimit?: number | undefined;
}

/** What `index.ts` documents. */
export const readItemFeatures = async (
  source: InteractionSource,
  options: ReadItemFeaturesOptions = {},
): Promise<ItemFeatures> => {
  const where = 'readItemFeatures';
  assertFeatureOptions(where, options, [...featureOptionNames, 'format', 'entry', 'unpackLimit']);
  const { format, entry, unpackLimit, ...own } = options;
  const builder = new FeatureBuilder(own);
  const { name } = await forEachRow(where, source, { format, entry, unpackLimit }, (row, place) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new DataError('bad-data', `${place.name}:${place.line}: is not an object with a field per column`);
    builder.add(row as Readonly<Record<string, unknown>>, place);
  });
  return builder.build(name);
};
