import type * as tf from '@tensorflow/tfjs-core';
import { createInitializer, type InitializerName } from '../../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../../base/recsys-layer.js';
import { assertInteger } from '../../errors.js';
import { gatherRows } from '../../ops/rows.js';

export interface EmbeddingOptions {
  /** Width of an embedding, >= 1. */
  units: number;
  /** Initializer of the table. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights. Default 0. */
  seed?: number | undefined;
}

/** Embeddings looked up by index, with a gradient whose cost grows with the batch and not with the table. */
export abstract class EmbeddingTable extends RecsysLayer<object> {
  abstract override readonly options: FilledIn<EmbeddingOptions>;
  /** Number of rows of the table. */
  protected abstract get rows(): number;

  constructor(where: string, options: LayerOptions & EmbeddingOptions, known: readonly string[]) {
    super(where, options, ['units', 'initializer', 'seed', ...known]);
    assertInteger(where, 'units', options.units, 1);
  }

  override build(inputShape: InputShape): void {
    const { units, initializer, seed } = this.options;
    this.addWeight('embeddings', [this.rows, units], 'float32', createInitializer(initializer, seed));
    super.build(inputShape);
  }

  override get isEmbedding(): boolean {
    return true;
  }

  /** The table, float32 `[rows, units]`; owned by the layer, which must be built. */
  get table(): tf.Variable<tf.Rank.R2> {
    return this.weight(0);
  }

  protected forward([indices]: [tf.Tensor1D]): tf.Tensor2D {
    return gatherRows(this.table, indices);
  }

  override computeOutputShape(inputShape: InputShape) {
    return [...(inputShape as (number | null)[]), this.options.units];
  }
}
