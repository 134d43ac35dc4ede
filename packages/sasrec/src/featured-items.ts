import {
  FeatureEmbedding,
  type InitializerName,
  type ItemEmbedding,
  type NamedVariable,
  namedWeights,
} from '@recsys/layers';
import {
  type EncodeOptions,
  type FeatureColumn,
  featuresOfCatalog,
  type Id,
  type IdMap,
  type ItemFeatures,
  widthOf,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { SASRecError } from './errors.js';
import type { FeatureSizes } from './options.js';

/** Features that were given, in the order of the catalog; undefined if only their layout was: then saved weights bring them. */
type GivenFeatures = ReturnType<typeof featuresOfCatalog>;

/**
 * Returns what the configuration of a model keeps of features: their layout; the features themselves are weights.
 * @throws {SASRecError} when no item of the catalog has features.
 */
export const layoutOf = (
  features: ItemFeatures | FeatureSizes,
  catalog: IdMap<Id>,
): { layout: FeatureSizes; values: GivenFeatures | undefined } => {
  if (!('ids' in features)) return { layout: features, values: undefined };
  const values = featuresOfCatalog(features, catalog);
  if (values.found === 0)
    throw new SASRecError(
      'bad-option',
      `SASRec: none of the ${features.ids.length} items with features is in the catalog; features have ids like ${JSON.stringify(features.ids[0])}, the catalog ${JSON.stringify(catalog.ids[0])}`,
    );
  const { columns, dense } = features;
  return { layout: { columns, dense, numEntries: values.entries.length }, values };
};

interface FeaturedItemsOptions {
  readonly items: ItemEmbedding;
  readonly layout: FeatureSizes;
  readonly values: GivenFeatures | undefined;
  readonly initializer: InitializerName;
  readonly seed: number;
}

/** The vectors of items that have features: those of some items, as a batch needs them, or of all, which are kept outside training. */
export class FeaturedItems {
  readonly layer: FeatureEmbedding;
  readonly #items: ItemEmbedding;
  readonly #columns: readonly FeatureColumn[];
  readonly #values: GivenFeatures | undefined;
  /** All vectors outside training, and the weights that they were computed from. */
  #all: { readonly vectors: tf.Tensor2D; readonly from: readonly object[] } | undefined;

  constructor({ items, layout, values, initializer, seed }: FeaturedItemsOptions) {
    this.#items = items;
    this.#columns = layout.columns;
    this.#values = values;
    const { numItems, units } = items.options;
    this.layer = new FeatureEmbedding({
      numItems,
      units,
      numColumns: layout.columns.length,
      numEntries: layout.numEntries,
      vectorWidth: widthOf(layout.dense),
      initializer,
      seed,
    });
  }

  /** Takes over the features that were given, once the layer is built. */
  fill(): void {
    if (this.#values !== undefined) this.layer.setFeatures(this.#values);
  }

  /** Returns the vectors of items, float32 `[items.length, units]`, owned by the caller. */
  vectorsOf(items: Int32Array, options?: EncodeOptions): tf.Tensor2D {
    if (isDifferentiated()) this.#forget();
    return this.layer.vectorsOf(this.#items.table, items, options);
  }

  /** Returns the vectors of all items, with the pad in row 0, float32 `[numItems + 1, units]`; borrowed. */
  all(options?: EncodeOptions): tf.Tensor2D {
    const rows = Int32Array.from({ length: this.#items.options.numItems + 1 }, (_, row) => row);
    if (options?.training === true || isDifferentiated()) return this.vectorsOf(rows, options);
    const from = this.#weights().map(({ variable }) => variable.dataId);
    if (this.#all === undefined || from.some((id, i) => id !== this.#all!.from[i])) {
      this.#forget();
      this.#all = { vectors: tf.tidy(() => tf.keep(this.vectorsOf(rows))), from };
    }
    return this.#all.vectors;
  }

  /** Returns the features as weights that are not trained. */
  fixedWeights(): NamedVariable[] {
    return this.layer.fixedWeights('features');
  }

  /** Returns weights with the names of the rows of those that go by feature column. */
  named(weights: readonly NamedVariable[]): NamedVariable[] {
    const rowNames = this.#columns.map(({ feature, value }) => JSON.stringify([feature, value ?? null]));
    return weights.map((weight) => (weight.name === 'features.columns.embeddings' ? { ...weight, rowNames } : weight));
  }

  dispose(): void {
    this.#forget();
    for (const { variable } of this.fixedWeights()) variable.dispose();
  }

  #weights(): NamedVariable[] {
    return [...namedWeights(this.#items), ...namedWeights(this.layer), ...this.fixedWeights()];
  }

  #forget(): void {
    this.#all?.vectors.dispose();
    this.#all = undefined;
  }
}

/** Whether a gradient is being recorded. An optimizer may then write over weights in place, so what was computed of them is no longer theirs. */
const isDifferentiated = (): boolean => tf.engine().state.gradientDepth > 0;
