import { multiply, multiplyTransposed, transposeInto } from './matmul';
import { childKey, keeps8 } from './random';
import { exp4, float, integer, laneMask, maxLanes, pointer, storeLanes, sumLanes, TILE_ROWS, ZEROS } from './vector';

/**
 * Causal attention, one (sequence, head) at a time: scores of a few queries at once in scratch memory, and only against the keys they see.
 * Letters: T length of the sequence, D width of a head, P = T rounded up to whole vectors of eight, in bytes as the row of a scratch matrix.
 *
 * Integers of both kernels: query, key, value, offsets, numHeads, units, attended, logSums `[tokens, heads]`, dropout key, threshold,
 * and for the gradient dAttended, dQuery, dKey, dValue. Floats: 1 / sqrt(D), 1 / (1 - rate).
 */

/** Queries whose part of dKey and dValue is added at once. A multiple of every tile's rows. */
const QUERY_BLOCK: i32 = 24;

/** Bytes of scratch a thread needs for sequences of `time` tokens and heads of `width`; JS asks before a launch. */
export function attentionScratch(time: i32, width: i32): i32 {
  const padded = (time + 15) & ~7;
  return (2 * width * padded + 2 * QUERY_BLOCK * padded + 64) << 2;
}

/** Pairs `begin .. end - 1`; pair i is head i % heads of sequence i / heads. */
export function attention(args: usize, begin: i32, end: i32, scratch: usize): void {
  const heads = integer(args, 4), units = integer(args, 5);
  const width = units / heads, threshold = integer(args, 9);
  const scale = float(args, 0), keptScale = float(args, 1);
  const row = <usize>(units << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads, head = pair % heads;
    const bounds = pointer(args, 3) + <usize>(sequence << 2);
    const first = load<i32>(bounds), time = load<i32>(bounds, 4) - first;
    const at = <usize>first * row + <usize>((head * width) << 2);
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch, weights = keys + <usize>width * paddedRow + 64;
    transposeInto(pointer(args, 1) + at, row, keys, paddedRow, time, width);
    for (let i = 0; i < time; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, time - i), seen = i + rows;
      const from = at + <usize>i * row;
      multiply(pointer(args, 0) + from, row, keys, paddedRow, weights, paddedRow, ZEROS, 0, rows, seen, width, 0);
      for (let r = 0; r < rows; r++) {
        const token = first + i + r;
        const logSum = softmaxRow(weights + <usize>r * paddedRow, i + r + 1, seen, scale);
        store<f32>(pointer(args, 7) + <usize>((token * heads + head) << 2), logSum);
        if (threshold) dropRow(weights + <usize>r * paddedRow, i + r + 1, childKey(integer(args, 8), token * heads + head), threshold, keptScale);
      }
      multiply(weights, paddedRow, pointer(args, 2) + at, row, pointer(args, 6) + from, row, ZEROS, 0, rows, width, seen, 0);
    }
  }
}

/**
 * Turns `seen` scores into weights: softmax of scale · score over the first `valid`, 0 after. Returns the logarithm of the sum of
 * exponentials, which gives the weights again.
 */
function softmaxRow(x: usize, valid: i32, seen: i32, scale: f32): f32 {
  const last = valid & ~3, mask = laneMask(valid & 3);
  const lowest = f32x4.splat(-3.4e38);
  let highest = lowest;
  let i = 0;
  for (; i < last; i += 4) highest = f32x4.pmax(highest, v128.load(x + <usize>(i << 2)));
  if (valid & 3) highest = f32x4.pmax(highest, v128.bitselect(v128.load(x + <usize>(i << 2)), lowest, mask));
  const top = maxLanes(highest) * scale;
  const tops = f32x4.splat(top), scales = f32x4.splat(scale);
  let sums = f32x4.splat(0);
  for (i = 0; i < last; i += 4) {
    const e = exp4(f32x4.sub(f32x4.mul(v128.load(x + <usize>(i << 2)), scales), tops));
    sums = f32x4.add(sums, e);
    v128.store(x + <usize>(i << 2), e);
  }
  if (valid & 3) {
    const e = v128.and(mask, exp4(f32x4.sub(f32x4.mul(v128.load(x + <usize>(i << 2)), scales), tops)));
    sums = f32x4.add(sums, e);
    v128.store(x + <usize>(i << 2), e);
    i += 4;
  }
  const sum = sumLanes(sums);
  const inverse = f32x4.splat(1 / sum);
  for (let j = 0; j < i; j += 4) v128.store(x + <usize>(j << 2), f32x4.mul(v128.load(x + <usize>(j << 2)), inverse));
  for (; i < seen; i += 4) v128.store(x + <usize>(i << 2), f32x4.splat(0));
  return top + logarithm(sum);
}

