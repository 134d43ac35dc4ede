import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { CompositeLayer } from '../base/composite-layer.js';
import type { InitializerName } from '../base/initializer.js';
import type { NamedVariable } from '../base/named-weights.js';
import type { FilledIn, InputShape, LayerOptions } from '../base/recsys-layer.js';
import { assertInteger, LayerError } from '../errors.js';
import { randomKey } from '../ops/dropout-random.js';
import { gatherRows, scatterAddRows } from '../ops/rows.js';
import { FeatureTable, VectorProjection } from './feature-parts.js';
import { ridgeRegression } from './ridge-regression.js';
import { projectRows, repeated, type SumEntries, weightedRowSums } from './weighted-row-sums.js';

interface OwnOptions {
  /** Number of items, >= 1. Row 0 of all tables is for padding. */
  numItems: number;
  /** Width of an embedding, >= 1. */
  units: number;
  /** Number of columns of the sparse features; 0 for none. */
  numColumns: number;
  /** Number of entries of the sparse features of all items. */
  numEntries: number;
  /** Width of the dense features; 0 for none. */
  vectorWidth: number;
  /** Initializer of the vectors of columns and of the projection. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights. Default 0. */
  seed?: number | undefined;
}

export interface FeatureEmbeddingOptions extends LayerOptions, OwnOptions {}

interface FeatureCallOptions {
  /** Whether the result is trained; then all items have the embeddings of the table. Default false. */
  training?: boolean | undefined;
}

/** What features predict of the embeddings of items. */
interface Prediction {
  /** Weighted mean of the embeddings, `[units]`. */
  readonly mean: Float32Array;
  /** `[numColumns + vectorWidth, units]`. */
  readonly coefficients: Float32Array;
  /** The tensors that it was computed from. */
  readonly from: readonly object[];
}

/** Features by item: those of item `i` are row `i`, and row 0 is for padding. */
export interface FeatureValues {
  /** Start of the entries of each item, int32 `[numItems + 2]`. */
  readonly offsets: Int32Array;
  /** Column of each entry, int32 `[numEntries]`. */
  readonly entries: Int32Array;
  /** Weight of each entry, float32 `[numEntries]`. */
  readonly weights: Float32Array;
  /** float32 `[(numItems + 1) * vectorWidth]`. */
  readonly vectors: Float32Array;
}

/** Numbers of a block of vectors that is computed at a time. */
const largestBlock = 2 ** 22;

/** Weight of the squared coefficients of a regression: that of a tenth of an item with one interaction. */
const l2 = 0.1;

/** Numbers that a regression may need: it is of the items with the most interactions, as many as fit. */
const largestRegression = 2 ** 25;

/** What row 0 of `trained`, the pad, says of the layer. */
const noValues = 0;
const notTrained = 1;
const isTrained = 2;

/**
 * Item vectors of embeddings and features: `v = e + sum over entries of weight · P[column] + d · W` for an item with embedding `e` and dense
 * features `d` (Kula 2015 sums embeddings of features in this way). `P` has a vector per column and `W` is a matrix; both are trained, the features are
 * not.
 *
 * Outside training, an item that was never trained on has the embedding that its features predict: that of a ridge regression of the embeddings of
 * trained items on their features, each weighted by the fourth root of its number of training interactions. The more weight popular items
 * have, the more the vectors of new items are like theirs: by the number itself, new items take the place of others that users would have met next;
 * with equal weights, they are like rare items and are hardly recommended.
 *
 * Inputs: the table of item embeddings, float32 `[numItems + 1, units]`, and items, int32 `[n]`. Output: float32 `[n, units]`, at the cost of
 * these items alone, and of the regression where an item was never trained on.
 *
 * @example
 * const layer = new FeatureEmbedding({ numItems: 2, units: 4, numColumns: 1, numEntries: 1, vectorWidth: 0 });
 * layer.build([null, 4]);
 * layer.setFeatures({
 *   offsets: Int32Array.of(0, 0, 1, 1), // item 1 has column 0
 *   entries: Int32Array.of(0),
 *   weights: Float32Array.of(1),
 *   vectors: new Float32Array(0),
 * });
 * const x: tf.Tensor2D = callLayer(layer, [tf.zeros([3, 4]), tf.tensor1d([1, 2], 'int32')]); // [2, 4]
 */
