import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type LayerArguments, mergeConfig, onlyInput, weightValue } from '../base/sequence-layer.js';
import { assertInteger } from '../errors.js';
import { gatherRows } from '../ops/rows.js';

export interface EmbeddingArguments extends LayerArguments {
  /** Width of an embedding, >= 1. */
  units: number;
  /** How the table starts. Default `glorotUniform`. */
  initializer?: InitializerName;
  /** Seed of the start. Default 0. */
  seed?: number;
}

export interface ItemEmbeddingArguments extends EmbeddingArguments {
  /** Number of items; the table has one row more, row 0 for the pad. */
  numItems: number;
}

export interface PositionEmbeddingArguments extends EmbeddingArguments {
  /** Number of positions. */
  maxLength: number;
}

/** A table of rows, looked up by index, with a gradient whose cost follows the batch. */
abstract class EmbeddingTable extends layers.Layer {
  readonly units: number;
  readonly initializer: InitializerName;
  readonly seed: number;

  constructor(where: string, args: EmbeddingArguments) {
    super(args);
    assertInteger(where, 'units', args.units, 1);
    this.units = args.units;
    this.initializer = args.initializer ?? 'glorotUniform';
    this.seed = args.seed ?? 0;
  }

  protected abstract get rows(): number;

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
    const initializer = createInitializer(this.initializer, this.seed);
    this.addWeight('embeddings', [this.rows, this.units], 'float32', initializer);
    super.build(inputShape);
  }

  /** The table, float32 `[rows, units]`; owned by the layer, which must be built. */
  get table(): tf.Variable<tf.Rank.R2> {
    return weightValue<tf.Variable<tf.Rank.R2>>(this.weights[0]!);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor2D {
    return gatherRows(this.table, onlyInput<tf.Tensor1D>(inputs));
  }

  override computeOutputShape(inputShape: Parameters<layers.Layer['computeOutputShape']>[0]) {
    return [...(inputShape as (number | null)[]), this.units];
  }

  override getConfig() {
    const { units, initializer, seed } = this;
    return mergeConfig(super.getConfig(), { units, initializer, seed });
  }
}

/**
 * Looks up item embeddings: int32 `[tokens]` (1 .. numItems) to float32 `[tokens, units]`. Row 0, the pad, starts at zero and stays
 * there, because no token of a packed batch is a pad (Kang & McAuley 2018, section III-A, matrix M).
 */
export class ItemEmbedding extends EmbeddingTable {
  static readonly className = 'RecsysItemEmbedding';
  readonly numItems: number;

  constructor(args: ItemEmbeddingArguments) {
    super('ItemEmbedding', args);
    assertInteger('ItemEmbedding', 'numItems', args.numItems, 1, 2 ** 31 - 2); // rows are numbered by int32
    this.numItems = args.numItems;
  }

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
    super.build(inputShape);
    const rows = this.numItems + 1;
    const withoutPad = Float32Array.from({ length: rows }, (_, row) => (row === 0 ? 0 : 1));
    tf.tidy(() => this.table.assign(tf.mul(this.table, tf.tensor2d(withoutPad, [rows, 1]))));
  }

  protected override get rows(): number {
    return this.numItems + 1;
  }

  override getConfig() {
    return mergeConfig(super.getConfig(), { numItems: this.numItems });
  }
}

/**
 * Looks up position embeddings: int32 `[tokens]` (0 .. maxLength - 1) to float32 `[tokens, units]`. The newest item of a sequence is
 * at `maxLength - 1` (Kang & McAuley 2018, section III-A, matrix P).
 */
export class PositionEmbedding extends EmbeddingTable {
  static readonly className = 'RecsysPositionEmbedding';
  readonly maxLength: number;

  constructor(args: PositionEmbeddingArguments) {
    super('PositionEmbedding', args);
    assertInteger('PositionEmbedding', 'maxLength', args.maxLength, 1);
    this.maxLength = args.maxLength;
  }

  protected override get rows(): number {
    return this.maxLength;
  }

  override getConfig() {
    return mergeConfig(super.getConfig(), { maxLength: this.maxLength });
  }
}
