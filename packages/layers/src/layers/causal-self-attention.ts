import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { createInitializer, type InitializerName } from '../base/initializer.js';
import { type LayerArguments, mergeConfig, type SequenceCallOptions, weightValue } from '../base/sequence-layer.js';
import { assertInteger, assertRate, LayerError } from '../errors.js';
import { causalAttention, causalAttentionWeights, newestAttention } from '../ops/causal-attention.js';
import { dense } from '../ops/dense.js';
import { randomKey } from '../ops/dropout-random.js';
import { assertOffsets } from '../ops/pack.js';
import { stepKey } from './seeded-dropout.js';

export interface CausalSelfAttentionArguments extends LayerArguments {
  /** Width of input and output, >= 1. */
  hiddenUnits: number;
  /** Divides `hiddenUnits`. Default 1, as in the paper. */
  numHeads?: number;
  /** Probability to drop each attention weight in training, in [0, 1). Default 0. */
  dropoutRate?: number;
  /** Whether a dense layer follows the joined heads: the PyTorch port has one, the paper does not. Default false. */
  outputProjection?: boolean;
  /** How the kernels start; biases start at zero. Default `glorotUniform`. */
  initializer?: InitializerName;
  /** Seed of the start and of the dropout masks. Default 0. */
  seed?: number;
}

/**
 * Multi-head self-attention over packed sequences, in which a token sees itself and the tokens before it (Kang & McAuley 2018,
 * equations 2 and 3). Input: `x`, or `[query, key, value]` where they are normalised differently; each float32 `[tokens, hiddenUnits]`.
 * Output: float32 `[tokens, hiddenUnits]`. Calls need `offsets`. With `newestOnly`, query and output are `[size, hiddenUnits]`.
 */
export class CausalSelfAttention extends layers.Layer {
  static readonly className = 'RecsysCausalSelfAttention';
  readonly hiddenUnits: number;
  readonly numHeads: number;
  readonly dropoutRate: number;
  readonly outputProjection: boolean;
  readonly initializer: InitializerName;
  readonly seed: number;

  constructor(args: CausalSelfAttentionArguments) {
    super(args);
    const { hiddenUnits, numHeads = 1, dropoutRate = 0, outputProjection = false } = args;
    assertInteger('CausalSelfAttention', 'hiddenUnits', hiddenUnits, 1);
    assertInteger('CausalSelfAttention', 'numHeads', numHeads, 1);
    assertRate('CausalSelfAttention', 'dropoutRate', dropoutRate);
    if (hiddenUnits % numHeads !== 0) {
      throw new LayerError(
        'bad-option',
        `CausalSelfAttention: hiddenUnits (${hiddenUnits}) must be divisible by numHeads (${numHeads})`,
      );
    }
    this.hiddenUnits = hiddenUnits;
    this.numHeads = numHeads;
    this.dropoutRate = dropoutRate;
    this.outputProjection = outputProjection;
    this.initializer = args.initializer ?? 'glorotUniform';
    this.seed = args.seed ?? 0;
  }

  override build(inputShape: Parameters<layers.Layer['build']>[0]): void {
    const projections = ['query', 'key', 'value', ...(this.outputProjection ? ['output'] : [])];
    projections.forEach((projection, i) => {
      const initializer = createInitializer(this.initializer, randomKey(this.seed, i));
      this.addWeight(`${projection}.kernel`, [this.hiddenUnits, this.hiddenUnits], 'float32', initializer);
      this.addWeight(`${projection}.bias`, [this.hiddenUnits], 'float32', initializers.zeros());
    });
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: SequenceCallOptions): tf.Tensor2D {
    const [query, key, value] = inputsOf(inputs);
    const offsets = this.offsetsOf(key, options);
    if (options.newestOnly) return this.callNewest(query, key, value, offsets);
    const drops = options.training === true && this.dropoutRate > 0;
    return tf.tidy(() => {
      const attended = causalAttention(this.project(query, 0), this.project(key, 1), this.project(value, 2), offsets, {
        numHeads: this.numHeads,
        dropout: drops
          ? { rate: this.dropoutRate, key: stepKey('CausalSelfAttention', this.seed, options) }
          : { rate: 0, key: 0 },
      });
      return this.outputProjection ? this.project(attended, 3) : attended;
    });
  }

  /** `query` holds the newest tokens alone. */
  private callNewest(query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D, offsets: Int32Array): tf.Tensor2D {
    return tf.tidy(() => {
      const projected = [this.project(query, 0), this.project(key, 1), this.project(value, 2)] as const;
      const attended = newestAttention(...projected, offsets, this.numHeads);
      return this.outputProjection ? this.project(attended, 3) : attended;
    });
  }

  /**
   * Returns the attention weights of each sequence, for plotting.
   * @param inputs as in a call.
   * @returns for each sequence float32 `[numHeads, length, length]`; row i is over keys 0 .. i. Owned by the caller.
   */
  attentionWeights(inputs: tf.Tensor | tf.Tensor[], options: SequenceCallOptions): tf.Tensor3D[] {
    const [query, key] = inputsOf(inputs);
    const offsets = this.offsetsOf(key, options);
    return tf.tidy(() => causalAttentionWeights(this.project(query, 0), this.project(key, 1), offsets, this.numHeads));
  }

  override computeOutputShape(inputShape: Parameters<layers.Layer['computeOutputShape']>[0]) {
    return Array.isArray(inputShape[0]) ? (inputShape[0] as (number | null)[]) : inputShape;
  }

  override getConfig() {
    const { hiddenUnits, numHeads, dropoutRate, outputProjection, initializer, seed } = this;
    return mergeConfig(super.getConfig(), { hiddenUnits, numHeads, dropoutRate, outputProjection, initializer, seed });
  }

  private project(x: tf.Tensor2D, projection: number): tf.Tensor2D {
    return dense(x, weightValue(this.weights[2 * projection]!), weightValue(this.weights[2 * projection + 1]!));
  }

  private offsetsOf(key: tf.Tensor2D, { offsets }: SequenceCallOptions): Int32Array {
    if (offsets === undefined)
      throw new LayerError('bad-option', 'CausalSelfAttention: a call needs offsets, which tell the sequences apart');
    assertOffsets('CausalSelfAttention', offsets, key.shape[0]);
    return offsets;
  }
}

const inputsOf = (inputs: tf.Tensor | tf.Tensor[]): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] => {
  const list = (Array.isArray(inputs) ? inputs : [inputs]) as tf.Tensor2D[];
  if (list.length !== 1 && list.length !== 3) {
    throw new LayerError(
      'bad-option',
      `CausalSelfAttention: takes x or [query, key, value], got ${list.length} tensors`,
    );
  }
  return [list[0]!, list[1] ?? list[0]!, list[2] ?? list[0]!];
};
