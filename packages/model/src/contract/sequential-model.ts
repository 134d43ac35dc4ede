import type { IdMap, SequenceBatch } from '@recsys/data/core';
import { gatherRows, type NamedVariable, newestRows, pairwiseLogits, prefersTransposedMatMul } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';

/** The part of a model's configuration that the library knows. A model adds its own fields; all must be plain JSON, to be saved. */
export interface SequentialModelConfig {
  /** The catalog: outside ids of items 1 .. numItems. */
  readonly catalog: IdMap;
  /** How many of the newest items of a history the model sees, >= 1. Default 50. */
  readonly maxLength?: number;
}

export interface EncodeOptions {
  /** True in training: dropout acts. */
  readonly training: boolean;
  /** Number of the training step, from 0: with the seed of a layer, it gives the dropout mask of the step. */
  readonly step: number;
}

/**
 * A model that turns each prefix of a sequence into a vector, which is compared with the vectors of items. `fit`, `evaluate`, checkpoints and
 * `recommend` know nothing else of a model. See `docs/write-a-model.md`.
 */
export interface SequentialModel {
  readonly config: SequentialModelConfig;

  /** Name of the kind of model in its files. Default the name of its class. */
  readonly modelName?: string;

  /**
   * Whether the model reads `times` and `queryTimes` of a batch. Then training and evaluation need data with times, and recommendations need
   * the times of a history. Default false.
   */
  readonly usesTimes?: boolean;

  /**
   * Returns the hidden state after each token, float32 `[tokens, hiddenUnits]`, owned by the caller. State t must not depend on tokens
   * after t, nor on other sequences.
   * @param batch packed sequences, borrowed.
   */
  encode(batch: SequenceBatch, options: EncodeOptions): tf.Tensor2D;

  /**
   * Returns the hidden state after the newest token of each sequence, float32 `[size, hiddenUnits]`, outside training; owned by the caller.
   * Optional: for a model that can compute it for less than `encode` costs.
   */
  encodeNewest?(batch: SequenceBatch): tf.Tensor2D;

  /**
   * Returns the vectors that hidden states are compared with, float32 `[numItems + 1, hiddenUnits]`; row 0 is the pad. Called inside
   * `tf.tidy`; may be a weight itself, so the caller must not dispose it.
   * @param options those of the training step, from a loss. Default: outside training.
   */
  itemVectors(options?: EncodeOptions): tf.Tensor2D;

  /**
   * Returns some rows of `itemVectors`, float32 `[items.length, hiddenUnits]`, owned by the caller. Optional: for a model that computes its item
   * vectors, so that losses of sampled items need not wait for all of them.
   * @param items rows, each once.
   */
  itemVectorsOf?(items: Int32Array, options?: EncodeOptions): tf.Tensor2D;

  /** Returns the weights to train, in a fixed order with fixed names; owned by the model. */
  trainableWeights(): NamedVariable[];

  /**
   * Returns what is saved with the weights and not trained, such as features of items; owned by the model. Those that go by item (`perItem`)
   * follow the items to a model with another catalog, and the others do not. Optional.
   */
  fixedWeights?(): NamedVariable[];

  /**
   * Takes note of the items that training is about to see; `fit` calls it before the first step. Optional.
   * @param counts number of training interactions of each item, `[numItems + 1]`.
   */
  noteTraining?(counts: ArrayLike<number>): void;

  /**
   * Returns scores of items for hidden states, higher is better, for a model whose score is not a dot product with `itemVectors()`.
   * @param hidden float32 `[n, hiddenUnits]`, borrowed.
   * @param items int32 `[n, count]`, candidates of each row; absent: all items.
   * @returns float32 `[n, count]`, or `[n, numItems + 1]` where column 0, the pad, is ignored.
   */
  scores?(hidden: tf.Tensor2D, items?: tf.Tensor2D): tf.Tensor2D;

  /** Frees the weights. May be called again. */
  dispose(): void;
}

/** History length that models see when their configuration does not say. */
const defaultMaxLength = 50;

/**
 * Returns how many of the newest items of a history the model sees.
 * @example
 * maxLengthOf(model); // 50
 */
export const maxLengthOf = (model: SequentialModel): number => model.config.maxLength ?? defaultMaxLength;

/**
 * Returns the name of the model in its files.
 * @example
 * modelNameOf(model); // 'SASRec'
 */
export const modelNameOf = (model: SequentialModel): string => model.modelName ?? model.constructor.name;

/**
 * Returns the number of items that the model knows.
 * @example
 * numItemsOf(model); // 3416
 */
export const numItemsOf = (model: SequentialModel): number => model.config.catalog.ids.length;

/**
 * Returns scores of items for hidden states: the model's own, else dot products with its item vectors (Kang & McAuley 2018, equation 5).
 * Shapes as in `SequentialModel.scores`; owned by the caller.
 * @example
 * scoreItems(model, encodeNewest(model, batch)); // [batch.size, numItems + 1]
 */
export const scoreItems = (model: SequentialModel, hidden: tf.Tensor2D, items?: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    if (model.scores !== undefined) return model.scores(hidden, items);
    const vectors = model.itemVectors();
    if (items !== undefined) return pairwiseLogits(hidden, vectors, items);
    return prefersTransposedMatMul()
      ? tf.matMul(hidden, vectors, false, true)
      : tf.matMul(hidden, tf.transpose(vectors));
  });

/**
 * Returns the hidden state after the newest item of each sequence, float32 `[size, hiddenUnits]`, outside training; owned by the caller.
 * @example
 * encodeNewest(model, historyBatch([Int32Array.of(3, 1, 4)], { maxLength: 50 })); // [1, hiddenUnits]
 */
export const encodeNewest = (model: SequentialModel, batch: SequenceBatch): tf.Tensor2D =>
  tf.tidy(
    () =>
      model.encodeNewest?.(batch) ??
      gatherRows(model.encode(batch, { training: false, step: 0 }), newestRows(batch.offsets)),
  );
