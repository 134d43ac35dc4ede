import { addOuter, childKey, dot, exp4, keeps8, laneMask, product, TILE_ROWS, transposeInto } from '../base';
import { softmaxRow } from '../softmax';

/*
 * Causal attention, for one sequence and head at a time: the scores of a few queries are computed together, in scratch
 * memory, and only for the keys that they attend to. Letters: T length of the sequence, D width of a head, P = T
 * rounded up to a multiple of eight, and in bytes as the row of a scratch matrix.
 */

/** Number of queries whose parts of dKey and dValue are added together. A multiple of the rows of every tile. */
export const QUERY_BLOCK: i32 = 24;

/** Bytes of scratch memory per thread for sequences of `time` tokens and heads of `width`. Called before a launch. */
export function attentionScratch(time: i32, width: i32): i32 {
  const padded = (time + 15) & ~7;
  return (2 * width * padded + 2 * QUERY_BLOCK * padded + 64) << 2;
}

@unmanaged
export class AttentionArguments {
  /** `[tokens, units]`; each head has units / numHeads units, and each token is `tokenRow` floats after the last one. */
  query: usize;
  key: usize;
  value: usize;
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  offsets: usize;
  numHeads: i32;
  units: i32;
  /** `units`, or more if query, key and value are columns of one matrix. So it is with their gradients. */
  tokenRow: i32;
  /** `[tokens, units]`: written by the kernel, and read by its gradient. */
  attended: usize;
  /** `[tokens, numHeads]`: the logarithms of the sums of exponentials, also read by the gradient. */
  logSums: usize;
  /** Key of the dropout mask. */
  dropoutKey: i32;
  /** Weights whose 16 random bits are below this are dropped; 0 drops none. */
  threshold: i32;
  /** 1 / √D. */
  scale: f32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Pairs `begin .. end - 1` of attention. Pair i is head i % numHeads of sequence i / numHeads. */
export function attention(args: AttentionArguments, begin: i32, end: i32, scratch: usize): void {
  const heads = args.numHeads;
  const units = args.units;
  const width = units / heads;
  const threshold = args.threshold;
  const scale = args.scale;
  const keptScale = args.keptScale;
  const row = <usize>(units << 2);
  const tokenRow = <usize>(args.tokenRow << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const head = pair % heads;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    const ofHead = <usize>((head * width) << 2);
    const at = <usize>first * tokenRow + ofHead;
    const attended = args.attended + <usize>first * row + ofHead;
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch;
    const weights = keys + <usize>width * paddedRow + 64;
    transposeInto(args.key + at, tokenRow, keys, paddedRow, time, width);
    for (let i = 0; i < time; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, time - i);
      const seen = i + rows;
      product(args.query + at + <usize>i * tokenRow, tokenRow, keys, paddedRow, weights, paddedRow, rows, seen, width);
      for (let r = 0; r < rows; r++) {
        const token = first + i + r;
        const logSum = softmaxRow(weights + <usize>r * paddedRow, i + r + 1, seen, scale);
        store<f32>(args.logSums + <usize>((token * heads + head) << 2), logSum);
        if (threshold)
          dropRow(
            weights + <usize>r * paddedRow,
            i + r + 1,
            childKey(args.dropoutKey, token * heads + head),
            threshold,
            keptScale,
          );
      }
      product(weights, paddedRow, args.value + at, tokenRow, attended + <usize>i * row, row, rows, width, seen);
    }
  }
}

/** Drops weights of the first `valid` keys, and scales the kept ones. */
function dropRow(x: usize, valid: i32, key: i32, threshold: i32, scale: f32): void {
  const keys = i32x4.splat(key);
  const thresholds = i16x8.splat(<i16>threshold);
  const scales = f32x4.splat(scale);
  for (let i = 0; i < valid; i += 8) {
    const kept = keeps8(keys, i, thresholds);
    const p = x + <usize>(i << 2);
    v128.store(p, v128.and(f32x4.mul(v128.load(p), scales), i32x4.extend_low_i16x8_s(kept)));
    v128.store(p, v128.and(f32x4.mul(v128.load(p, 16), scales), i32x4.extend_high_i16x8_s(kept)), 16);
  }
}

@unmanaged
export class AttentionGradArguments extends AttentionArguments {
  /** `[tokens, units]`. */
  dAttended: usize;
  /** Outputs, with the rows of query, key and value. */
  dQuery: usize;
  dKey: usize;
  dValue: usize;
}

/**
 * Pairs `begin .. end - 1` of the gradient. Weights are recomputed from scores and logSums, and dropout masks from
 * their key.
 */
export function attentionGrad(args: AttentionGradArguments, begin: i32, end: i32, scratch: usize): void {
  attentionGradFrom(0, args.dAttended, args.dQuery, args.dKey, args.dValue, args, begin, end, scratch);
}

