import type * as tf from '@tensorflow/tfjs-core';

/**
 * How a block wires its parts; A is attention, F the feed-forward net, o an output projection:
 * - `paper`, the authors' code: q = LN1(x), x = q + A(q, x, x); y = LN2(x), x = y + F(y). The residual is the normalised query.
 * - `pre-norm`, the PyTorch port with its norm first: y = LN1(x), x = x + o·A(y, y, y); x = x + F(LN2(x)).
 * - `post-norm`, the PyTorch port by default: x = LN1(x + o·A(x, x, x)); x = LN2(x + F(x)).
 * - `shared-norm`, the re-implementation this project started from: x = x + LN(o·A(x, LN(x), x)); x = x + LN(F(x)), one LN for both.
 */
export type Wiring = 'paper' | 'pre-norm' | 'post-norm' | 'shared-norm';

/** The parts of a block, as functions of float32 `[tokens, hiddenUnits]`. */
export interface BlockParts {
  /** A, with its output projection where the wiring has one; a row for each row of `query`. */
  attention(query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D;
  /** F(x). */
  feedForward(x: tf.Tensor2D): tf.Tensor2D;
  /** x + F(y), in one pass; F(y) without residuals. */
  addFeedForward(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D;
  norm1(x: tf.Tensor2D): tf.Tensor2D;
  norm2(x: tf.Tensor2D): tf.Tensor2D;
  /** x + y; y without residuals. */
  add(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D;
}

/** Returns the output of a block at `queries`: the rows of `x` whose output is wanted, or `x` itself. */
type WiringFunction = (parts: BlockParts, x: tf.Tensor2D, queries: tf.Tensor2D) => tf.Tensor2D;

/** What each wiring computes. */
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
    const q = queries === x ? y : norm1(queries); // one norm where all tokens are wanted
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
};

/** Names of the wirings. */
export const wiringNames = Object.keys(wirings) as readonly Wiring[];