export class FeatureEmbedding extends CompositeLayer<FeatureCallOptions> {
  static readonly className = 'RecsysFeatureEmbedding';
  readonly options: FilledIn<OwnOptions>;
  readonly parts: Readonly<Record<string, layers.Layer>>;
  readonly #columns: FeatureTable | undefined;
  readonly #projection: VectorProjection | undefined;
  readonly #fixed = new Map<string, tf.Variable>();
  /** Copies of the features on the host, and the tensors that they were read from. */
  #host: (Omit<FeatureValues, 'vectors'> & { readonly from: readonly object[] }) | undefined;
  #predicted: Prediction | undefined;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: FeatureEmbeddingOptions) {
    super('FeatureEmbedding', options, [
      'numItems',
      'units',
      'numColumns',
      'numEntries',
      'vectorWidth',
      'initializer',
      'seed',
    ]);
    const { numItems, units, numColumns, numEntries, vectorWidth } = options;
    const { initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('FeatureEmbedding', 'numItems', numItems, 1);
    assertInteger('FeatureEmbedding', 'units', units, 1);
    assertInteger('FeatureEmbedding', 'numColumns', numColumns, 0);
    assertInteger('FeatureEmbedding', 'numEntries', numEntries, 0);
    assertInteger('FeatureEmbedding', 'vectorWidth', vectorWidth, 0);
    this.options = { numItems, units, numColumns, numEntries, vectorWidth, initializer, seed };
    if (numColumns > 0) this.#columns = new FeatureTable({ numColumns, units, initializer, seed: randomKey(seed, 0) });
    if (vectorWidth > 0)
      this.#projection = new VectorProjection({ width: vectorWidth, units, initializer, seed: randomKey(seed, 1) });
    this.parts = {
      ...(this.#columns && { columns: this.#columns }),
      ...(this.#projection && { projection: this.#projection }),
    };
  }

  override build(inputShape: InputShape): void {
    const { numItems, numEntries, vectorWidth } = this.options;
    const add = (name: string, shape: number[], dtype: 'int32' | 'float32') =>
      this.#fixed.set(
        name,
        tf.tidy(() => tf.variable(tf.zeros(shape, dtype), false)),
      );
    add('trained', [numItems + 1], 'int32');
    if (numEntries > 0) {
      add('offsets', [numItems + 2], 'int32');
      add('entries', [numEntries], 'int32');
      add('weights', [numEntries], 'float32');
    }
    if (vectorWidth > 0) add('vectors', [numItems + 1, vectorWidth], 'float32');
    super.build(inputShape);
    this.#shrink();
  }

  /**
   * Makes the initial weights as small as those of a table of items. Glorot's are larger for a table with fewer rows, and items with the same
   * features would start as almost the same.
   */
  #shrink(): void {
    const { numItems, units, initializer } = this.options;
    if (initializer === 'normal') return;
    for (const weight of this.trainableWeights) {
      const [rows] = weight.shape as number[];
      const factor = Math.sqrt((rows + units) / (numItems + 1 + units));
      tf.tidy(() => {
        weight.write(tf.mul(weight.read(), Math.min(1, factor)));
      });
    }
  }

