/** Terms of losses, and their derivatives, in place. Each sum is kept in float64. */
import { exp4, laneMask, logarithm, madd, maxLanes, storeLanes, sumLanes } from './vector';

/** Elements whose sum is kept in float32 before it is added in float64. */
const SUM_BLOCK: i32 = 1024;

/** The natural logarithm of x > 0; NaN stays. */
export function logOfSum(x: f64): f64 {
  return x == x ? <f64>logarithm(<f32>x) : x;
}

/** Returns the sum of weight · softplus(sign · x), and turns each x into its derivative by x. */
export function softplusTerms(x: usize, count: i32, sign: f32, weight: f32): f64 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const signs = f32x4.splat(sign);
  const slopes = f32x4.splat(sign * weight);
  let sum: f64 = 0;
  for (let start = 0; start < count; start += SUM_BLOCK) {
    const last = min(start + SUM_BLOCK, count);
    let sums = f32x4.splat(0);
    for (let i = start; i < last; i += 4) {
      const at = x + ((<usize>i) << 2);
      const s = f32x4.mul(signs, v128.load(at));
      const e = exp4(f32x4.neg(f32x4.abs(s)));
      // log(1 + e) is a series in t = e / (2 + e), at most 1/3.
      const t = f32x4.div(e, f32x4.add(f32x4.splat(2), e));
      const u = f32x4.mul(t, t);
      let series = f32x4.splat(1 / 13.0);
      series = madd(series, u, f32x4.splat(1 / 11.0));
      series = madd(series, u, f32x4.splat(1 / 9.0));
      series = madd(series, u, f32x4.splat(1 / 7.0));
      series = madd(series, u, f32x4.splat(1 / 5.0));
      series = madd(series, u, f32x4.splat(1 / 3.0));
      series = madd(series, u, one);
      const value = madd(f32x4.add(t, t), series, f32x4.pmax(s, zero));
      const sigmoid = f32x4.div(v128.bitselect(e, one, f32x4.lt(s, zero)), f32x4.add(one, e));
      sums = f32x4.add(sums, v128.and(laneMask(last - i), value));
      storeLanes(at, f32x4.mul(sigmoid, slopes), last - i);
    }
    sum += sumLanes(sums);
  }
  return sum * weight;
}

/**
 * Softmax cross-entropy of a target against others, times a weight. Turns `others`, scores to which `correction` is to be
 * added, into the derivatives by them, and `target`, a score, into that by the target. Only differences of scores are
 * rounded, so large scores lose nothing.
 */
export function softmaxTerm(others: usize, count: i32, target: usize, correction: f32, weight: f32): f64 {
  const score = load<f32>(target);
  const top = largestOf(others, count, score - correction);
  const margin: f32 = score - top - correction;
  const sumOfOthers = exponentials(others, count, top);
  const sum = sumOfOthers + <f64>f32x4.extract_lane(exp4(f32x4.splat(margin)), 0);
  scaleRow(others, count, <f32>(<f64>weight / sum));
  store<f32>(target, <f32>((-(<f64>weight) * sumOfOthers) / sum));
  return <f64>weight * (logOfSum(sum) - margin);
}

/** The largest of some numbers and `least`. */
function largestOf(x: usize, count: i32, least: f32): f32 {
  let highest = f32x4.splat(least);
  for (let i = 0; i < count; i += 4) {
    const values = v128.bitselect(v128.load(x + ((<usize>i) << 2)), highest, laneMask(count - i));
    highest = f32x4.pmax(highest, values);
  }
  return maxLanes(highest);
}

/** x = e^(x - top); returns the sum. */
function exponentials(x: usize, count: i32, top: f32): f64 {
  const tops = f32x4.splat(top);
  let sum: f64 = 0;
  for (let start = 0; start < count; start += SUM_BLOCK) {
    const last = min(start + SUM_BLOCK, count);
    let sums = f32x4.splat(0);
    for (let i = start; i < last; i += 4) {
      const at = x + ((<usize>i) << 2);
      const e = exp4(f32x4.sub(v128.load(at), tops));
      sums = f32x4.add(sums, v128.and(laneMask(last - i), e));
      storeLanes(at, e, last - i);
    }
    sum += sumLanes(sums);
  }
  return sum;
}

function scaleRow(x: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i = 0; i < count; i += 4) {
    const at = x + ((<usize>i) << 2);
    storeLanes(at, f32x4.mul(v128.load(at), factors), count - i);
  }
}

/** The address of row `rows[i]` of a table. */
// @ts-expect-error: decorator
@inline
export function vectorOf(table: usize, rows: usize, i: i32, row: usize): usize {
  return table + <usize>load<u32>(rows + ((<usize>i) << 2)) * row;
}

/** to = factor · first + the sum over c of factors[c] · table[rows[c]]. */
export function sumVectors(
  table: usize,
  rows: usize,
  factors: usize,
  count: i32,
  first: usize,
  factor: f32,
  to: usize,
  row: usize,
): void {
  const firstFactor = f32x4.splat(factor);
  let at: usize = 0;
  // Four vectors at a time, so that few passes go over the rows.
  for (; at + 48 < row; at += 64) {
    let s0 = f32x4.mul(v128.load(first + at), firstFactor);
    let s1 = f32x4.mul(v128.load(first + at, 16), firstFactor);
    let s2 = f32x4.mul(v128.load(first + at, 32), firstFactor);
    let s3 = f32x4.mul(v128.load(first + at, 48), firstFactor);
    for (let c = 0; c < count; c++) {
      const v = vectorOf(table, rows, c, row) + at;
      const other = v128.load32_splat(factors + ((<usize>c) << 2));
      s0 = madd(other, v128.load(v), s0);
      s1 = madd(other, v128.load(v, 16), s1);
      s2 = madd(other, v128.load(v, 32), s2);
      s3 = madd(other, v128.load(v, 48), s3);
    }
    v128.store(to + at, s0);
    v128.store(to + at, s1, 16);
    v128.store(to + at, s2, 32);
    storeLanes(to + at + 48, s3, <i32>((row - at - 48) >> 2));
  }
  for (; at < row; at += 16) {
    let sum = f32x4.mul(v128.load(first + at), firstFactor);
    for (let c = 0; c < count; c++) {
      const v = vectorOf(table, rows, c, row) + at;
      sum = madd(v128.load32_splat(factors + ((<usize>c) << 2)), v128.load(v), sum);
    }
    storeLanes(to + at, sum, <i32>((row - at) >> 2));
  }
}
