import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { InitializerName } from '../base/initializer.js';
import {
  CompositeLayer,
  callLayer,
  type LayerArguments,
  mergeConfig,
  onlyInput,
  type SequenceCallOptions,
} from '../base/sequence-layer.js';
import { LayerError } from '../errors.js';
import { newestRows } from '../ops/causal-attention.js';
import { randomKey } from '../ops/dropout-random.js';
import { gatherRows } from '../ops/rows.js';
import { CausalSelfAttention } from './causal-self-attention.js';
import { LayerNorm } from './layer-norm.js';
import { PointWiseFeedForward } from './point-wise-feed-forward.js';

/**
 * How a block wires its parts; A is attention, F the feed-forward net, o an output projection:
 * - `paper`, the authors' code: q = LN1(x), x = q + A(q, x, x); y = LN2(x), x = y + F(y). The residual is the normalised query.
 * - `pre-norm`, the PyTorch port with its norm first: y = LN1(x), x = x + o·A(y, y, y); x = x + F(LN2(x)).
 * - `post-norm`, the PyTorch port by default: x = LN1(x + o·A(x, x, x)); x = LN2(x + F(x)).
 * - `shared-norm`, the re-implementation this project started from: x = x + LN(o·A(x, LN(x), x)); x = x + LN(F(x)), one LN for both.
 */
export type Wiring = 'paper' | 'pre-norm' | 'post-norm' | 'shared-norm';

export const wirings: readonly Wiring[] = ['paper', 'pre-norm', 'post-norm', 'shared-norm'];

export interface TransformerBlockArguments extends LayerArguments {
  /** Width of input and output, >= 1. */
  hiddenUnits: number;
  /** Default `paper`. */
  wiring?: Wiring;
  /** Divides `hiddenUnits`. Default 1. */
  numHeads?: number;
  /** Of the attention weights and of both dense layers of the feed-forward net, in [0, 1). Default 0. */
  dropoutRate?: number;
  /** Whether each half adds its input back (Kang & McAuley 2018, section III-C); false for the paper's ablation. Default true. */
  residuals?: boolean;
  /** Of the layer norms. Default 1e-8. */
  normEpsilon?: number;
  /** How the kernels start. Default `glorotUniform`. */
  initializer?: InitializerName;
  /** Seed of the start and of the dropout masks. Default 0. */
  seed?: number;
}

/**
 * Self-attention, then a point-wise feed-forward net, each with layer norm, residual and dropout (Kang & McAuley 2018, section III-C).
 * float32 `[tokens, hiddenUnits]` to the same shape, or to `[size, hiddenUnits]` with `newestOnly`; calls need `offsets`.
 */
export class TransformerBlock extends CompositeLayer {
  static readonly className = 'RecsysTransformerBlock';
  readonly wiring: Wiring;
  readonly residuals: boolean;
  readonly attention: CausalSelfAttention;
  readonly feedForward: PointWiseFeedForward;
  protected readonly parts: Readonly<Record<string, layers.Layer>>;
  private readonly norms: readonly [LayerNorm, LayerNorm];
  private readonly arguments: Omit<TransformerBlockArguments, keyof LayerArguments>;

  constructor(args: TransformerBlockArguments) {
    super(args);
    const { hiddenUnits, wiring = 'paper', numHeads = 1, dropoutRate = 0, residuals = true } = args;
    const { normEpsilon = 1e-8, initializer = 'glorotUniform', seed = 0 } = args;
    if (!wirings.includes(wiring)) {
      throw new LayerError(
        'bad-option',
        `TransformerBlock: wiring must be one of ${wirings.join(', ')}, got ${String(wiring)}`,
      );
    }
    this.wiring = wiring;
    this.residuals = residuals;
    this.arguments = { hiddenUnits, wiring, numHeads, dropoutRate, residuals, normEpsilon, initializer, seed };
    this.attention = new CausalSelfAttention({
      hiddenUnits,
      numHeads,
      dropoutRate,
      outputProjection: wiring !== 'paper',
      initializer,
      seed: randomKey(seed, 0),
    });
    this.feedForward = new PointWiseFeedForward({ hiddenUnits, dropoutRate, initializer, seed: randomKey(seed, 1) });
    const norm = new LayerNorm({ epsilon: normEpsilon });
    const second = wiring === 'shared-norm' ? norm : new LayerNorm({ epsilon: normEpsilon });
    this.norms = [norm, second];
    this.parts = {
      attention: this.attention,
      ffn: this.feedForward,
      ...(wiring === 'shared-norm' ? { norm } : { attentionNorm: norm, ffnNorm: second }),
    };
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: SequenceCallOptions): tf.Tensor2D {
    const [norm1, norm2] = this.norms;
    const call = (layer: layers.Layer, x: tf.Tensor2D | tf.Tensor2D[]) => callLayer<tf.Tensor2D>(layer, x, options);
    const add = (x: tf.Tensor2D, y: tf.Tensor2D) => (this.residuals ? tf.add(x, y) : y) as tf.Tensor2D;
    return tf.tidy(() => {
      const x = onlyInput<tf.Tensor2D>(inputs);
      const rows = options.newestOnly ? newestRows(options.offsets!) : undefined;
      const addFeedForward = (x: tf.Tensor2D, y: tf.Tensor2D) =>
        callLayer<tf.Tensor2D>(this.feedForward, y, { ...options, ...(this.residuals && { residual: x }) });
      /** The tokens whose output is wanted. */
      const own = (t: tf.Tensor2D) => (rows === undefined ? t : gatherRows(t, rows));
      switch (this.wiring) {
        case 'paper': {
          const query = call(norm1, own(x));
          const y = call(norm2, add(query, call(this.attention, [query, x, x])));
          return addFeedForward(y, y);
        }
        case 'pre-norm': {
          const y = call(norm1, x);
          const z = add(own(x), call(this.attention, [own(y), y, y]));
          return addFeedForward(z, call(norm2, z));
        }
        case 'post-norm': {
          const y = call(norm1, add(own(x), call(this.attention, [own(x), x, x])));
          return call(norm2, addFeedForward(y, y));
        }
        case 'shared-norm': {
          const y = add(own(x), call(norm1, call(this.attention, [own(x), call(norm1, x), x])));
          return add(y, call(norm1, call(this.feedForward, y)));
        }
      }
    });
  }

  override getConfig() {
    return mergeConfig(super.getConfig(), this.arguments);
  }
}