  /**
   * Returns the features and what is known of the training of items, as variables that are saved with a model and not trained; owned by the layer.
   * Only `trained` goes by item from model to model.
   */
  fixedWeights(prefix: string): NamedVariable[] {
    return [...this.#fixed].map(([name, variable]) => ({
      name: `${prefix}.${name}`,
      variable,
      isEmbedding: false,
      ...(name === 'trained' && { perItem: true }),
    }));
  }

  /** @throws {LayerError} when there are not as many features as the options say. */
  setFeatures(values: FeatureValues): void {
    for (const [name, variable] of this.#fixed) {
      if (name === 'trained') continue;
      const given = values[name as keyof FeatureValues];
      if (given.length !== variable.size)
        throw new LayerError(
          'bad-input',
          `FeatureEmbedding: ${name} must have ${variable.size} numbers, got ${given.length}`,
        );
      tf.tidy(() => variable.assign(tf.tensor(given, variable.shape, variable.dtype)));
    }
    const trained = this.#fixed.get('trained')!;
    const states = trained.dataSync<'int32'>().slice();
    states[0] = Math.max(states[0], notTrained);
    tf.tidy(() => trained.assign(tf.tensor1d(states, 'int32')));
  }

  /**
   * Takes note of how often training is about to see each item; the largest number of all trainings counts.
   * @param counts number of training interactions of each item, `[numItems + 1]`.
   */
  noteTraining(counts: ArrayLike<number>): void {
    const trained = this.#fixed.get('trained')!;
    const before = trained.dataSync<'int32'>();
    const after = Int32Array.from(before, (was, item) => {
      if (item === 0) return was === noValues ? noValues : isTrained;
      return Math.max(was, counts[item]);
    });
    tf.tidy(() => trained.assign(tf.tensor1d(after, 'int32')));
  }

  protected forward([table, items]: tf.Tensor[], options: FeatureCallOptions): tf.Tensor2D {
    return this.vectorsOf(table as tf.Tensor2D, items.dataSync<'int32'>() as unknown as Int32Array, options);
  }

  /**
   * Returns the vectors of items that are on the host, as a call with their tensor does, some of them at a time.
   * @param table float32 `[numItems + 1, units]`, borrowed.
   * @returns float32 `[items.length, units]`, owned by the caller.
   */
  vectorsOf(table: tf.Tensor2D, items: Int32Array, options: FeatureCallOptions = {}): tf.Tensor2D {
    const { units, vectorWidth } = this.options;
    const { offsets } = this.#valuesOnHost();
    const prediction = this.#prediction(table, items, options);
    return tf.tidy(() => {
      const blocks: tf.Tensor2D[] = [];
      let start = 0;
      let entries = 0;
      for (let end = 1; end <= items.length; end++) {
        const item = items[end - 1];
        entries += offsets.length === 0 ? 0 : offsets[item + 1] - offsets[item];
        const size = Math.max(entries * units, (end - start) * Math.max(units, vectorWidth));
        if (end < items.length && size < largestBlock) continue;
        const block = items.subarray(start, end);
        blocks.push(tf.tidy(() => this.#block(table, block, prediction)));
        [start, entries] = [end, 0];
      }
      return blocks.length === 1 ? blocks[0] : tf.concat(blocks);
    });
  }

  #block(table: tf.Tensor2D, items: Int32Array, prediction: Prediction | undefined): tf.Tensor2D {
    const rows = tf.tensor1d(items, 'int32');
    let x = prediction === undefined ? gatherRows(table, rows) : this.#embeddingsOf(table, items, prediction);
    if (this.#columns !== undefined)
      // With no entry at all, the sum still puts the table on the tape, so that it has a gradient of zeros.
      x = tf.add(x, weightedRowSums(this.#columns.table, this.#entriesOf(items), items.length));
    const vectors = this.#fixed.get('vectors') as tf.Variable<tf.Rank.R2> | undefined;
    if (this.#projection !== undefined && vectors !== undefined)
      x = tf.add(x, this.#projection.apply([vectors, rows]) as tf.Tensor2D);
    return x;
  }

  /** Returns the embeddings of items, those that were never trained on as they are predicted. */
  #embeddingsOf(table: tf.Tensor2D, items: Int32Array, { mean, coefficients }: Prediction): tf.Tensor2D {
    const { units, numColumns, vectorWidth } = this.options;
    const trained = this.#counts();
    const isKnown = Float32Array.from(items, (item) => (trained[item] > 0 ? 1 : 0));
    const places = Int32Array.from(isKnown.keys()).filter((place) => isKnown[place] === 0);
    if (places.length === 0) return gatherRows(table, tf.tensor1d(items, 'int32'));
    const unknown = places.map((place) => items[place]);
    const known = scaledRows(gatherRows(table, tf.tensor1d(items, 'int32')), isKnown);
    let predicted: tf.Tensor2D = tf.tile(tf.tensor2d(mean, [1, units]), [unknown.length, 1]);
    if (numColumns > 0) {
      const ofColumns = tf.tensor2d(coefficients.subarray(0, numColumns * units), [numColumns, units]);
      predicted = tf.add(predicted, weightedRowSums(ofColumns, this.#entriesOf(unknown), unknown.length));
    }
    if (vectorWidth > 0) {
      const ofVectors = tf.tensor2d(coefficients.subarray(numColumns * units), [vectorWidth, units]);
      const vectors = this.#fixed.get('vectors') as tf.Variable<tf.Rank.R2>;
      predicted = tf.add(predicted, projectRows(vectors, tf.tensor1d(unknown, 'int32'), ofVectors));
    }
    return tf.add(known, scatterAddRows(predicted, tf.tensor1d(places, 'int32'), items.length));
  }

  /**
   * Returns what features predict of embeddings, if one of the items was never trained on; undefined if all have their own: in training, or before any.
   * It is kept until there are other weights. An optimizer may write over weights in place, so it is forgotten where a gradient is recorded.
   */
  #prediction(table: tf.Tensor2D, items: Int32Array, options: FeatureCallOptions): Prediction | undefined {
    const isRecorded = tf.engine().state.gradientDepth > 0;
    if (options.training === true || isRecorded) this.#predicted = undefined;
    const counts = this.#counts();
    if (options.training === true || counts[0] !== isTrained || items.every((item) => item === 0 || counts[item] > 0))
      return undefined;
    const from = [table, ...this.#fixed.values()].map(({ dataId }) => dataId);
    if (this.#predicted?.from.every((id, i) => id === from[i])) return this.#predicted;
    const predicted = { ...this.#regression(table, counts), from };
    if (!isRecorded) this.#predicted = predicted;
    return predicted;
  }

  #regression(table: tf.Tensor2D, counts: Int32Array): Omit<Prediction, 'from'> {
    const { units, numColumns, vectorWidth } = this.options;
    const { offsets } = this.#valuesOnHost();
    const byCount = Int32Array.from(counts.keys()).filter((item) => item > 0 && counts[item] > 0);
    byCount.sort((a, b) => counts[b] - counts[a] || a - b);
    let size = 0;
    const fits = byCount.findIndex((item) => {
      size += units + vectorWidth + (offsets.length === 0 ? 0 : (offsets[item + 1] - offsets[item]) * units);
      return size > largestRegression;
    });
    const items = fits < 0 ? byCount : byCount.subarray(0, Math.max(1, fits));
    return tf.tidy(() => {
      const rows = tf.tensor1d(items, 'int32');
      const embeddings = gatherRows(table, rows).dataSync<'float32'>();
      // Rows of a regression with weights w are those of one without, times the root of w.
      const weights = Float64Array.from(items, (item) => counts[item] ** 0.25);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const mean = new Float64Array(units);
      for (let i = 0; i < embeddings.length; i++) mean[i % units] += embeddings[i] * weights[Math.floor(i / units)];
      for (let u = 0; u < units; u++) mean[u] /= total || 1;
      const roots = Float32Array.from(weights, Math.sqrt);
      const y = embeddings.map((value, i) => (value - mean[i % units]) * roots[Math.floor(i / units)]);
      const entries = this.#entriesOf(items);
      const vectors = this.#fixed.get('vectors') as tf.Variable<tf.Rank.R2> | undefined;
      const features = {
        entries: { ...entries, weights: entries.weights.map((weight, e) => weight * roots[entries.sums[e]]) },
        numColumns,
        vectors: vectors && scaledRows(gatherRows(vectors, rows), roots),
      };
      const x = ridgeRegression(features, tf.tensor2d(y, [items.length, units]), { l2 });
      return { mean: Float32Array.from(mean), coefficients: x.dataSync<'float32'>().slice() };
    });
  }

  /** Returns how often each item was trained on, with the state of the layer in front. */
  #counts(): Int32Array {
    return this.#fixed.get('trained')!.dataSync<'int32'>() as unknown as Int32Array;
  }

  #entriesOf(items: Int32Array): SumEntries {
    const { offsets, entries, weights } = this.#valuesOnHost();
    const lengthOf = (item: number) => (offsets.length === 0 ? 0 : offsets[item + 1] - offsets[item]);
    const total = items.reduce((sum, item) => sum + lengthOf(item), 0);
    const all = { sums: new Int32Array(total), columns: new Int32Array(total), weights: new Float32Array(total) };
    let at = 0;
    items.forEach((item, sum) => {
      const length = lengthOf(item);
      all.sums.fill(sum, at, at + length);
      for (let e = 0; e < length; e++) {
        all.columns[at + e] = entries[offsets[item] + e];
        all.weights[at + e] = weights[offsets[item] + e];
      }
      at += length;
    });
    return all;
  }

  /** Returns the sparse features on the host. @throws {LayerError} when there are none yet, or when they are damaged. */
  #valuesOnHost() {
    const variables = ['offsets', 'entries', 'weights', 'trained'].map((name) => this.#fixed.get(name));
    const from = variables.map((variable) => variable?.dataId ?? {});
    if (this.#host !== undefined && from.every((id, i) => variables[i] === undefined || id === this.#host!.from[i]))
      return this.#host;
    const [offsets, entries, weights, trained] = variables.map((variable) => variable?.dataSync().slice());
    if (trained?.[0] === noValues || trained === undefined)
      throw new LayerError('bad-input', 'FeatureEmbedding: has no features yet; set them or load saved ones');
    const { numColumns, numEntries } = this.options;
    const isRising = offsets?.every((offset, i) => (i === 0 ? offset === 0 : offset >= offsets[i - 1])) ?? true;
    const isWithin = entries?.every((column) => column >= 0 && column < numColumns) ?? true;
    if (!isRising || !isWithin || (offsets?.at(-1) ?? 0) !== numEntries)
      throw new LayerError('bad-input', 'FeatureEmbedding: the features do not fit together; they are damaged');
    this.#host = {
      offsets: (offsets ?? new Int32Array(0)) as Int32Array,
      entries: (entries ?? new Int32Array(0)) as Int32Array,
      weights: (weights ?? new Float32Array(0)) as Float32Array,
      from,
    };
    return this.#host;
  }

  override computeOutputShape([[, units], [items]]: (number | null)[][]) {
    return [items, units];
  }
}

/** Returns rows, each times a number. */
const scaledRows = (rows: tf.Tensor2D, factors: Float32Array): tf.Tensor2D =>
  tf.mul(rows, tf.tensor2d(repeated(factors, rows.shape[1]), rows.shape));
