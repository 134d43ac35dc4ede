import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertInteger, assertRate, LayerError } from '../errors.js';
import { assertOffsets } from '../ops/assert-offsets.js';
import { causalAttention, causalAttentionWeights, newestAttention } from '../ops/attention/causal-attention.js';
import { dense } from '../ops/dense.js';
import { type DropoutMask, randomKey } from '../ops/dropout-random.js';
import type { DenseWeights } from '../ops/transformer-block.js';
import { stepKey } from './step-key.js';

interface OwnOptions {
  /** Width of input and output, >= 1. */
  hiddenUnits: number;
  /** Number of heads, a divisor of `hiddenUnits`. Default 1, as in the paper. */
  numHeads?: number | undefined;
  /** Probability of dropping an attention weight in training, in [0, 1). Default 0. */
  dropoutRate?: number | undefined;
  /**
   * Whether a dense layer follows the concatenated heads, as in the PyTorch port but not in the paper. Default false.
   */
  outputProjection?: boolean | undefined;
  /** Initializer of the kernels; biases start at zero. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface CausalSelfAttentionOptions extends LayerOptions, OwnOptions {}

export interface AttentionCallOptions extends DropoutCallOptions {
  /** `[size + 1]`: sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`. */
  offsets: Int32Array;
  /**
   * Whether the query has only the newest token of each sequence, `[size, hiddenUnits]`. Not for training. Default
   * false.
   */
  newestOnly?: boolean | undefined;
}

/**
 * Multi-head self-attention over packed sequences, in which a token attends to itself and the tokens before it (Kang &
 * McAuley 2018, equations 2 and 3). Input: `x`, or `[query, key, value]` if they are normalized differently; each
 * float32 `[tokens, hiddenUnits]`. Output: float32 `[tokens, hiddenUnits]`. Calls need `offsets`. With `newestOnly`,
 * query and output are `[size, hiddenUnits]`.
 *
 * @example
 * const attention = new CausalSelfAttention({ hiddenUnits: 50, numHeads: 2 });
 * const offsets = Int32Array.of(0, 3, 5); // two sequences, of 3 and 2 tokens
 * const y: tf.Tensor2D = callLayer(attention, tf.randomNormal([5, 50]), { offsets }); // [5, 50]
 */
export class CausalSelfAttention extends RecsysLayer<AttentionCallOptions> {
  static readonly className = 'RecsysCausalSelfAttention';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: CausalSelfAttentionOptions) {
    super('CausalSelfAttention', options, [
      'hiddenUnits',
      'numHeads',
      'dropoutRate',
      'outputProjection',
      'initializer',
      'seed',
    ]);
    const { hiddenUnits, numHeads = 1, dropoutRate = 0, outputProjection = false } = options;
    const { initializer = 'glorotUniform', seed = 0 } = options;
    assertInteger('CausalSelfAttention', 'hiddenUnits', hiddenUnits, 1);
    assertInteger('CausalSelfAttention', 'numHeads', numHeads, 1);
    assertRate('CausalSelfAttention', 'dropoutRate', dropoutRate);
    if (hiddenUnits % numHeads !== 0) {
      throw new LayerError(
        'bad-option',
        `CausalSelfAttention: hiddenUnits (${hiddenUnits}) must be divisible by numHeads (${numHeads})`,
      );
    }
    this.options = { hiddenUnits, numHeads, dropoutRate, outputProjection, initializer, seed };
  }

  override build(inputShape: InputShape): void {
    const { hiddenUnits, outputProjection, initializer, seed } = this.options;
    const projections = ['query', 'key', 'value', ...(outputProjection ? ['output'] : [])];
    projections.forEach((projection, i) => {
      const start = createInitializer(initializer, randomKey(seed, i));
      this.addWeight(`${projection}.kernel`, [hiddenUnits, hiddenUnits], 'float32', start);
      this.addWeight(`${projection}.bias`, [hiddenUnits], 'float32', initializers.zeros());
    });
    super.build(inputShape);
  }

  /** @internal The weights, for ops that compute the layer and others together; owned by the layer. */
  weightsByName(): Record<'query' | 'key' | 'value', DenseWeights> & { output?: DenseWeights | undefined } {
    const [query, key, value] = [this.projection(0), this.projection(1), this.projection(2)];
    return { query, key, value, output: this.options.outputProjection ? this.projection(3) : undefined };
  }

  /** @internal The dropout mask of the attention weights in a call. */
  dropoutMask(options: DropoutCallOptions): DropoutMask {
    const { dropoutRate: rate, seed } = this.options;
    const drops = options.training === true && rate > 0;
    return drops ? { rate, key: stepKey('CausalSelfAttention', options, seed) } : { rate: 0, key: 0 };
  }

  protected forward(inputs: tf.Tensor2D[], options: AttentionCallOptions): tf.Tensor2D {
    const [query, key, value] = inputsOf(inputs);
    const { numHeads, outputProjection } = this.options;
    const offsets = offsetsOf(key, options);
    const dropout = this.dropoutMask(options);
    return tf.tidy(() => {
      const projected = [this.project(query, 0), this.project(key, 1), this.project(value, 2)] as const;
      const attended = options.newestOnly
        ? newestAttention(...projected, offsets, { numHeads })
        : causalAttention(...projected, offsets, { numHeads, dropout });
      return outputProjection ? this.project(attended, 3) : attended;
    });
  }

  /**
   * Returns the attention weights of each sequence, for plotting.
   * @param inputs as in a call.
   * @returns for each sequence, float32 `[numHeads, length, length]`; row i has the weights of keys 0 .. i. Owned by
   * the caller.
   * @throws {LayerError} if the offsets are missing or do not match the inputs.
   * @example
   * const [first] = attention.attentionWeights(x, { offsets: Int32Array.of(0, 3, 5) }); // [numHeads, 3, 3]
   */
  attentionWeights(inputs: tf.Tensor2D | tf.Tensor2D[], options: { offsets: Int32Array }): tf.Tensor3D[] {
    const [query, key] = inputsOf(Array.isArray(inputs) ? inputs : [inputs]);
    const offsets = offsetsOf(key, options);
    const { numHeads } = this.options;
    return tf.tidy(() => causalAttentionWeights(this.project(query, 0), this.project(key, 1), offsets, { numHeads }));
  }

  override computeOutputShape(inputShape: InputShape) {
    return Array.isArray(inputShape[0]) ? (inputShape[0] as (number | null)[]) : inputShape;
  }

  private project(x: tf.Tensor2D, projection: number): tf.Tensor2D {
    const { kernel, bias } = this.projection(projection);
    return dense(x, kernel, bias);
  }

  private projection(projection: number): DenseWeights {
    return { kernel: this.weight(2 * projection), bias: this.weight(2 * projection + 1) };
  }
}

const offsetsOf = (key: tf.Tensor2D, { offsets }: { offsets?: Int32Array | undefined }): Int32Array => {
  if (offsets === undefined)
    throw new LayerError('bad-option', 'CausalSelfAttention: a call needs offsets, which separate the sequences');
  assertOffsets('CausalSelfAttention', offsets, key.shape[0]);
  return offsets;
};

const inputsOf = (inputs: tf.Tensor2D[]): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] => {
  if (inputs.length !== 1 && inputs.length !== 3) {
    throw new LayerError(
      'bad-input',
      `CausalSelfAttention: takes x or [query, key, value], got ${inputs.length} tensors`,
    );
  }
  const [query, key = query, value = query] = inputs;
  return [query, key, value];
};
