import type * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions, LayerError } from '../errors.js';
import { assertOffsets } from './assert-offsets.js';
import { maskAttributes } from './dropout-random.js';
import { hasFused, runFused } from './fused.js';
import { withGradient } from './with-gradient.js';

/** A dense layer: float32 `[in, out]` and `[out]`. */
export interface DenseWeights {
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/** A layer norm: float32 `[units]` each. */
export interface NormWeights {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

/** The weights of a transformer block; kernels are `[units, units]`. */
interface TransformerBlockWeights {
  readonly attentionNorm: NormWeights;
  readonly query: DenseWeights;
  readonly key: DenseWeights;
  readonly value: DenseWeights;
  /** The output projection, for the wiring `pre-norm` alone. */
  readonly output?: DenseWeights | undefined;
  readonly ffnNorm: NormWeights;
  readonly inner: DenseWeights;
  readonly outer: DenseWeights;
}

/** Dropout of a transformer block: one rate, and a mask for each place. */
export interface BlockDropout {
  /** Probability of dropping an element, in [0, 1). */
  readonly rate: number;
  /** Keys of the masks, from `randomKey`: of the attention weights, and of the layers of the feed-forward network. */
  readonly attentionKey: number;
  readonly innerKey: number;
  readonly outerKey: number;
}

export interface FusedBlockOptions {
  /** How the parts are connected, as in `TransformerBlock`. */
  wiring: 'paper' | 'pre-norm';
  /** Number of heads, a divisor of the width of x. */
  numHeads: number;
  /** Epsilon of the layer norms, > 0. */
  normEpsilon: number;
  /** Default none. */
  dropout?: BlockDropout | undefined;
}

/** Whether the current backend computes a transformer block of this wiring by `fusedTransformerBlock`. */
export const canFuseBlock = (wiring: string): wiring is FusedBlockOptions['wiring'] =>
  (wiring === 'paper' || wiring === 'pre-norm') && hasFused('RecsysTransformerBlock');

/**
 * A transformer block as one op with its own gradient: self-attention and a feed-forward network with layer norms,
 * residuals and dropout. The values and gradients are those of `TransformerBlock`, which composes the block of smaller
 * ops where the backend has no kernel for it. Only where `canFuseBlock`.
 *
 * Where a gradient is wanted, it stores what that needs: query, key and value; the output of attention with its log sums; the input of the
 * second layer norm; the inner layer; and the mean and deviation of each row.
 *
 * @param x float32 `[tokens, units]`, borrowed.
 * @param weights borrowed.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`.
 * @returns float32 `[tokens, units]`, owned by the caller.
 * @throws {LayerError} if an option is unknown, or the offsets do not fit x.
 * @example
 * const options = { wiring: 'paper', numHeads: 1, normEpsilon: 1e-8 } as const;
 * const y = fusedTransformerBlock(x, weights, Int32Array.of(0, 3, 5), options); // [5, units], two sequences
 */
export const fusedTransformerBlock = (
  x: tf.Tensor2D,
  weights: TransformerBlockWeights,
  offsets: Int32Array,
  options: FusedBlockOptions,
): tf.Tensor2D => {
  assertKnownOptions('fusedTransformerBlock', options, ['wiring', 'numHeads', 'normEpsilon', 'dropout']);
  assertOffsets('TransformerBlock', offsets, x.shape[0]);
  const { wiring, numHeads, normEpsilon: epsilon, dropout } = options;
  const { attentionKey = 0, innerKey = 0, outerKey = 0, rate = 0 } = dropout ?? {};
  const { threshold, keptScale } = maskAttributes({ rate, key: 0 });
  const preNorm = wiring === 'pre-norm';
  const keys = { attentionKey, innerKey, outerKey };
  const attributes = { offsets, numHeads, preNorm, epsilon, ...keys, threshold, keptScale };
  const named = namedWeights(weights);
  const used = Object.entries(named).filter(([, weight]) => weight !== undefined) as [string, tf.Tensor][];
  // The gradient does not depend on what a dense layer adds.
  const needed = used.filter(([name]) => !name.endsWith('Bias'));
  return withGradient<tf.Tensor2D>([x, ...used.map(([, weight]) => weight)], (save, isWanted) => {
    const forGradient = isWanted || rate > 0;
    const outputs = runFused<tf.Tensor[]>('RecsysTransformerBlock', { x, ...named }, { ...attributes, forGradient });
    const [value, ...results] = outputs as [tf.Tensor2D, ...tf.Tensor[]];
    const names = ['x', ...resultNames, ...needed.map(([name]) => name)];
    save([x, ...results, ...needed.map(([, weight]) => weight)]);
    return {
      value,
      gradient: (dy, saved) => {
        const inputs = Object.fromEntries(names.map((name, i) => [name, saved[i]]));
        return runFused('RecsysTransformerBlockGrad', { dy, ...inputs }, attributes);
      },
    };
  });
};

/** Whether the current backend computes the newest output of a block of this wiring by `newestTransformerBlock`. */
export const canFuseNewestBlock = (wiring: string): wiring is FusedBlockOptions['wiring'] =>
  canFuseBlock(wiring) && hasFused('RecsysNewestBlock');

/**
 * A transformer block at the newest token of each sequence, as one op: the rows `offsets[b + 1] - 1` of
 * `fusedTransformerBlock` up to rounding, at the cost of one query per sequence. It computes no keys and values: the query
 * goes through the kernel of the keys instead of all tokens, and the weighted sum of the tokens through that of the values.
 * For inference: no dropout, no gradient. Only where `canFuseNewestBlock`.
 *
 * @param x float32 `[tokens, units]`, borrowed.
 * @param weights borrowed.
 * @param offsets `[size + 1]`, sequence `b` has tokens `offsets[b] … offsets[b + 1] - 1`, at least one.
 * @returns float32 `[size, units]`, owned by the caller.
 * @throws {LayerError} if an option is unknown, the offsets do not fit x, or a gradient is computed through it.
 * @example
 * const options = { wiring: 'paper', numHeads: 1, normEpsilon: 1e-8 } as const;
 * const y = newestTransformerBlock(x, weights, Int32Array.of(0, 3, 5), options); // [2, units], two sequences
 */
export const newestTransformerBlock = (
  x: tf.Tensor2D,
  weights: TransformerBlockWeights,
  offsets: Int32Array,
  options: Omit<FusedBlockOptions, 'dropout'>,
): tf.Tensor2D => {
  assertKnownOptions('newestTransformerBlock', options, ['wiring', 'numHeads', 'normEpsilon']);
  assertOffsets('TransformerBlock', offsets, x.shape[0]);
  const { wiring, numHeads, normEpsilon: epsilon } = options;
  const attributes = { offsets, numHeads, preNorm: wiring === 'pre-norm', epsilon };
  const named = namedWeights(weights);
  const used = Object.values(named).filter((weight) => weight !== undefined);
  return withGradient<tf.Tensor2D>([x, ...used], () => ({
    value: runFused('RecsysNewestBlock', { x, ...named }, attributes),
    gradient: () => {
      throw new LayerError('no-gradient', 'TransformerBlock: with newestOnly it is for inference and has no gradient');
    },
  }));
};

const resultNames = ['projected', 'attended', 'logSums', 'sums', 'hidden', 'norms'];

/** The weights by the names that the kernel takes, in the order of its gradients. */
const namedWeights = (weights: TransformerBlockWeights) => ({
  queryGamma: weights.attentionNorm.gamma,
  queryBeta: weights.attentionNorm.beta,
  queryKernel: weights.query.kernel,
  queryBias: weights.query.bias,
  keyKernel: weights.key.kernel,
  keyBias: weights.key.bias,
  valueKernel: weights.value.kernel,
  valueBias: weights.value.bias,
  outputKernel: weights.output?.kernel,
  outputBias: weights.output?.bias,
  gamma: weights.ffnNorm.gamma,
  beta: weights.ffnNorm.beta,
  innerKernel: weights.inner.kernel,
  innerBias: weights.inner.bias,
  outerKernel: weights.outer.kernel,
  outerBias: weights.outer.bias,
});
