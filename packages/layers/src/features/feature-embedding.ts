import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { CompositeLayer } from '../base/composite-layer.js';
import type { InitializerName } from '../base/initializer.js';
import type { NamedVariable } from '../base/named-weights.js';
import type { FilledIn, InputShape, LayerOptions } from '../base/recsys-layer.js';
import { assertInteger, assertRate, LayerError } from '../errors.js';
import { stepKey } from '../layers/step-key.js';
import { maskAttributes, randomBits, randomKey } from '../ops/dropout-random.js';
import { gatherRows } from '../ops/rows.js';
import { FeatureTable, VectorProjection } from './feature-parts.js';
import { repeated, type SumEntries, weightedRowSums } from './weighted-row-sums.js';

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
  /** Probability that an item has no embedding of its own in a training step, in [0, 1). Default 0. */
  embeddingDropout?: number | undefined;
  /** Initializer of the vectors of columns and of the projection. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and of the dropped embeddings. Default 0. */
  seed?: number | undefined;
}

export interface FeatureEmbeddingOptions extends LayerOptions, OwnOptions {}

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

/** What row 0 of `trained`, the pad, says of the layer. */
const noValues = 0;
const notTrained = 1;
const isTrained = 2;

/**
 * Item vectors of embeddings and features: `v = e + sum over entries of weight · P[column] + d · W` for an item with embedding `e` and dense
 * features `d`. `P` has a vector per column and `W` is a matrix; both are trained, the features are not. The vector of an item that was never
 * trained on is that of its features (Kula 2015 sums embeddings of features in this way, for items without interactions).
 *
 * Inputs: the table of item embeddings, float32 `[numItems + 1, units]`, and items, int32 `[n]`. Output: float32 `[n, units]`, at the cost of
 * these items alone.
 *
 * In training, an item has no embedding of its own in some steps, so that features learn to do without it (Volkovs et al., NeurIPS 2017, who
 * do not rescale the rest either). Which items these are depends on seed, step and item. Outside training, items that `noteTraining` was not told
 * of have none.
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
export class FeatureEmbedding extends CompositeLayer<DropoutCallOptions> {
  static readonly className = 'RecsysFeatureEmbedding';
  readonly options: FilledIn<OwnOptions>;
  readonly parts: Readonly<Record<string, layers.Layer>>;
  readonly #columns: FeatureTable | undefined;
  readonly #projection: VectorProjection | undefined;
  readonly #fixed = new Map<string, tf.Variable>();
  /** Copies of the features on the host, and the tensors that they were read from. */
  #host: (Omit<FeatureValues, 'vectors'> & { readonly from: readonly object[] }) | undefined;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: FeatureEmbeddingOptions) {
    super('FeatureEmbedding', options, [
      'numItems',
      'units',
      'numColumns',
      'numEntries',
      'vectorWidth',
      'embeddingDropout',
      'initializer',
      'seed',
    ]);
    const { numItems, units, numColumns, numEntries, vectorWidth, embeddingDropout = 0 } = options;
    const { initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('FeatureEmbedding', 'numItems', numItems, 1);
    assertInteger('FeatureEmbedding', 'units', units, 1);
    assertInteger('FeatureEmbedding', 'numColumns', numColumns, 0);
    assertInteger('FeatureEmbedding', 'numEntries', numEntries, 0);
    assertInteger('FeatureEmbedding', 'vectorWidth', vectorWidth, 0);
    assertRate('FeatureEmbedding', 'embeddingDropout', embeddingDropout);
    this.options = { numItems, units, numColumns, numEntries, vectorWidth, embeddingDropout, initializer, seed };
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
   * Takes note of the items that training is about to see, beside those of earlier trainings.
   * @param counts number of training interactions of each item, `[numItems + 1]`.
   */
  noteTraining(counts: ArrayLike<number>): void {
    const trained = this.#fixed.get('trained')!;
    const before = trained.dataSync<'int32'>();
    const after = Int32Array.from(before, (was, item) => {
      if (item === 0) return was === noValues ? noValues : isTrained;
      return counts[item] > 0 || (before[0] === isTrained && was === 1) ? 1 : 0;
    });
    tf.tidy(() => trained.assign(tf.tensor1d(after, 'int32')));
  }

  protected forward([table, items]: tf.Tensor[], options: DropoutCallOptions): tf.Tensor2D {
    return this.vectorsOf(table as tf.Tensor2D, items.dataSync<'int32'>() as unknown as Int32Array, options);
  }

  /**
   * Returns the vectors of items that are on the host, as a call with their tensor does, some of them at a time.
   * @param table float32 `[numItems + 1, units]`, borrowed.
   * @returns float32 `[items.length, units]`, owned by the caller.
   */
  vectorsOf(table: tf.Tensor2D, items: Int32Array, options: DropoutCallOptions = {}): tf.Tensor2D {
    const { units, vectorWidth } = this.options;
    const { offsets } = this.#valuesOnHost();
    const mask = this.#ownMask(options);
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
        blocks.push(tf.tidy(() => this.#block(table, block, mask)));
        [start, entries] = [end, 0];
      }
      return blocks.length === 1 ? blocks[0] : tf.concat(blocks);
    });
  }

  #block(table: tf.Tensor2D, items: Int32Array, hasOwn: (item: number) => boolean): tf.Tensor2D {
    const { units } = this.options;
    const rows = tf.tensor1d(items, 'int32');
    let x = gatherRows(table, rows);
    const kept = Float32Array.from(items, (item) => (hasOwn(item) ? 1 : 0));
    if (kept.includes(0)) x = tf.mul(x, tf.tensor2d(repeated(kept, units), x.shape));
    if (this.#columns !== undefined) {
      const entries = this.#entriesOf(items);
      // With no entry at all, the sum still puts the table on the tape, so that it has a gradient of zeros.
      x = tf.add(x, weightedRowSums(this.#columns.table, entries, items.length));
    }
    const vectors = this.#fixed.get('vectors') as tf.Variable<tf.Rank.R2> | undefined;
    if (this.#projection !== undefined && vectors !== undefined)
      x = tf.add(x, this.#projection.apply([vectors, rows]) as tf.Tensor2D);
    return x;
  }

  /** Returns whether an item has an embedding of its own in a call. */
  #ownMask(options: DropoutCallOptions): (item: number) => boolean {
    const { embeddingDropout, seed } = this.options;
    if (options.training === true) {
      if (embeddingDropout === 0) return () => true;
      const key = stepKey('FeatureEmbedding', options, seed, 2);
      const { threshold } = maskAttributes({ rate: embeddingDropout, key });
      return (item) => randomBits(key, item) >= threshold;
    }
    const trained = this.#fixed.get('trained')!.dataSync<'int32'>();
    return trained[0] === isTrained ? (item) => trained[item] === 1 : () => true;
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
