import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../../base/call-layer.js';
import { CompositeLayer } from '../../base/composite-layer.js';
import type { InitializerName } from '../../base/initializer.js';
import type { FilledIn, InputShape, LayerOptions } from '../../base/recsys-layer.js';
import { assertInteger, assertRate, LayerError } from '../../errors.js';
import { randomKey } from '../../ops/dropout-random.js';
import { embedTokens, sinusoids } from '../../ops/embed-tokens.js';
import { stepKey } from '../step-key.js';
import { ItemEmbedding } from './item-embedding.js';
import { PositionEmbedding } from './position-embedding.js';

interface OwnOptions {
  /** Number of items, >= 1. The table has one more row: row 0, for padding. */
  numItems: number;
  /** Number of positions, >= 1; `false` for no position embedding. */
  maxLength: number | false;
  /**
   * How positions are embedded: `learned`, by weights, or `sinusoidal`, by sines and cosines of fixed wavelengths (Vaswani et al. 2017,
   * section 3.5). Default `learned`.
   */
  positions?: 'learned' | 'sinusoidal' | undefined;
  /** Width of an embedding, >= 1. */
  units: number;
  /** Factor of the item embeddings. Default `sqrt(units)`, as in the authors' code. */
  scale?: number | undefined;
  /** Probability of dropping an element of the sum in training, in [0, 1). Default 0. */
  dropoutRate?: number | undefined;
  /** Initializer of the tables. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface SequenceEmbeddingOptions extends LayerOptions, OwnOptions {}

/** Call options of `SequenceEmbedding`. */
export interface SequenceCallOptions extends DropoutCallOptions {
  /** Vectors that items are rows of, float32 `[n, units]`, borrowed. Default the item embedding. */
  table?: tf.Tensor2D | undefined;
}

/**
 * The input of a sequence model: `dropout(scale · item + position)` for each token, in one pass (Kang & McAuley 2018,
 * equation 1; with `sinusoidal`, positions have no weights). Input: items, int32 `[tokens]` (1 .. numItems), or `[items, positions]` with positions int32 `[tokens]`
 * (0 .. maxLength - 1). Output: float32 `[tokens, units]`.
 *
 * @example
 * const embedding = new SequenceEmbedding({ numItems: 1000, maxLength: 50, units: 64, dropoutRate: 0.2, seed: 1 });
 * const inputs = [tf.tensor1d([7, 3], 'int32'), tf.tensor1d([48, 49], 'int32')];
 * const x: tf.Tensor2D = callLayer(embedding, inputs, { training: true, step: 0 }); // [2, 64]
 */
export class SequenceEmbedding extends CompositeLayer<SequenceCallOptions> {
  static readonly className = 'RecsysSequenceEmbedding';
  readonly options: FilledIn<OwnOptions>;
  readonly itemEmbedding: ItemEmbedding;
  readonly positionEmbedding: PositionEmbedding | undefined;
  /** Row-major `[maxLength, units]`. */
  private readonly sinusoids: Float32Array | undefined;
  readonly parts: Readonly<Record<string, layers.Layer>>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: SequenceEmbeddingOptions) {
    super('SequenceEmbedding', options, [
      'numItems',
      'maxLength',
      'positions',
      'units',
      'scale',
      'dropoutRate',
      'initializer',
      'seed',
    ]);
    const { numItems, maxLength, positions = 'learned', units, scale = Math.sqrt(units), dropoutRate = 0 } = options;
    const { initializer = 'glorotUniform', seed = 0 } = options;
    assertRate('SequenceEmbedding', 'dropoutRate', dropoutRate);
    if (positions !== 'learned' && positions !== 'sinusoidal') {
      const got = String(positions);
      throw new LayerError('bad-option', `SequenceEmbedding: positions must be learned or sinusoidal, got ${got}`);
    }
    this.options = { numItems, maxLength, positions, units, scale, dropoutRate, initializer, seed };
    this.itemEmbedding = new ItemEmbedding({ numItems, units, initializer, seed: randomKey(seed, 0) });
    if (maxLength !== false && positions === 'sinusoidal') {
      assertInteger('SequenceEmbedding', 'maxLength', maxLength, 1);
      this.sinusoids = sinusoids(maxLength, units);
    } else if (maxLength !== false)
      this.positionEmbedding = new PositionEmbedding({ maxLength, units, initializer, seed: randomKey(seed, 1) });
    this.parts = {
      itemEmbedding: this.itemEmbedding,
      ...(this.positionEmbedding && { positionEmbedding: this.positionEmbedding }),
    };
  }

  protected forward([items, positions]: tf.Tensor1D[], options: SequenceCallOptions): tf.Tensor2D {
    const { scale, dropoutRate, seed } = this.options;
    if (this.options.maxLength !== false && positions === undefined)
      throw new LayerError('bad-input', 'SequenceEmbedding: takes [items, positions], got only items');
    const drops = options.training === true && dropoutRate > 0;
    return tf.tidy(() => {
      const positionTable = this.positionTable();
      return embedTokens(options.table ?? this.itemEmbedding.table, items, {
        scale,
        position: positionTable && { table: positionTable, positions },
        dropout: drops ? { rate: dropoutRate, key: stepKey('SequenceEmbedding', options, seed, 2) } : undefined,
      });
    });
  }

  /** Returns what positions are rows of, float32 `[maxLength, units]`: weights, or a tensor that the caller owns. */
  private positionTable(): tf.Tensor2D | undefined {
    if (this.sinusoids === undefined) return this.positionEmbedding?.table;
    const { units } = this.options;
    return tf.tensor2d(this.sinusoids, [this.sinusoids.length / units, units]);
  }

  override computeOutputShape(inputShape: InputShape) {
    const [tokens] = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as (number | null)[];
    return [tokens, this.options.units];
  }
}