/** The same where the first row of each gradient is that of the token `origin`. */
export function attentionGradFrom(
  origin: i32,
  dAttendedRows: usize,
  dQueryRows: usize,
  dKeyRows: usize,
  dValueRows: usize,
  args: AttentionArguments,
  begin: i32,
  end: i32,
  scratch: usize,
): void {
  const heads = args.numHeads;
  const units = args.units;
  const width = units / heads;
  const threshold = args.threshold;
  const scale = args.scale;
  const keptScale = args.keptScale;
  const row = <usize>(units << 2);
  const tokenRow = <usize>(args.tokenRow << 2);
  const headRow = <usize>(width << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const head = pair % heads;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    const at = <usize>first * tokenRow + <usize>head * headRow;
    const ofAttended = <usize>first * row + <usize>head * headRow;
    const query = args.query + at;
    const key = args.key + at;
    const attended = args.attended + ofAttended;
    const ofGradient = <usize>(first - origin) * tokenRow + <usize>head * headRow;
    const dAttended = dAttendedRows + <usize>(first - origin) * row + <usize>head * headRow;
    const dQuery = dQueryRows + ofGradient;
    const dKey = dKeyRows + ofGradient;
    const dValue = dValueRows + ofGradient;
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch;
    const values = keys + <usize>width * paddedRow + 64;
    const weights = values + <usize>width * paddedRow + 64;
    const dScores = weights + <usize>QUERY_BLOCK * paddedRow + 64;
    transposeInto(key, tokenRow, keys, paddedRow, time, width);
    transposeInto(args.value + at, tokenRow, values, paddedRow, time, width);
    for (let i = 0; i < time; i += QUERY_BLOCK) {
      const block = min(QUERY_BLOCK, time - i);
      const seen = i + block;
      for (let t = 0; t < block; t += TILE_ROWS) {
        const rows = min(TILE_ROWS, block - t);
        const visible = i + t + rows;
        const from = <usize>(i + t) * row;
        const ofTokens = <usize>(i + t) * tokenRow;
        const w = weights + <usize>t * paddedRow;
        const ds = dScores + <usize>t * paddedRow;
        product(query + ofTokens, tokenRow, keys, paddedRow, w, paddedRow, rows, visible, width);
        product(dAttended + from, row, values, paddedRow, ds, paddedRow, rows, visible, width);
        for (let r = 0; r < rows; r++) {
          const token = first + i + t + r;
          const ofRow = from + <usize>r * row;
          const name = token * heads + head;
          scoreGradRow(
            w + <usize>r * paddedRow,
            ds + <usize>r * paddedRow,
            i + t + r + 1,
            seen,
            scale,
            load<f32>(args.logSums + <usize>(name << 2)),
            dot(dAttended + ofRow, attended + ofRow, width),
            threshold ? childKey(args.dropoutKey, name) : 0,
            threshold,
            keptScale,
          );
        }
        product(ds, paddedRow, key, tokenRow, dQuery + ofTokens, tokenRow, rows, width, visible);
      }
      // The keys of this block have no sums yet, so they start from zero.
      addOuter(weights, paddedRow, dAttended + <usize>i * row, row, dValue, tokenRow, i, seen, width, block);
      addOuter(dScores, paddedRow, query + <usize>i * tokenRow, tokenRow, dKey, tokenRow, i, seen, width, block);
    }
  }
}

/**
 * From scores and the gradient of (dropped) weights, in place: the dropped weights, and the gradient of the unscaled
 * scores: p · (keep · dw - dot(dAttended, attended)) · scale. Both 0 from `valid` to `seen`.
 */
function scoreGradRow(
  w: usize,
  ds: usize,
  valid: i32,
  seen: i32,
  scale: f32,
  logSum: f32,
  rowDot: f32,
  key: i32,
  threshold: i32,
  keptScale: f32,
): void {
  const scales = f32x4.splat(scale);
  const logSums = f32x4.splat(logSum);
  const rowDots = f32x4.splat(rowDot);
  const kept = f32x4.splat(keptScale);
  const keys = i32x4.splat(key);
  const thresholds = i16x8.splat(<i16>threshold);
  const all = i32x4.splat(-1);
  let i = 0;
  for (; i < valid; i += 8) {
    let keep0 = all;
    let keep1 = all;
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
function scoreGrad4(
  w: usize,
  ds: usize,
  valid: v128,
  keep: v128,
  scales: v128,
  logSums: v128,
  rowDots: v128,
  kept: v128,
): void {
  const p = v128.and(valid, exp4(f32x4.sub(f32x4.mul(v128.load(w), scales), logSums)));
  v128.store(w, v128.and(f32x4.mul(p, kept), keep));
  const dp = v128.and(f32x4.mul(v128.load(ds), kept), keep);
  v128.store(ds, v128.and(valid, f32x4.mul(f32x4.mul(p, f32x4.sub(dp, rowDots)), scales)));
}

@unmanaged
export class NewestAttentionArguments {
  /** Queries of the newest tokens, `[sequences, units]`. */
  query: usize;
  /** `[tokens, units]`. */
  key: usize;
  value: usize;
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  offsets: usize;
  numHeads: i32;
  units: i32;
  /** Output `[sequences, units]`. */
  attended: usize;
  /** 1 / √D. */
  scale: f32;
}

/**
 * Pairs `begin .. end - 1` of attention at the newest token of each sequence. Needs scratch memory for one float per
 * token of the longest sequence.
 */
export function newestAttention(args: NewestAttentionArguments, begin: i32, end: i32, scratch: usize): void {
  const heads = args.numHeads;
  const units = args.units;
  const width = units / heads;
  const row = <usize>(units << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const ofHead = (<usize>((pair % heads) * width)) << 2;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    if (time == 0) continue;
    const at = <usize>first * row + ofHead;
    const own = <usize>sequence * row + ofHead;
    for (let j = 0; j < time; j++) {
      store<f32>(scratch + <usize>(j << 2), dot(args.query + own, args.key + at + <usize>j * row, width));
    }
    softmaxRow(scratch, time, time, args.scale);
    product(scratch, 0, args.value + at, row, args.attended + own, row, 1, width, time);
  }
}
