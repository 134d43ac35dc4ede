import type * as tf from '@tensorflow/tfjs-core';

/**
 * How the parts of a block are connected; A is attention, F the feed-forward network, o an output projection:
 * - `paper`, the authors' code: q = LN1(x), x = q + A(q, x, x); y = LN2(x), x = y + F(y). The residual is the
 *   normalized query.
 * - `pre-norm`, the PyTorch port with `norm_first`: y = LN1(x), x = x + o·A(y, y, y); x = x + F(LN2(x)).
 * - `post-norm`, the PyTorch port by default: x = LN1(x + o·A(x, x, x)); x = LN2(x + F(x)).
 * - `shared-norm`, the PyTorch re-implementation: x = x + LN(o·A(x, LN(x), x)); x = x + LN(F(x)), with the same LN in
 *   both.
 * - `ligr`, the block of LiGR (Borisyuk et al. 2025), as eSASRec has it (Tikhonovich et al., RecSys 2025): pre-norm with a gate on each
 *   residual connection, y = LN1(x), x = x + sigmoid(x·W1 + b1) * o·A(y, y, y); x = x + sigmoid(x·W2 + b2) * F(LN2(x)). F is SwiGLU there.
 */
export type Wiring = 'paper' | 'pre-norm' | 'post-norm' | 'shared-norm' | 'ligr';

/**
 * The parts of a block, as functions of float32 `[tokens, hiddenUnits]`. `X` is a tensor, or what stands for one: an export writes nodes of a graph
 * by the same wirings.
 */
export interface BlockParts<X = tf.Tensor2D> {
  /** A, with the output projection if the wiring has one; one row per row of `query`. */
  attention(query: X, key: X, value: X): X;
  /** F(x). */
  feedForward(x: X): X;
  /** x + F(y), in one pass; F(y) if there are no residuals. */
  addFeedForward(x: X, y: X): X;
  norm1(x: X): X;
  norm2(x: X): X;
  /** x + y; y if there are no residuals. */
  add(x: X, y: X): X;
  /** x + y under a gate that x opens, for the wiring `ligr` alone; y under the gate if there are no residuals. */
  gate1(x: X, y: X): X;
  gate2(x: X, y: X): X;
}

/** Returns the output of a block at `queries`: some rows of `x`, or `x` itself. */
export type WiringFunction = <X>(parts: BlockParts<X>, x: X, queries: X) => X;

/**
 * The wirings as functions.
 * @example
 * const y = wirings['pre-norm'](parts, x, x); // the output of a block for all tokens
 */
export const wirings: Readonly<Record<Wiring, WiringFunction>> = {
  // q = LN1(x), z = q + A(q, x, x); y = LN2(z), out = y + F(y)
  paper: ({ attention, addFeedForward, norm1, norm2, add }, x, queries) => {
    const q = norm1(queries);
    const y = norm2(add(q, attention(q, x, x)));
    return addFeedForward(y, y);
  },

  // y = LN1(x), z = x + o·A(y, y, y); out = z + F(LN2(z))
  'pre-norm': ({ attention, addFeedForward, norm1, norm2, add }, x, queries) => {
    const y = norm1(x);
    const q = queries === x ? y : norm1(queries); // normalize once if the output of all tokens is wanted
    const z = add(queries, attention(q, y, y));
    return addFeedForward(z, norm2(z));
  },

  // y = LN1(x + o·A(x, x, x)); out = LN2(y + F(y))
  'post-norm': ({ attention, addFeedForward, norm1, norm2, add }, x, queries) => {
    const y = norm1(add(queries, attention(queries, x, x)));
    return norm2(addFeedForward(y, y));
  },

  // y = x + LN(o·A(x, LN(x), x)); out = y + LN(F(y))
  'shared-norm': ({ attention, feedForward, norm1: norm, add }, x, queries) => {
    const y = add(queries, norm(attention(queries, norm(x), x)));
    return add(y, norm(feedForward(y)));
  },

  // y = LN1(x), z = x + gate1(x) * o·A(y, y, y); out = z + gate2(z) * F(LN2(z))
  ligr: ({ attention, feedForward, norm1, norm2, gate1, gate2 }, x, queries) => {
    const y = norm1(x);
    const q = queries === x ? y : norm1(queries);
    const z = gate1(queries, attention(q, y, y));
    return gate2(z, feedForward(norm2(z)));
  },
};

/** Names of the wirings. */
export const wiringNames = Object.keys(wirings) as readonly Wiring[];
