import * as tf from '@tensorflow/tfjs-core';
import { type SumEntries, weightedRowSums } from './weighted-row-sums.js';

/** Features of n rows: sparse ones as entries, whose sums are the rows, and dense ones as vectors. */
interface FeatureRows {
  readonly entries: SumEntries;
  /** Number of columns of the sparse features; 0 for none. */
  readonly numColumns: number;
  /** float32 `[n, width]`; undefined for none. */
  readonly vectors: tf.Tensor2D | undefined;
}

/** Residuals this small beside those at the start, as a share of their squared length, end the iteration. */
const tolerance = 1e-8;
const mostIterations = 50;

/**
 * Returns the coefficients of a ridge regression of rows on their features: the matrix `X` that minimizes `|Y - F · X|² + l2 · |X|²`, by conjugate
 * gradients on the normal equations, preconditioned by their diagonal (Golub & Van Loan, Matrix Computations, section 11.5). The cost of an
 * iteration is that of two products with the features. At most 50 iterations. Has no gradient.
 *
 * @param features of n rows, borrowed. To weight a row by w, multiply its features and its row of `y` by sqrt(w).
 * @param y float32 `[n, units]`, borrowed.
 * @param options.l2 weight of the squared coefficients, > 0.
 * @returns float32 `[numColumns + width, units]`, those of the sparse features first; owned by the caller.
 * @example
 * const entries = { sums: Int32Array.of(0, 1, 1), columns: Int32Array.of(0, 0, 1), weights: Float32Array.of(1, 1, 1) };
 * const y = tf.tensor2d([[1], [3]]); // row 0 has column 0, row 1 has both
 * ridgeRegression({ entries, numColumns: 2, vectors: undefined }, y, { l2: 1e-6 }); // about [[1], [2]]
 */
export const ridgeRegression = (features: FeatureRows, y: tf.Tensor2D, { l2 }: { l2: number }): tf.Tensor2D =>
  tf.tidy(() => {
    const diagonal = tf.add(squaresOf(features, y.shape[1]), l2) as tf.Tensor2D;
    const b = transposedProduct(features, y);
    const enough = tolerance * dot(b, b);
    let [x, r]: tf.Tensor2D[] = [tf.zerosLike(b), b];
    let p: tf.Tensor2D = tf.div(r, diagonal);
    let rz = dot(r, p);
    for (let i = 0; i < mostIterations && dot(r, r) > enough; i++) {
      const next = tf.tidy(() => {
        const q: tf.Tensor2D = tf.add(transposedProduct(features, product(features, p, y.shape[0])), tf.mul(p, l2));
        const alpha = rz / dot(p, q);
        const residual: tf.Tensor2D = tf.sub(r, tf.mul(q, alpha));
        const z: tf.Tensor2D = tf.div(residual, diagonal);
        const before = rz;
        rz = dot(residual, z);
        return [tf.add(x, tf.mul(p, alpha)), residual, tf.add(z, tf.mul(p, rz / before))] as tf.Tensor2D[];
      });
      tf.dispose(i === 0 ? [p] : [x, r, p]);
      [x, r, p] = next;
    }
    return x;
  });

/** Returns `F · x`, `[n, units]`. */
const product = ({ entries, numColumns, vectors }: FeatureRows, x: tf.Tensor2D, n: number): tf.Tensor2D => {
  const parts: tf.Tensor2D[] = [];
  if (numColumns > 0) parts.push(weightedRowSums(tf.slice(x, [0, 0], [numColumns, -1]), entries, n));
  if (vectors !== undefined) parts.push(tf.matMul(vectors, tf.slice(x, [numColumns, 0])));
  return tf.addN(parts);
};

/** Returns `Fᵀ · y`, `[numColumns + width, units]`. */
const transposedProduct = ({ entries, numColumns, vectors }: FeatureRows, y: tf.Tensor2D): tf.Tensor2D => {
  const { sums, columns, weights } = entries;
  const parts: tf.Tensor2D[] = [];
  if (numColumns > 0) parts.push(weightedRowSums(y, { sums: columns, columns: sums, weights }, numColumns));
  if (vectors !== undefined) parts.push(tf.matMul(vectors, y, true));
  return tf.concat(parts);
};

/** Returns the diagonal of `Fᵀ · F`, repeated in `units` columns. */
const squaresOf = ({ entries, numColumns, vectors }: FeatureRows, units: number): tf.Tensor2D => {
  const squares = new Float32Array(numColumns);
  entries.columns.forEach((column, e) => {
    squares[column] += entries.weights[e] ** 2;
  });
  const parts: tf.Tensor1D[] = numColumns > 0 ? [tf.tensor1d(squares)] : [];
  if (vectors !== undefined) parts.push(tf.sum(tf.square(vectors), 0));
  return tf.tile(tf.reshape(tf.concat(parts), [-1, 1]), [1, units]);
};

const dot = (a: tf.Tensor2D, b: tf.Tensor2D): number => tf.tidy(() => tf.sum(tf.mul(a, b))).dataSync()[0];
