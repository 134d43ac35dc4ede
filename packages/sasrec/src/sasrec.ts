import {
  callLayer,
  distinctRows,
  gatherRows,
  ItemEmbedding,
  LayerNorm,
  type NamedVariable,
  namedWeights,
  newestRows,
  randomKey,
  SequenceEmbedding,
  TransformerBlock,
  unitRows,
} from '@recsys/layers';
import {
  type CatalogFilter,
  catalogFilter,
  type EncodeOptions,
  type Id,
  type LoadModelOptions,
  loadModel,
  type Recommendation,
  type RecommendOptions,
  recommend,
  recommendBatch,
  type SavedWeights,
  type SaveModelOptions,
  type SequenceBatch,
  type SequentialModel,
  type SimilarItemsOptions,
  saveModel,
  similarItems,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { fewestWeights, resolveConfig } from './config.js';
import { SASRecError } from './errors.js';
import { type ExplainOptions, type Explanation, explain } from './explain.js';
import { FeaturedItems, layoutOf } from './featured-items.js';
import type { SASRecConfig, SASRecOptions } from './options.js';

/**
 * Self-attentive sequential recommendation (Kang & McAuley, ICDM 2018): item and position embeddings, a stack of causal transformer
 * blocks, and scores that are dot products with item embeddings. Owns its weights; `dispose()` frees them.
 *
 * Letters: N tokens of a packed batch, U hiddenUnits. The type of the item ids is that of the catalog: `SASRec<string>` recommends strings.
 *
 * @example
 * await selectBackend();
 * const model = new SASRec({ catalog: split.catalog, seed: 1 });
 * await fit(model, split, { epochs: 20, seed: 1 });
 * model.recommend(['296', '318']);
 */
export class SASRec<OwnId extends Id = Id> implements SequentialModel {
  readonly modelName = 'SASRec';
  readonly config: SASRecConfig<OwnId>;
  readonly #embedding: SequenceEmbedding;
  readonly #blocks: readonly TransformerBlock[];
  readonly #finalNorm: LayerNorm;
  readonly #outputEmbedding: ItemEmbedding | undefined;
  readonly #features: FeaturedItems | undefined;
  /** Returns the vectors of some items, float32 `[items.length, U]`, owned by the caller; for a model with features. */
  readonly itemVectorsOf?: (items: Int32Array, options?: EncodeOptions) => tf.Tensor2D;
  #disposed = false;

  /** @throws {SASRecError} on an unknown option or one out of range. */
  constructor(options: SASRecOptions<OwnId>) {
    const given = options.features && resolveConfig(options) && layoutOf(options.features, options.catalog);
    this.config = resolveConfig(given === undefined ? options : { ...options, features: given.layout });
    if (tf.engine().backendNames().length === 0)
      throw new SASRecError('no-backend', 'SASRec: no tfjs backend is loaded; call `await selectBackend()` first');
    const { catalog, hiddenUnits: units, maxLength, positions, sharedItemEmbedding } = this.config;
    const { numBlocks, initializer, seed, dropoutRate, normEpsilon } = this.config;
    const numItems = catalog.ids.length;
    this.#embedding = new SequenceEmbedding({
      numItems,
      maxLength: positions !== false && maxLength,
      positions: positions === 'sinusoidal' ? 'sinusoidal' : 'learned',
      units,
      dropoutRate,
      initializer,
      seed,
    });
    if (!sharedItemEmbedding)
      this.#outputEmbedding = new ItemEmbedding({ numItems, units, initializer, seed: randomKey(seed, 3) });
    const { wiring, numHeads, feedForwardUnits, activation, residuals } = this.config;
    this.#blocks = Array.from(
      { length: numBlocks },
      (_, i) =>
        new TransformerBlock({
          hiddenUnits: units,
          wiring,
          numHeads,
          feedForwardUnits,
          activation,
          dropoutRate,
          residuals,
          normEpsilon,
          initializer,
          seed: randomKey(seed, 4 + i),
        }),
    );
    this.#finalNorm = new LayerNorm({ epsilon: normEpsilon });
    if (given !== undefined) {
      const items = this.#embedding.itemEmbedding;
      const features = new FeaturedItems({ items, ...given, initializer, seed: randomKey(seed, 2) });
      this.#features = features;
      this.itemVectorsOf = (rows, options) =>
        tf.tidy(() => {
          const table = features.vectorsOf(rows, options);
          return this.config.similarity === 'cosine' ? unitRows(table) : table;
        });
    }
    for (const { layer } of this.#namedLayers()) layer.build([null, units]);
    this.#features?.fill();
  }

  /** Returns the hidden state after each token, float32 `[N, U]`, owned by the caller. */
  encode(batch: SequenceBatch, { training, step }: EncodeOptions): tf.Tensor2D {
    const { offsets } = batch;
    return tf.tidy(() => {
      let x = this.#embed(batch, { training, step }); // [N, U]
      for (const block of this.#blocks) x = callLayer(block, x, { offsets, training, step });
      return this.#compared(callLayer(this.#finalNorm, x));
    });
  }

  /** Returns the hidden state after the newest token of each sequence, float32 `[size, U]`: the last block computes no more than that. */
  encodeNewest(batch: SequenceBatch): tf.Tensor2D {
    const { offsets } = batch;
    return tf.tidy(() => {
      let x = this.#embed(batch, { training: false, step: 0 }); // [N, U]
      for (const block of this.#blocks.slice(0, -1)) x = callLayer(block, x, { offsets });
      const last = this.#blocks.at(-1);
      x = last === undefined ? gatherRows(x, newestRows(offsets)) : callLayer(last, x, { offsets, newestOnly: true }); // [size, U]
      return this.#compared(callLayer(this.#finalNorm, x));
    });
  }

  /** Returns the attention weights of each block, float32 `[numHeads, length, length]`, for a batch of one sequence; owned by the caller. */
  #attentionWeights(batch: SequenceBatch): tf.Tensor3D[] {
    const { offsets } = batch;
    return tf.tidy(() => {
      let x = this.#embed(batch, { training: false, step: 0 }); // [N, U]
      return this.#blocks.map((block) => {
        const [weights] = block.attentionWeights(x, { offsets });
        x = callLayer(block, x, { offsets });
        return weights;
      });
    });
  }

  /**
   * Returns what hidden states are compared with, float32 `[numItems + 1, U]`, owned by the model: a weight; for cosines its rows at length 1. With
   * features it is computed of embeddings and features: outside training once, at the cost of all features, and kept until the weights change.
   */
  itemVectors(options?: EncodeOptions): tf.Tensor2D {
    const table = this.#features?.all(options) ?? (this.#outputEmbedding ?? this.#embedding.itemEmbedding).table;
    return this.config.similarity === 'cosine' ? unitRows(table) : table;
  }

  /**
   * Returns what the items of a history are embedded as, float32 `[numItems + 1, U]`, owned by the model: with features, the vectors that they make.
   * For exports; for a cosine, `itemVectors` has them at length 1.
   *
   * @example
   * model.inputVectors().shape; // [numItems + 1, hiddenUnits]
   */
  inputVectors(): tf.Tensor2D {
    return this.#features?.all() ?? this.#embedding.itemEmbedding.table;
  }

  /** Returns the weights in the order and by the names of a checkpoint; owned by the model. */
  trainableWeights(): NamedVariable[] {
    const weights = this.#namedLayers().flatMap(({ name, layer }) => namedWeights(layer, name));
    return this.#features?.named(weights) ?? weights;
  }

  /** Returns the features of a model that has some, as weights that are saved and not trained; owned by the model. */
  fixedWeights(): NamedVariable[] {
    return this.#features?.fixedWeights() ?? [];
  }

  /** Takes note of how often training is about to see each item: outside training, those that it never sees have the vectors that their features predict. */
  noteTraining(counts: ArrayLike<number>): void {
    this.#features?.layer.noteTraining(counts);
  }

  /**
   * Returns the best next items for a history of outside ids, best first; see `recommend` of `@recsys/model`.
   *
   * @example
   * model.recommend(['296', '318'], { k: 10 }); // [{ item, score }, …]
   */
  recommend(history: readonly OwnId[], options?: RecommendOptions<OwnId>): Recommendation<OwnId>[] {
    return recommend(this, history, options);
  }

  /**
   * Returns the best next items for each of many histories; see `recommendBatch` of `@recsys/model`.
   *
   * @example
   * model.recommendBatch([['296', '318'], ['1']], { k: 10 }); // two lists
   */
  recommendBatch(
    histories: readonly (readonly OwnId[])[],
    options?: RecommendOptions<OwnId>,
  ): Recommendation<OwnId>[][] {
    return recommendBatch(this, histories, options);
  }

  /**
   * Returns a filter of the catalog, to give to `recommend` as `candidates` or `exclude`; see `catalogFilter` of `@recsys/model`.
   *
   * @example
   * const inStock = model.filter(['296', '318']);
   * model.recommend(['1'], { candidates: inStock });
   */
  filter(ids: Iterable<OwnId> | ((id: OwnId) => boolean)): CatalogFilter {
    return catalogFilter(this.config.catalog, ids);
  }

  /**
   * Returns the items whose embeddings are most like this item's, by cosine, best first; see `similarItems` of `@recsys/model`.
   *
   * @example
   * model.similarItems('296', { k: 5 }); // [{ item, score }, …]
   */
  similarItems(item: OwnId, options?: SimilarItemsOptions): Recommendation<OwnId>[] {
    return similarItems(this, item, options);
  }

  /**
   * Returns what `recommend` returns, with the attention weights behind it and the items of the history that speak for each recommendation.
   *
   * The share of item j of the history in recommendation i is r_j · max(0, cos(e_i, e_j)), divided by the sum over j. r is the row of the newest
   * token in the attention rollout (Abnar & Zuidema 2020) of all blocks, heads averaged and residual connections counted as half; e are the rows
   * of `itemVectors()`. So an item counts that the model attends to and that is like the recommended one.
   *
   * Limits: rollout leaves out what values, layer norms and feed-forward networks do, and it favours the newest item, whose residual connection
   * alone is 2^-numBlocks of it. Attention weights need not be causes (Jain & Wallace 2019): to know what an item does, recommend without it.
   *
   * @param history outside ids, oldest first.
   * @param options as of `recommend`, without `fallback`.
   * @throws {ModelError} as `recommend`; `unknown-item` also when the model knows no item of the history.
   * @example
   * const { items, weights, because } = model.explain(['296', '318'], { k: 10 });
   * weights[0][0][1]; // how much the newest item, in block 0 and head 0, attends to each of items: [0.3, 0.7]
   * because[0]; // { item: '593', score: 5.1, reasons: [{ item: '318', share: 0.8 }, { item: '296', share: 0.2 }] }
   */
  explain(history: readonly OwnId[], options?: ExplainOptions<OwnId>): Explanation<OwnId> {
    return explain({ model: this, attentionWeights: (batch) => this.#attentionWeights(batch) }, history, options);
  }

  /**
   * Writes `model.json` and `weights.bin`, in the tfjs format, with the configuration and the item ids inside.
   *
   * @param destination a directory (Node), with missing folders above it made; or any tfjs save handler.
   * @param options.overwrite replace a saved model: who loads it meanwhile gets the old one or the new one, each whole. Default false.
   * @throws {CheckpointError} `cannot-write` when the directory exists, or cannot be written or replaced.
   * @example
   * await model.save('models/movies', { overwrite: true });
   */
  save(destination: string | tf.io.IOHandler, options?: SaveModelOptions): Promise<void> {
    return saveModel(this, destination, options);
  }

  /**
   * Returns the model that `save` or a training run wrote.
   *
   * @param source a saved model, a checkpoint, or a run directory, whose best checkpoint is read (in Node); or any tfjs load handler.
   * @throws {CheckpointError} when a file is missing or altered, naming it.
   * @throws {ModelError} when the files hold another model, or weights that do not fit its configuration.
   * @example
   * const model = await SASRec.load('runs/movies');
   */
  static load<OwnId extends Id = Id>(
    source: string | tf.io.IOHandler,
    options?: LoadModelOptions,
  ): Promise<SASRec<OwnId>> {
    return loadModel(source, SASRec.#forWeights<OwnId>, options);
  }

  /** Returns a model for saved weights; a damaged configuration may ask for more than there are, and is refused before memory is taken. */
  static #forWeights<OwnId extends Id>(options: SASRecOptions<OwnId>, { numWeights }: SavedWeights): SASRec<OwnId> {
    const needed = fewestWeights(resolveConfig(options));
    if (needed > numWeights)
      throw new SASRecError(
        'bad-option',
        `SASRec.load: the configuration has at least ${needed} weights, the files have ${numWeights}; they are damaged`,
      );
    return new SASRec(options);
  }

  /** Frees the weights. May be called again. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { variable } of this.trainableWeights()) variable.dispose();
    this.#features?.dispose();
  }

  /** Returns the input of the first block, float32 `[N, U]`. With features, the vector of each item of the batch is computed once. */
  #embed({ items, positions }: SequenceBatch, options: EncodeOptions): tf.Tensor2D {
    const inputs = (rows: Int32Array) => [tf.tensor1d(rows, 'int32'), tf.tensor1d(positions, 'int32')];
    if (this.#features === undefined) return callLayer(this.#embedding, inputs(items), options);
    const { rows, places } = distinctRows(this.config.catalog.ids.length + 1, [items]);
    const table = this.#features.vectorsOf(rows, options);
    return callLayer(this.#embedding, inputs(places[0]), { ...options, table });
  }

  /** Returns states as they are compared with item vectors: for cosines at length 1 / temperature, so that dot products are the scores. */
  #compared(x: tf.Tensor2D): tf.Tensor2D {
    const { similarity, temperature } = this.config;
    return similarity === 'cosine' ? unitRows(x, { length: 1 / temperature }) : x;
  }

  /** The layers that hold weights, in the order and by the names of a checkpoint. */
  #namedLayers(): { name?: string; layer: layers.Layer }[] {
    return [
      { layer: this.#embedding }, // itemEmbedding, positionEmbedding
      ...this.#blocks.map((layer, i) => ({ name: `block${i}`, layer })),
      { name: 'finalNorm', layer: this.#finalNorm },
      ...(this.#outputEmbedding ? [{ name: 'outputEmbedding', layer: this.#outputEmbedding }] : []),
      ...(this.#features ? [{ name: 'features', layer: this.#features.layer }] : []),
    ];
  }
}
