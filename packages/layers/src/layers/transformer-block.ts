import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { callLayer, type DropoutCallOptions } from '../base/call-layer.js';
import { CompositeLayer } from '../base/composite-layer.js';
import type { InitializerName } from '../base/initializer.js';
import type { FilledIn, LayerOptions } from '../base/recsys-layer.js';
import { LayerError } from '../errors.js';
import type { Activation } from '../ops/activations/activations.js';
import { newestRows } from '../ops/attention/causal-attention.js';
import { randomKey } from '../ops/dropout-random.js';
import { gatherRows } from '../ops/rows.js';
import {
  canFuseBlock,
  canFuseNewestBlock,
  type FusedBlockOptions,
  fusedTransformerBlock,
  newestTransformerBlock,
} from '../ops/transformer-block.js';
import { CausalSelfAttention } from './causal-self-attention.js';
import { GatedResidual } from './gated-residual.js';
import { LayerNorm } from './layer-norm.js';
import { PointWiseFeedForward } from './point-wise-feed-forward.js';
import { type BlockParts, type Wiring, wiringNames, wirings } from './wirings.js';

interface OwnOptions {
  /** Width of input and output, >= 1. */
  hiddenUnits: number;
  /** How the parts are connected. Default `paper`. */
  wiring?: Wiring | undefined;
  /** Number of heads, a divisor of `hiddenUnits`. Default 1. */
  numHeads?: number | undefined;
  /** Width of the hidden layer of the feed-forward network, >= 1. Default `hiddenUnits`; with `ligr` four times that, as in eSASRec. */
  feedForwardUnits?: number | undefined;
  /** What the feed-forward network has between its layers. Default `relu`; with `ligr` `swiglu`. */
  activation?: Activation | undefined;
  /**
   * Dropout rate of the attention weights and of both layers of the feed-forward network, in [0, 1); with `ligr` of the output of attention
   * too. Default 0.
   */
  dropoutRate?: number | undefined;
  /**
   * Whether both halves have a residual connection (Kang & McAuley 2018, section III-C); false for the paper's
   * ablation. Default true.
   */
  residuals?: boolean | undefined;
  /** Epsilon of the layer norms, > 0. Default 1e-8. */
  normEpsilon?: number | undefined;
  /** Initializer of the kernels. Default `glorotUniform`. */
  initializer?: InitializerName | undefined;
  /** Seed of the initial weights and the dropout masks. Default 0. */
  seed?: number | undefined;
}

export interface TransformerBlockOptions extends LayerOptions, OwnOptions {}

export interface BlockCallOptions extends DropoutCallOptions {
  /** `[size + 1]`: sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`. */
  offsets: Int32Array;
  /**
   * Whether to compute only the output of the newest token of each sequence, `[size, hiddenUnits]`, which is all that
   * scoring needs from the last block. Not for training. Default false.
   */
  newestOnly?: boolean | undefined;
}

/**
 * Self-attention and a point-wise feed-forward network, each with layer norm, residual and dropout (Kang & McAuley
 * 2018, section III-C). float32 `[tokens, hiddenUnits]` to the same shape, or to `[size, hiddenUnits]` with
 * `newestOnly`; calls need `offsets`.
 *
 * @example
 * const block = new TransformerBlock({ hiddenUnits: 50, wiring: 'pre-norm', dropoutRate: 0.2, seed: 1 });
 * const offsets = Int32Array.of(0, 3, 5); // two sequences, of 3 and 2 tokens
 * const y: tf.Tensor2D = callLayer(block, tf.randomNormal([5, 50]), { offsets }); // [5, 50]
 */
export class TransformerBlock extends CompositeLayer<BlockCallOptions> {
  static readonly className = 'RecsysTransformerBlock';
  readonly options: FilledIn<OwnOptions>;
  readonly attention: CausalSelfAttention;
  readonly feedForward: PointWiseFeedForward;
  readonly parts: Readonly<Record<string, layers.Layer>>;
  private readonly norms: readonly [LayerNorm, LayerNorm];
  /** Of the wiring `ligr`: after attention, and after the feed-forward network. */
  private readonly gates: readonly GatedResidual[] = [];

  /** @throws {LayerError} if an option is unknown or out of range. */
  constructor(options: TransformerBlockOptions) {
    super('TransformerBlock', options, [
      'hiddenUnits',
      'wiring',
      'numHeads',
      'feedForwardUnits',
      'activation',
      'dropoutRate',
      'residuals',
      'normEpsilon',
      'initializer',
      'seed',
    ]);
    const { hiddenUnits, wiring = 'paper', numHeads = 1, dropoutRate = 0, residuals = true } = options;
    const { normEpsilon = 1e-8, initializer = 'glorotUniform', seed = 0 } = options;
    if (!wiringNames.includes(wiring)) {
      throw new LayerError(
        'bad-option',
        `TransformerBlock: wiring must be one of ${wiringNames.join(', ')}, got ${String(wiring)}`,
      );
    }
    const isGated = wiring === 'ligr';
    const { feedForwardUnits = (isGated ? 4 : 1) * hiddenUnits, activation = isGated ? 'swiglu' : 'relu' } = options;
    const network = { feedForwardUnits, activation };
    this.options = {
      hiddenUnits,
      wiring,
      numHeads,
      ...network,
      dropoutRate,
      residuals,
      normEpsilon,
      initializer,
      seed,
    };
    this.attention = new CausalSelfAttention({
      hiddenUnits,
      numHeads,
      dropoutRate,
      outputProjection: wiring !== 'paper',
      initializer,
      seed: randomKey(seed, 0),
    });
    this.feedForward = new PointWiseFeedForward({
      hiddenUnits,
      innerUnits: feedForwardUnits,
      activation,
      dropoutRate,
      initializer,
      seed: randomKey(seed, 1),
    });
    // The output of the feed-forward network is dropped by the network itself, that of attention by its gate.
    if (isGated)
      this.gates = [dropoutRate, 0].map((rate, i) => {
        const sizes = { hiddenUnits, residual: residuals, dropoutRate: rate };
        return new GatedResidual({ ...sizes, initializer, seed: randomKey(seed, 2 + i) });
      });
    const norm = new LayerNorm({ epsilon: normEpsilon });
    const second = wiring === 'shared-norm' ? norm : new LayerNorm({ epsilon: normEpsilon });
    this.norms = [norm, second];
    this.parts = {
      attention: this.attention,
      ffn: this.feedForward,
      ...(wiring === 'shared-norm' ? { norm } : { attentionNorm: norm, ffnNorm: second }),
      ...(isGated && { attentionGate: this.gates[0], ffnGate: this.gates[1] }),
    };
  }