/** The natural logarithm of x >= 1, from its exponent and a series in (m - 1) / (m + 1). */
function logarithm(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  let exponent = (bits >>> 23) - 127;
  let m = reinterpret<f32>((bits & 0x7fffff) | 0x3f800000);
  if (m > 1.41421356) {
    m *= 0.5;
    exponent++;
  }
  const t: f64 = (<f64>m - 1) / (<f64>m + 1), u = t * t;
  return <f32>(2 * t * (1 + u * (1 / 3.0 + u * (1 / 5.0 + u * (1 / 7.0 + u * (1 / 9.0 + u / 11.0))))) + <f64>exponent * 0.6931471805599453);
}

/** Drops weights of the first `valid` keys, and scales the kept ones. */
function dropRow(x: usize, valid: i32, key: i32, threshold: i32, scale: f32): void {
  const keys = i32x4.splat(key), thresholds = i16x8.splat(<i16>threshold), scales = f32x4.splat(scale);
  for (let i = 0; i < valid; i += 8) {
    const kept = keeps8(keys, i, thresholds);
    const p = x + <usize>(i << 2);
    v128.store(p, v128.and(f32x4.mul(v128.load(p), scales), i32x4.extend_low_i16x8_s(kept)));
    v128.store(p, v128.and(f32x4.mul(v128.load(p, 16), scales), i32x4.extend_high_i16x8_s(kept)), 16);
  }
}

/** The gradient, of pairs `begin .. end - 1`. Weights are computed again from scores and logSums, and masks from their key. */
export function attentionGrad(args: usize, begin: i32, end: i32, scratch: usize): void {
  const heads = integer(args, 4), units = integer(args, 5);
  const width = units / heads, threshold = integer(args, 9);
  const scale = float(args, 0), keptScale = float(args, 1);
  const row = <usize>(units << 2), headRow = <usize>(width << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads, head = pair % heads;
    const bounds = pointer(args, 3) + <usize>(sequence << 2);
    const first = load<i32>(bounds), time = load<i32>(bounds, 4) - first;
    const at = <usize>first * row + <usize>head * headRow;
    const query = pointer(args, 0) + at, key = pointer(args, 1) + at, attended = pointer(args, 6) + at;
    const dAttended = pointer(args, 10) + at, dQuery = pointer(args, 11) + at, dKey = pointer(args, 12) + at, dValue = pointer(args, 13) + at;
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch, values = keys + <usize>width * paddedRow + 64;
    const weights = values + <usize>width * paddedRow + 64, dScores = weights + <usize>QUERY_BLOCK * paddedRow + 64;
    transposeInto(key, row, keys, paddedRow, time, width);
    transposeInto(pointer(args, 2) + at, row, values, paddedRow, time, width);
    for (let i = 0; i < time; i += QUERY_BLOCK) {
      const block = min(QUERY_BLOCK, time - i), seen = i + block;
      for (let t = 0; t < block; t += TILE_ROWS) {
        const rows = min(TILE_ROWS, block - t), visible = i + t + rows;
        const from = <usize>(i + t) * row;
        const w = weights + <usize>t * paddedRow, ds = dScores + <usize>t * paddedRow;
        multiply(query + from, row, keys, paddedRow, w, paddedRow, ZEROS, 0, rows, visible, width, 0);
        multiply(dAttended + from, row, values, paddedRow, ds, paddedRow, ZEROS, 0, rows, visible, width, 0);
        for (let r = 0; r < rows; r++) {
          const token = first + i + t + r;
          const ofRow = from + <usize>r * row;
          const name = token * heads + head;
          scoreGradRow(
            w + <usize>r * paddedRow, ds + <usize>r * paddedRow, i + t + r + 1, seen, scale, load<f32>(pointer(args, 7) + <usize>(name << 2)),
            dot(dAttended + ofRow, attended + ofRow, width), threshold ? childKey(integer(args, 8), name) : 0, threshold, keptScale,
          );
        }
        multiply(ds, paddedRow, key, row, dQuery + from, row, ZEROS, 0, rows, width, visible, 0);
      }
      const ofBlock = <usize>i * row;
      // the keys of this block have no sums yet: they start from zero
      addOuter(weights, paddedRow, dAttended + ofBlock, row, dValue, i, seen, width, block);
      addOuter(dScores, paddedRow, query + ofBlock, row, dKey, i, seen, width, block);
    }
  }
}

/** y[0 .. seen) += Aᵀ · B over the `block` rows of A and B; rows from `fresh` on start at zero. */
// @ts-expect-error: decorator
@inline
function addOuter(a: usize, aRow: usize, b: usize, row: usize, y: usize, fresh: i32, seen: i32, width: i32, block: i32): void {
  if (fresh > 0) multiplyTransposed(a, aRow, b, row, y, row, y, row, fresh, width, block);
  multiplyTransposed(a + <usize>(fresh << 2), aRow, b, row, y + <usize>fresh * row, row, ZEROS, 0, seen - fresh, width, block);
}

