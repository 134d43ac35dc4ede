import * as tf from '@tensorflow/tfjs-core';
import type { FilledIn, InputShape, LayerOptions } from '../../base/recsys-layer.js';
import { assertInteger } from '../../errors.js';
import { type EmbeddingOptions, EmbeddingTable } from './embedding-table.js';

interface OwnOptions extends EmbeddingOptions {
  /** Number of items, >= 1. The table has one more row: row 0, for padding. */
  numItems: number;
}

export interface ItemEmbeddingOptions extends LayerOptions, OwnOptions {}

/**
 * Looks up item embeddings: int32 `[tokens]` (1 .. numItems) to float32 `[tokens, units]`. Row 0, for padding, starts
 * at zero and stays zero, because packed batches have no padding (Kang & McAuley 2018, section III-A, matrix M).
 *
 * @example
 * const embedding = new ItemEmbedding({ numItems: 1000, units: 50 });
 * const x: tf.Tensor2D = callLayer(embedding, tf.tensor1d([7, 3], 'int32')); // [2, 50]
 */
export class ItemEmbedding extends EmbeddingTable {
  static readonly className = 'RecsysItemEmbedding';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: ItemEmbeddingOptions) {
    super('ItemEmbedding', options, ['numItems']);
    const { numItems, units, initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('ItemEmbedding', 'numItems', numItems, 1, 2 ** 31 - 2); // rows are numbered by int32
    this.options = { numItems, units, initializer, seed };
  }

  override build(inputShape: InputShape): void {
    super.build(inputShape);
    const withoutPad = Float32Array.from({ length: this.rows }, (_, row) => (row === 0 ? 0 : 1));
    tf.tidy(() => this.table.assign(tf.mul(this.table, tf.tensor2d(withoutPad, [this.rows, 1]))));
  }

  override get perItem(): boolean {
    return true;
  }

  protected override get rows(): number {
    return this.options.numItems + 1;
  }
}
