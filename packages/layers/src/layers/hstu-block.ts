import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { DropoutCallOptions } from '../base/call-layer.js';
import { createInitializer } from '../base/initializer.js';
import { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from '../base/recsys-layer.js';
import { assertInteger, assertRate, LayerError } from '../errors.js';
import { silu } from '../ops/activations/silu.js';
import { assertOffsets } from '../ops/assert-offsets.js';
import { newestRows } from '../ops/attention/causal-attention.js';
import { hstuAttention, newestHstuAttention } from '../ops/attention/hstu-attention.js';
import { numTimeBuckets, type TimeBuckets } from '../ops/attention/time-buckets.js';
import { dense } from '../ops/dense.js';
import { dropout } from '../ops/dropout.js';
import { randomKey } from '../ops/dropout-random.js';
import { layerNorm } from '../ops/layer-norm.js';
import { gatherRows } from '../ops/rows.js';
import { stepKey } from './step-key.js';

interface OwnOptions {
  /** Width of input and output, >= 1. */
  hiddenUnits: number;
  /** Number of tokens of the longest sequence, >= 1: the number of position biases, and what sums are divided by. */
  maxLength: number;
  /** Number of heads, >= 1. Default 1. */
  numHeads?: number | undefined;
  /** Width of query and key per head, >= 1. Default `hiddenUnits / numHeads`, rounded up. */
  attentionUnits?: number | undefined;
  /** Width of value and gate per head, >= 1. Default `hiddenUnits / numHeads`, rounded up. */
  linearUnits?: number | undefined;
  /** Whether scores have a bias by the time between query and key; calls then need `timeBuckets`. Default true. */
  timeBias?: boolean | undefined;
  /** Probability of dropping an element of the input of the output projection in training, in [0, 1). Default 0. */
  dropoutRate?: number | undefined;
  /** Added to the variance in layer norms, > 0. Default 1e-6. */
  normEpsilon?: number | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface HstuBlockOptions extends LayerOptions, OwnOptions {}

export interface HstuCallOptions extends DropoutCallOptions {
  /** `[size + 1]`: sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`. */
  offsets: Int32Array;
  /** The times between tokens, from `timeBuckets`; required with `timeBias`. */
  timeBuckets?: TimeBuckets | undefined;
  /**
   * Whether to compute only the output of the newest token of each sequence, `[size, hiddenUnits]`. Not for training.
   * Default false.
   */
  newestOnly?: boolean | undefined;
}

/** The kernels in front of attention, in the order of the weights. */
const projections = ['gate', 'value', 'query', 'key'] as const;

/**
 * The block of HSTU (Zhai et al. 2024, equations 1 to 3). With LN layer norm without weights:
 *
 *     u, v, q, k = SiLU(LN(x) · W)            gate, value, query, key: four kernels without bias
 *     o          = hstuAttention(q, k, v)     without softmax, with biases by distance and time
 *     y          = x + dropout(u * LN(o)) · W_out + b_out
 *
 * float32 `[tokens, hiddenUnits]` to the same shape, or to `[size, hiddenUnits]` with `newestOnly`; calls need `offsets`.
 * As in the authors' code, kernels and biases of scores start normal with standard deviation 0.02, and W_out Glorot
 * uniform.
 *
 * @example
 * const block = new HstuBlock({ hiddenUnits: 50, maxLength: 200, timeBias: false, seed: 1 });
 * const offsets = Int32Array.of(0, 3, 5); // two sequences, of 3 and 2 tokens
 * const y: tf.Tensor2D = callLayer(block, tf.randomNormal([5, 50]), { offsets }); // [5, 50]
 */
export class HstuBlock extends RecsysLayer<HstuCallOptions> {
  static readonly className = 'RecsysHstuBlock';
  readonly options: FilledIn<OwnOptions>;

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: HstuBlockOptions) {
    super('HstuBlock', options, [
      'hiddenUnits',
      'maxLength',
      'numHeads',
      'attentionUnits',
      'linearUnits',
      'timeBias',
      'dropoutRate',
      'normEpsilon',
      'seed',
    ]);
    const { hiddenUnits, maxLength, numHeads = 1, timeBias = true, dropoutRate = 0, normEpsilon = 1e-6 } = options;
    const perHead = Math.ceil(hiddenUnits / numHeads);
    const { attentionUnits = perHead, linearUnits = perHead, seed = 0 } = options;
    const sizes = { hiddenUnits, maxLength, numHeads, attentionUnits, linearUnits };
    for (const [name, value] of Object.entries(sizes)) assertInteger('HstuBlock', name, value, 1);
    assertRate('HstuBlock', 'dropoutRate', dropoutRate);
    if (!(normEpsilon > 0))
      throw new LayerError('bad-option', `HstuBlock: normEpsilon must be > 0, got ${normEpsilon}`);
    this.options = { ...sizes, timeBias, dropoutRate, normEpsilon, seed };
  }

  override build(inputShape: InputShape): void {
    const { hiddenUnits, maxLength, numHeads, attentionUnits, linearUnits, timeBias, seed } = this.options;
    const widths = { gate: linearUnits, value: linearUnits, query: attentionUnits, key: attentionUnits };
    const normal = (stream: number) => createInitializer('normal', randomKey(seed, stream));
    projections.forEach((name, i) => {
      this.addWeight(`${name}.kernel`, [hiddenUnits, numHeads * widths[name]], 'float32', normal(i));
    });
    const start = createInitializer('glorotUniform', randomKey(seed, 4));
    this.addWeight('output.kernel', [numHeads * linearUnits, hiddenUnits], 'float32', start);
    this.addWeight('output.bias', [hiddenUnits], 'float32', initializers.zeros());
    this.addWeight('positionBias', [maxLength], 'float32', normal(5));
    if (timeBias) this.addWeight('timeBias', [numTimeBuckets], 'float32', normal(6));
    super.build(inputShape);
  }

  protected forward([x]: [tf.Tensor2D], options: HstuCallOptions): tf.Tensor2D {
    const { offsets, newestOnly = false } = options;
    if (offsets === undefined)
      throw new LayerError('bad-option', 'HstuBlock: a call needs offsets, which separate the sequences');
    assertOffsets('HstuBlock', offsets, x.shape[0]);
    const { numHeads } = this.options;
    return tf.tidy(() => {
      const normalized = this.normalized(x); // [tokens, hiddenUnits]
      const queries = newestOnly ? gatherRows(normalized, newestRows(offsets)) : normalized; // whose output is wanted
      const [gate, value, query, key] = [queries, normalized, queries, normalized].map((input, i) =>
        silu<tf.Tensor2D>(tf.matMul(input, this.weight<tf.Tensor2D>(i))),
      );
      const attend = newestOnly ? newestHstuAttention : hstuAttention;
      const attended = attend(query, key, value, offsets, { numHeads, biases: this.biases(options) });
      const gated = this.dropped(tf.mul<tf.Tensor2D>(gate, this.normalized(attended)), options);
      const residual: tf.Tensor2D = newestOnly ? gatherRows(x, newestRows(offsets)) : x;
      return dense(gated, this.weight(4), this.weight(5), { residual });
    });
  }

  private biases({ timeBuckets }: HstuCallOptions) {
    const position = this.weight<tf.Tensor1D>(6);
    if (!this.options.timeBias) return { position };
    if (timeBuckets === undefined)
      throw new LayerError('bad-option', 'HstuBlock: a call with timeBias needs timeBuckets, which the times give');
    return { position, time: { bias: this.weight<tf.Tensor1D>(7), buckets: timeBuckets } };
  }

  /** Layer norm without weights. */
  private normalized(x: tf.Tensor2D): tf.Tensor2D {
    const [, units] = x.shape;
    return layerNorm(x, tf.ones([units]), tf.zeros([units]), this.options.normEpsilon);
  }

  private dropped(x: tf.Tensor2D, options: HstuCallOptions): tf.Tensor2D {
    const { dropoutRate: rate, seed } = this.options;
    if (options.training !== true || rate === 0) return x;
    return dropout(x, { rate, key: stepKey('HstuBlock', options, seed, 7) });
  }
}