  /**
   * Returns the attention weights of each sequence in this block, for plotting: those of `CausalSelfAttention`, at the query and key that the
   * wiring gives it.
   * @param x the input of the block, float32 `[tokens, hiddenUnits]`, borrowed.
   * @returns for each sequence, float32 `[numHeads, length, length]`; row i has the weights of tokens 0 .. i, which sum to 1. Owned by the
   * caller.
   * @throws {LayerError} if the offsets do not match the inputs.
   * @example
   * const [first] = block.attentionWeights(x, { offsets: Int32Array.of(0, 3, 5) }); // [numHeads, 3, 3]
   */
  attentionWeights(x: tf.Tensor2D, { offsets }: { offsets: Int32Array }): tf.Tensor3D[] {
    return tf.tidy(() => {
      let weights: tf.Tensor3D[] = [];
      const parts = this.callParts({ offsets });
      const attention: BlockParts['attention'] = (query, key, value) => {
        weights = this.attention.attentionWeights([query, key, value], { offsets });
        return parts.attention(query, key, value);
      };
      wirings[this.options.wiring]({ ...parts, attention }, x, x);
      return weights;
    });
  }

  protected forward([x]: [tf.Tensor2D], options: BlockCallOptions): tf.Tensor2D {
    if (options.offsets === undefined)
      throw new LayerError('bad-option', 'TransformerBlock: a call needs offsets, which separate the sequences');
    const { wiring } = this.options;
    if (this.fitsFused && !options.newestOnly && canFuseBlock(wiring)) return this.fused(x, wiring, options);
    if (this.fitsFused && options.newestOnly && canFuseNewestBlock(wiring)) {
      const { numHeads, normEpsilon } = this.options;
      return newestTransformerBlock(x, this.weightsByName(), options.offsets, { wiring, numHeads, normEpsilon });
    }
    return tf.tidy(() => {
      const queries = options.newestOnly ? gatherRows(x, newestRows(options.offsets)) : x;
      return wirings[wiring](this.callParts(options), x, queries);
    });
  }

  /** Whether the parts are those of the fused op: others are composed of ops. */
  private get fitsFused(): boolean {
    const { residuals, activation, feedForwardUnits, hiddenUnits } = this.options;
    return residuals && activation === 'relu' && feedForwardUnits === hiddenUnits;
  }

  /** Returns the output as one fused op, with the same weights and dropout masks as the parts have. */
  private fused(x: tf.Tensor2D, wiring: FusedBlockOptions['wiring'], options: BlockCallOptions): tf.Tensor2D {
    const { attention, feedForward } = this;
    const { numHeads, normEpsilon, dropoutRate: rate } = this.options;
    const [attentionKey, inner, outer] = [attention.dropoutMask(options).key, ...feedForward.dropoutMasks(options)];
    const dropout = inner && outer && { rate, attentionKey, innerKey: inner.key, outerKey: outer.key };
    return fusedTransformerBlock(x, this.weightsByName(), options.offsets, { wiring, numHeads, normEpsilon, dropout });
  }

  /** The weights of the parts, as the fused ops take them. */
  private weightsByName() {
    const { attention, feedForward, norms } = this;
    return {
      attentionNorm: norms[0].weightsByName(),
      ffnNorm: norms[1].weightsByName(),
      ...attention.weightsByName(),
      ...feedForward.weightsByName(),
    };
  }

  /** Returns the parts as functions that pass on the options of a call. */
  private callParts({ offsets, newestOnly, training, step }: BlockCallOptions): BlockParts {
    const { attention, feedForward, norms, gates } = this;
    const { residuals } = this.options;
    return {
      attention: (query, key, value) =>
        callLayer(attention, [query, key, value], { offsets, newestOnly, training, step }),
      feedForward: (x) => callLayer(feedForward, x, { training, step }),
      addFeedForward: (x, y) => callLayer(feedForward, y, { training, step, residual: residuals ? x : undefined }),
      norm1: (x) => callLayer(norms[0], x),
      norm2: (x) => callLayer(norms[1], x),
      add: (x, y) => (residuals ? tf.add(x, y) : y),
      gate1: (x, y) => callLayer(gates[0], [x, y], { training, step }),
      gate2: (x, y) => callLayer(gates[1], [x, y], { training, step }),
    };
  }
}
