import { type Id, type IdMap, indexOfId } from '../table/id-map.js';

/** What a column of the sparse features says of an item: that it has a value, or a standardized number. */
export interface FeatureColumn {
  /** Name of the column in the source, such as `genres`. */
  readonly feature: string;
  /** The category, such as `Comedy`. Absent for a number. */
  readonly value?: string;
  /** Of a number: the mean of the items that have one, which is subtracted. */
  readonly mean?: number;
  /** Of a number: the standard deviation of the items that have one, by which it is divided. */
  readonly deviation?: number;
}

/** A dense vector of each item. */
export interface VectorColumn {
  /** Name of the column in the source, such as `embedding`. */
  readonly feature: string;
  /** Numbers of a vector, >= 1. */
  readonly width: number;
}

/** What the columns of item features mean: plain JSON. */
export interface FeatureLayout {
  /** The sparse columns: categories and numbers. */
  readonly columns: readonly FeatureColumn[];
  /** The dense columns, which stand side by side in `vectors`. */
  readonly dense: readonly VectorColumn[];
}

/**
 * Features of items. It is a plain object of typed arrays, so `postMessage` can send it.
 *
 * Categories and numbers are sparse rows (CSR): item `ids[i]` has `weights[e]` in column `entries[e]`, for `e` from `offsets[i]` to
 * `offsets[i + 1] - 1`. The categories of an item in one column of the source share a weight of 1: two genres have 0.5 each (Rendle 2010,
 * figure 1). Numbers are standardized: `(number - mean) / deviation`.
 */
export interface ItemFeatures extends FeatureLayout {
  /** Ids of the items, each once, in the order of the source. */
  readonly ids: readonly Id[];
  /** Start of each item's entries, int32 `[numItems + 1]`; the last value is the number of entries. */
  readonly offsets: Int32Array;
  /** Column of each entry, int32 `[numEntries]`, 0 .. columns.length - 1. */
  readonly entries: Int32Array;
  /** Weight of each entry, float32 `[numEntries]`. */
  readonly weights: Float32Array;
  /** The vectors of `dense`, one item after another, float32 `[numItems * widthOf(dense)]`; zeros where an item has none. */
  readonly vectors: Float32Array;
}

/** Features of the items of a catalog: row `i` is that of item `i`, and row 0 is the pad. */
export interface CatalogFeatures {
  /** int32 `[numItems + 2]`. */
  readonly offsets: Int32Array;
  /** int32 `[numEntries]`. */
  readonly entries: Int32Array;
  /** float32 `[numEntries]`. */
  readonly weights: Float32Array;
  /** float32 `[(numItems + 1) * widthOf(dense)]`. */
  readonly vectors: Float32Array;
  /** Number of items of the catalog that have features. */
  readonly found: number;
}

/**
 * Returns how many numbers an item has in all dense columns together.
 * @example
 * widthOf([{ feature: 'text', width: 384 }, { feature: 'image', width: 512 }]); // 896
 */
export const widthOf = (dense: readonly VectorColumn[]): number => dense.reduce((sum, { width }) => sum + width, 0);

/**
 * Returns features in the order of a catalog. Items of the catalog without features have none; features of other items are ignored.
 *
 * @example
 * const features = itemFeatures([{ item: 'b', genre: 'Comedy' }], { categories: ['genre'] });
 * featuresOfCatalog(features, itemIds(['a', 'b'])).offsets; // [0, 0, 0, 1]: item 2 has one entry
 */
export const featuresOfCatalog = (features: ItemFeatures, catalog: IdMap): CatalogFeatures => {
  const rows = catalog.ids.length + 1;
  const sources = new Int32Array(rows).fill(-1); // row of `features` of each item
  let found = 0;
  features.ids.forEach((id, source) => {
    const item = indexOfId(catalog, id);
    if (item < 1) return;
    sources[item] = source;
    found += 1;
  });
  const offsets = new Int32Array(rows + 1);
  sources.forEach((source, row) => {
    const length = source < 0 ? 0 : features.offsets[source + 1] - features.offsets[source];
    offsets[row + 1] = offsets[row] + length;
  });
  const entries = new Int32Array(offsets[rows]);
  const weights = new Float32Array(offsets[rows]);
  const width = widthOf(features.dense);
  const vectors = new Float32Array(rows * width);
  sources.forEach((source, row) => {
    if (source < 0) return;
    const [start, end] = [features.offsets[source], features.offsets[source + 1]];
    entries.set(features.entries.subarray(start, end), offsets[row]);
    weights.set(features.weights.subarray(start, end), offsets[row]);
    vectors.set(features.vectors.subarray(source * width, (source + 1) * width), row * width);
  });
  return { offsets, entries, weights, vectors, found };
};
