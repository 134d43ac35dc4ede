import type * as tf from '@tensorflow/tfjs-core';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertInteger } from '../errors.js';
import { type EmbeddingOptions, EmbeddingTable } from '../layers/embeddings/embedding-table.js';
import { projectRows } from './weighted-row-sums.js';

interface TableOptions extends EmbeddingOptions {
  /** Number of feature columns, >= 1. */
  numColumns: number;
}

/** A vector for each feature column. */
export class FeatureTable extends EmbeddingTable {
  static readonly className = 'RecsysFeatureTable';
  readonly options: FilledIn<TableOptions>;

  constructor(options: LayerOptions & TableOptions) {
    super('FeatureTable', options, ['numColumns']);
    const { numColumns, units, initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('FeatureTable', 'numColumns', numColumns, 1);
    this.options = { numColumns, units, initializer, seed };
  }

  protected override get rows(): number {
    return this.options.numColumns;
  }
}

interface ProjectionOptions {
  /** Width of the vectors, >= 1. */
  width: number;
  /** Width of the result, >= 1. */
  units: number;
  initializer?: InitializerName | undefined;
  seed?: number | undefined;
}

/** A matrix that takes dense vectors to the width of embeddings, without a bias. Inputs: vectors, and the rows of them. */
export class VectorProjection extends RecsysLayer<object> {
  static readonly className = 'RecsysVectorProjection';
  readonly options: FilledIn<ProjectionOptions>;

  constructor(options: LayerOptions & ProjectionOptions) {
    super('VectorProjection', options, ['width', 'units', 'initializer', 'seed']);
    const { width, units, initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('VectorProjection', 'width', width, 1);
    assertInteger('VectorProjection', 'units', units, 1);
    this.options = { width, units, initializer, seed };
  }

  override build(inputShape: InputShape): void {
    const { width, units, initializer, seed } = this.options;
    this.addWeight('kernel', [width, units], 'float32', createInitializer(initializer, seed));
    super.build(inputShape);
  }

  protected forward([vectors, rows]: tf.Tensor[]): tf.Tensor2D {
    return projectRows(vectors as tf.Tensor2D, rows as tf.Tensor1D, this.kernel);
  }

  /** The matrix, float32 `[width, units]`; owned by the layer, which must be built. */
  get kernel(): tf.Variable<tf.Rank.R2> {
    return this.weight(0);
  }

  override computeOutputShape([, [rows]]: (number | null)[][]) {
    return [rows, this.options.units];
  }
}
