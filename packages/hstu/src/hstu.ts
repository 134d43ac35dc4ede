import {
  callLayer,
  gatherRows,
  HstuBlock,
  type HstuCallOptions,
  type NamedVariable,
  namedWeights,
  newestRows,
  randomKey,
  SequenceEmbedding,
  timeBuckets,
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
import { HSTUError } from './errors.js';
import type { HSTUConfig, HSTUOptions } from './options.js';

/**
 * HSTU (Zhai et al., ICML 2024, section 3.2): item and position embeddings, a stack of blocks whose attention has no softmax and depends on the
 * distance of items and on the time between them, and scores that are cosines over a temperature. Owns its weights; `dispose()` frees them.
 *
 * Letters: N tokens of a packed batch, U hiddenUnits. The type of the item ids is that of the catalog: `HSTU<string>` recommends strings.
 *
 * @example
 * await selectBackend();
 * const model = new HSTU({ catalog: split.catalog, seed: 1 });
 * await fit(model, split, { epochs: 20, seed: 1, loss: crossEntropy() });
 * model.recommend(['296', '318'], { times: [1790000000, 1790000600] }); // in seconds since 1970
 */
export class HSTU<OwnId extends Id = Id> implements SequentialModel {
  readonly modelName = 'HSTU';
  readonly config: HSTUConfig<OwnId>;
  readonly #embedding: SequenceEmbedding;
  readonly #blocks: readonly HstuBlock[];
  #disposed = false;

  /** @throws {HSTUError} on an unknown option or one out of range. */
  constructor(options: HSTUOptions<OwnId>) {
    this.config = resolveConfig(options);
    if (tf.engine().backendNames().length === 0)
      throw new HSTUError('no-backend', 'HSTU: no tfjs backend is loaded; call `await selectBackend()` first');
    const { catalog, hiddenUnits: units, maxLength, numBlocks, dropoutRate, seed } = this.config;
    this.#embedding = new SequenceEmbedding({ numItems: catalog.ids.length, maxLength, units, dropoutRate, seed });
    const { numHeads, attentionUnits, linearUnits, timeBias, normEpsilon } = this.config;
    this.#blocks = Array.from(
      { length: numBlocks },
      (_, i) =>
        new HstuBlock({
          hiddenUnits: units,
          maxLength,
          numHeads,
          attentionUnits,
          linearUnits,
          timeBias,
          dropoutRate,
          normEpsilon,
          seed: randomKey(seed, 4 + i),
        }),
    );
    for (const { layer } of this.#namedLayers()) layer.build([null, units]);
  }

  /** Whether batches need times: with `timeBias`. */
  get usesTimes(): boolean {
    return this.config.timeBias;
  }

  /**
   * Returns the hidden state after each token, float32 `[N, U]`, owned by the caller; for cosines, of length 1 / temperature.
   * @throws {HSTUError} `no-times` when the batch has no times and the model uses them.
   */
  encode(batch: SequenceBatch, { training, step }: EncodeOptions): tf.Tensor2D {
    const options = this.#callOptions('encode', batch);
    return tf.tidy(() => {
      let x: tf.Tensor2D = callLayer(this.#embedding, inputsOf(batch), { training, step }); // [N, U]
      for (const block of this.#blocks) x = callLayer(block, x, { ...options, training, step });
      return this.#compared(x);
    });
  }

  /** Returns the hidden state after the newest token of each sequence, float32 `[size, U]`: the last block computes no more than that. */
  encodeNewest(batch: SequenceBatch): tf.Tensor2D {
    const options = this.#callOptions('encodeNewest', batch);
    return tf.tidy(() => {
      let x: tf.Tensor2D = callLayer(this.#embedding, inputsOf(batch)); // [N, U]
      for (const block of this.#blocks.slice(0, -1)) x = callLayer(block, x, options);
      const last = this.#blocks.at(-1);
      x =
        last === undefined
          ? gatherRows(x, newestRows(batch.offsets))
          : callLayer(last, x, { ...options, newestOnly: true });
      return this.#compared(x);
    });
  }

  /** Returns what hidden states are compared with, float32 `[numItems + 1, U]`: the item embeddings, for cosines of length 1. */
  itemVectors(): tf.Tensor2D {
    const { table } = this.#embedding.itemEmbedding;
    return this.config.similarity === 'cosine' ? unitRows(table) : table;
  }

  /** Returns the weights in the order and by the names of a checkpoint; owned by the model. */
  trainableWeights(): NamedVariable[] {
    return this.#namedLayers().flatMap(({ name, layer }) => namedWeights(layer, name));
  }

  /**
   * Returns the best next items for a history of outside ids, best first; see `recommend` of `@recsys/model`.
   *
   * @example
   * model.recommend(['296', '318'], { times: [1790000000, 1790000600], k: 10 }); // [{ item, score }, …]
   */
  recommend(history: readonly OwnId[], options?: RecommendOptions<OwnId>): Recommendation<OwnId>[] {
    return recommend(this, history, options);
  }

  /**
   * Returns the best next items for each of many histories; see `recommendBatch` of `@recsys/model`.
   *
   * @example
   * model.recommendBatch([['296', '318'], ['1']], { times: [[1790000000, 1790000600], [1790000000]], k: 10 }); // two lists
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
   * model.recommend(['1'], { times: [1790000000], candidates: inStock });
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
   * const model = await HSTU.load('runs/movies');
   */
  static load<OwnId extends Id = Id>(
    source: string | tf.io.IOHandler,
    options?: LoadModelOptions,
  ): Promise<HSTU<OwnId>> {
    return loadModel(source, HSTU.#forWeights<OwnId>, options);
  }

  /** Returns a model for saved weights; a damaged configuration may ask for more than there are, and is refused before memory is taken. */
  static #forWeights<OwnId extends Id>(options: HSTUOptions<OwnId>, { numWeights }: SavedWeights): HSTU<OwnId> {
    const needed = fewestWeights(resolveConfig(options));
    if (needed > numWeights)
      throw new HSTUError(
        'bad-option',
        `HSTU.load: the configuration has at least ${needed} weights, the files have ${numWeights}; they are damaged`,
      );
    return new HSTU(options);
  }

  /** Frees the weights. May be called again. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { variable } of this.trainableWeights()) variable.dispose();
  }

  /** Returns states as they are compared with item vectors: their dot products are then cosines over the temperature. */
  #compared(x: tf.Tensor2D): tf.Tensor2D {
    const { similarity, temperature } = this.config;
    return similarity === 'cosine' ? unitRows(x, { length: 1 / temperature }) : x;
  }

  /** Returns the options of a call of the blocks. */
  #callOptions(where: string, { offsets, times, queryTimes }: SequenceBatch): HstuCallOptions {
    if (!this.usesTimes) return { offsets };
    if (times === undefined || queryTimes === undefined)
      throw new HSTUError('no-times', `HSTU.${where}: the batch has no times.`, {
        advice: { option: 'timeBias', value: false, purpose: 'for an HSTU without times' },
      });
    return { offsets, timeBuckets: timeBuckets(times, queryTimes, offsets) };
  }

  /** The layers that hold weights, in the order and by the names of a checkpoint. */
  #namedLayers(): { name?: string; layer: layers.Layer }[] {
    return [
      { layer: this.#embedding }, // itemEmbedding, positionEmbedding
      ...this.#blocks.map((layer, i) => ({ name: `block${i}`, layer })),
    ];
  }
}

/** The inputs of the embedding layer: the item and the position of each token, int32 `[N]`. Position 0 is the oldest item of a sequence. */
const inputsOf = ({ size, offsets, items }: SequenceBatch): tf.Tensor[] => {
  const positions = new Int32Array(items.length);
  for (let b = 0; b < size; b++) for (let t = offsets[b]; t < offsets[b + 1]; t++) positions[t] = t - offsets[b];
  return [tf.tensor1d(items, 'int32'), tf.tensor1d(positions, 'int32')];
};