/**
 * From scores and the gradient of (dropped) weights, in place: the dropped weights, and the gradient of the unscaled scores:
 * p · (keep · dw - dot(dAttended, attended)) · scale. Both 0 from `valid` to `seen`.
 */
function scoreGradRow(w: usize, ds: usize, valid: i32, seen: i32, scale: f32, logSum: f32, rowDot: f32, key: i32, threshold: i32, keptScale: f32): void {
  const scales = f32x4.splat(scale), logSums = f32x4.splat(logSum), rowDots = f32x4.splat(rowDot), kept = f32x4.splat(keptScale);
  const keys = i32x4.splat(key), thresholds = i16x8.splat(<i16>threshold);
  const all = i32x4.splat(-1);
  let i = 0;
  for (; i < valid; i += 8) {
    let keep0 = all, keep1 = all;
    if (threshold) {
      const keep = keeps8(keys, i, thresholds);
      keep0 = i32x4.extend_low_i16x8_s(keep);
      keep1 = i32x4.extend_high_i16x8_s(keep);
    }
    const at = <usize>(i << 2);
    scoreGrad4(w + at, ds + at, laneMask(valid - i), keep0, scales, logSums, rowDots, kept);
    scoreGrad4(w + at + 16, ds + at + 16, laneMask(valid - i - 4), keep1, scales, logSums, rowDots, kept);
  }
  for (; i < seen; i += 8) {
    const at = <usize>(i << 2);
    const zero = f32x4.splat(0);
    v128.store(w + at, zero);
    v128.store(w + at, zero, 16);
    v128.store(ds + at, zero);
    v128.store(ds + at, zero, 16);
  }
}

// @ts-expect-error: decorator
@inline
function scoreGrad4(w: usize, ds: usize, valid: v128, keep: v128, scales: v128, logSums: v128, rowDots: v128, kept: v128): void {
  const p = v128.and(valid, exp4(f32x4.sub(f32x4.mul(v128.load(w), scales), logSums)));
  v128.store(w, v128.and(f32x4.mul(p, kept), keep));
  const dp = v128.and(f32x4.mul(v128.load(ds), kept), keep);
  v128.store(ds, v128.and(valid, f32x4.mul(f32x4.mul(p, f32x4.sub(dp, rowDots)), scales)));
}

function dot(x: usize, y: usize, count: i32): f32 {
  let sum = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) sum = f32x4.add(sum, f32x4.mul(v128.load(x + <usize>(i << 2)), v128.load(y + <usize>(i << 2))));
  if (i < count) {
    sum = f32x4.add(sum, v128.and(laneMask(count - i), f32x4.mul(v128.load(x + <usize>(i << 2)), v128.load(y + <usize>(i << 2)))));
  }
  return sumLanes(sum);
}

/**
 * Rows `begin .. end - 1` of y = softmax(x), or its logarithm, and of the logarithm of each row's sum of exponentials. Integers: x, y, width,
 * whether to take the logarithm, logarithms of the sums (0: not wanted).
 */
export function softmax(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 2), row = <usize>(width << 2), logSums = pointer(args, 4);
  for (let i = begin; i < end; i++) {
    const x = pointer(args, 0) + <usize>i * row, y = pointer(args, 1) + <usize>i * row;
    memory.copy(scratch, x, row);
    const logSum = softmaxRow(scratch, width, width, 1);
    if (logSums) store<f32>(logSums + <usize>(i << 2), logSum);
    if (integer(args, 3)) {
      const sums = f32x4.splat(logSum);
      for (let at: usize = 0; at < row; at += 16) {
        storeLanes(y + at, f32x4.sub(v128.load(x + at), sums), width - <i32>(at >> 2));
      }
    } else memory.copy(y, scratch, row);
  }
}

/**
 * Pairs `begin .. end - 1` of what the newest token of each sequence attends to. Integers: query `[sequences, units]`, key, value, offsets,
 * numHeads, units, attended `[sequences, units]`. Floats: 1 / sqrt(D).
 */
export function newestAttention(args: usize, begin: i32, end: i32, scratch: usize): void {
  const heads = integer(args, 4), units = integer(args, 5);
  const width = units / heads;
  const row = <usize>(units << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads, ofHead = <usize>((pair % heads) * width) << 2;
    const bounds = pointer(args, 3) + <usize>(sequence << 2);
    const first = load<i32>(bounds), time = load<i32>(bounds, 4) - first;
    if (time == 0) continue;
    const at = <usize>first * row + ofHead;
    const own = <usize>sequence * row + ofHead;
    for (let j = 0; j < time; j++) {
      store<f32>(scratch + <usize>(j << 2), dot(pointer(args, 0) + own, pointer(args, 1) + at + <usize>j * row, width));
    }
    softmaxRow(scratch, time, time, float(args, 0));
    multiply(scratch, 0, pointer(args, 2) + at, row, pointer(args, 6) + own, row, ZEROS, 0, 1, width, time, 0);
  }
}
