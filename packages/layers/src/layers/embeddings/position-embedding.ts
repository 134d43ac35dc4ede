import type { FilledIn, LayerOptions } from '../../base/recsys-layer.js';
import { assertInteger } from '../../errors.js';
import { type EmbeddingOptions, EmbeddingTable } from './embedding-table.js';

interface OwnOptions extends EmbeddingOptions {
  /** Number of positions, >= 1. */
  maxLength: number;
}

export interface PositionEmbeddingOptions extends LayerOptions, OwnOptions {}

/**
 * Looks up position embeddings: int32 `[tokens]` (0 .. maxLength - 1) to float32 `[tokens, units]`. The newest item of
 * a sequence has position `maxLength - 1` (Kang & McAuley 2018, section III-A, matrix P).
 *
 * @example
 * const embedding = new PositionEmbedding({ maxLength: 50, units: 64 });
 * const x: tf.Tensor2D = callLayer(embedding, tf.tensor1d([48, 49], 'int32')); // [2, 64]
 */
export class PositionEmbedding extends EmbeddingTable {
  static readonly className = 'RecsysPositionEmbedding';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: PositionEmbeddingOptions) {
    super('PositionEmbedding', options, ['maxLength']);
    const { maxLength, units, initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('PositionEmbedding', 'maxLength', maxLength, 1);
    this.options = { maxLength, units, initializer, seed };
  }

  protected override get rows(): number {
    return this.options.maxLength;
  }
}
