/** A tensor of a graph: the name of the output that has it. */
export type Value = string & { readonly isValue: true };

/** Size of an axis: a number, -1 for what is left, or an integer `[1]` that the graph computes. */
export type Dimension = number | Value;

/**
 * Writes the nodes of a graph. Each function adds nodes for one operation and returns the value that they compute. Integers are int64 or int32,
 * as the format has them; shapes are those of numpy, and arithmetic broadcasts as there.
 */
export interface GraphWriter {
  /** Values of the graph itself, by a name of its own. */
  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): Value;

  /** x + y, x − y, x · y, x / y; the first three also of integers. */
  add(x: Value, y: Value): Value;
  multiply(x: Value, y: Value): Value;
  divide(x: Value, y: Value): Value;
  /** The larger of float32 values; the smaller of integers. */
  larger(x: Value, y: Value): Value;
  smallerInteger(x: Value, y: Value): Value;
  squareRoot(x: Value): Value;
  sigmoid(x: Value): Value;
  errorFunction(x: Value): Value;

  /** Whether integers x ≥ y; whether an integer is not 0; both. */
  isAtLeast(x: Value, y: Value): Value;
  isNotZero(x: Value): Value;
  and(x: Value, y: Value): Value;
  /** x where the condition holds, else y. */
  choose(condition: Value, x: Value, y: Value): Value;

  /** `[1]`: the size of an axis. */
  sizeOf(x: Value, axis: number): Value;
  reshape(x: Value, shape: readonly Dimension[]): Value;
  transpose(x: Value, order: readonly number[]): Value;
  /** The last `count` along an axis, or all if there are fewer. A count that is computed is for axis 0. */
  last(x: Value, count: Dimension, axis: number): Value;
  /** Joins integers of two dimensions along axis 1. */
  joinColumns(x: Value, y: Value): Value;
  /** Rows of a table by index: `[...indices, ...row]`. */
  gather(table: Value, indices: Value): Value;

  /** Products of the last two axes. */
  matMul(x: Value, y: Value): Value;
  /** x · Yᵀ for matrices. */
  matMulTransposed(x: Value, y: Value): Value;
  /** x · kernel + bias for matrices. */
  dense(x: Value, kernel: Value, bias: Value): Value;
  relu(x: Value): Value;
  /** Sum along the last axis, of size 1 then. */
  sumLast(x: Value): Value;
  softmax(x: Value): Value;
  layerNorm(x: Value, gamma: Value, beta: Value, epsilon: number): Value;

  /** Scores `[n, items]` with -Infinity at columns `[n, count]` of each row. */
  exclude(scores: Value, columns: Value): Value;
  /** The k largest of each row, largest first, and their columns; k is an integer `[1]`. Of equals, the first comes first. */
  topK(scores: Value, k: Value): readonly [values: Value, columns: Value];
}
