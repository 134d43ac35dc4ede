/** Vectors in two dimensions. */
interface Projection {
  /** Of each vector, x and y. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Share of the variance that each of the two has, 0 to 1. */
  readonly shares: readonly [number, number];
}

const iterations = 300;

/**
 * Returns rows of a table in two dimensions by principal components. Rows are brought to length 1 first, so that nearness is that of directions,
 * as `similarItems` has it. The same rows give the same points.
 *
 * @param vectors a table of rows, `width` numbers each.
 * @param rows which of them.
 */
export const projectVectors = (vectors: ArrayLike<number>, width: number, rows: readonly number[]): Projection => {
  const units = rows.map((row) => unitRow(vectors, row * width, width));
  const mean = new Float64Array(width);
  for (const unit of units) for (let j = 0; j < width; j++) mean[j] += unit[j] / units.length;
  for (const unit of units) for (let j = 0; j < width; j++) unit[j] -= mean[j];
  const covariance = covarianceOf(units, width);
  const total = Array.from({ length: width }, (_, j) => covariance[j * width + j]).reduce((sum, own) => sum + own, 0);
  const axes = [0, 1].map(() => takeLargest(covariance, width));
  return {
    points: units.map((unit) => [dot(unit, axes[0].axis), dot(unit, axes[1].axis)]),
    shares: axes.map(({ variance }) => (total > 0 ? variance / total : 0)) as [number, number],
  };
};

const unitRow = (vectors: ArrayLike<number>, start: number, width: number): Float64Array => {
  const row = Float64Array.from({ length: width }, (_, j) => vectors[start + j]);
  const norm = Math.sqrt(dot(row, row));
  return norm > 0 ? row.map((value) => value / norm) : row;
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
};

const covarianceOf = (rows: readonly Float64Array[], width: number): Float64Array => {
  const covariance = new Float64Array(width * width);
  for (const row of rows)
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) covariance[i * width + j] += (row[i] * row[j]) / rows.length;
  return covariance;
};

/** Returns the axis of the largest variance by power iteration, and takes its variance out of the matrix. */
const takeLargest = (covariance: Float64Array, width: number): { axis: Float64Array; variance: number } => {
  let axis = Float64Array.from({ length: width }, (_, j) => 1 / (1 + j));
  let variance = 0;
  for (let i = 0; i < iterations; i++) {
    const next = new Float64Array(width);
    for (let row = 0; row < width; row++) next[row] = dot(covariance.subarray(row * width, (row + 1) * width), axis);
    variance = Math.sqrt(dot(next, next));
    if (variance < 1e-12) return { axis: new Float64Array(width), variance: 0 };
    axis = next.map((value) => value / variance);
  }
  // An axis may as well point the other way: its largest part is positive.
  const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  if (largest < 0) axis = axis.map((value) => -value);
  for (let row = 0; row < width; row++)
    for (let j = 0; j < width; j++) covariance[row * width + j] -= variance * axis[row] * axis[j];
  return { axis, variance };
};
