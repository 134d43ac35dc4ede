import { QUERY_BLOCK } from './causal';
import { addOuter, dot, laneMask, Optional, product, sigmoid4, TILE_ROWS, transposeInto } from '../base';

/*
 * The attention of HSTU, for one sequence and head at a time, laid out as causal attention is. There is no softmax: a
 * weight is SiLU(score) / maxLength. A score has two biases, by the distance of the tokens and by the time between them.
 * Letters as in `causal.ts`.
 */

/** Buckets of times, each with a bias. */
export const TIME_BUCKETS: i32 = 129;

/** Bytes of scratch memory for a bias of each byte: more than there are buckets, as some lanes hold no bucket. */
const TABLE_BYTES: i32 = 1024;

/**
 * Bytes of scratch memory that the kernels of this file need beyond those of attention with heads of
 * `max(queryWidth, valueWidth) + 2`.
 */
export const HSTU_SCRATCH_BYTES: i32 = 1536;

@unmanaged
export class HstuAttentionArguments {
  /** `[tokens, queryUnits]`, the heads one after another. */
  query: usize;
  key: usize;
  /** `[tokens, valueUnits]`. */
  value: usize;
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  offsets: usize;
  numHeads: i32;
  queryUnits: i32;
  valueUnits: i32;
  /** By distance: as many as the longest sequence has tokens, or more. */
  positionBias: usize;
  /** `[TIME_BUCKETS]`, or none. */
  timeBias: Optional;
  /** The bucket of each query i and key j <= i of a sequence, a byte at pairStarts[b] + i (i + 1) / 2 + j. */
  buckets: Optional;
  /** `[sequences]`. */
  pairStarts: Optional;
  /** `[tokens, valueUnits]`. */
  attended: usize;
  /** 1 / maxLength. */
  factor: f32;
}

/** Writes the position biases from the largest distance to 0, so that those of a query are in the order of its keys. */
function reverseInto(bias: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) store<f32>(to + <usize>(i << 2), load<f32>(bias + <usize>((count - 1 - i) << 2)));
}

// @ts-expect-error: decorator
@inline
function lookUp4(table: usize, buckets: usize): v128 {
  const four = load<u32>(buckets);
  let x = v128.load32_zero(table + <usize>((four & 255) << 2));
  x = v128.load32_lane(table + <usize>(((four >> 8) & 255) << 2), x, 1);
  x = v128.load32_lane(table + <usize>(((four >> 16) & 255) << 2), x, 2);
  return v128.load32_lane(table + <usize>((four >> 24) << 2), x, 3);
}

/** The scores of four keys with their biases. */
// @ts-expect-error: decorator
@inline
function biased4(w: usize, position: usize, table: usize, buckets: usize): v128 {
  const score = f32x4.add(v128.load(w), v128.load(position));
  return table ? f32x4.add(score, lookUp4(table, buckets)) : score;
}

/** From scores, in place: the weights of the first `valid` keys, and 0 up to `seen`. */
function weightRow(w: usize, position: usize, table: usize, buckets: usize, valid: i32, seen: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i < valid; i += 4) {
    const at = <usize>(i << 2);
    const score = biased4(w + at, position + at, table, buckets + <usize>i);
    const weight = f32x4.mul(f32x4.mul(score, sigmoid4(score)), factors);
    v128.store(w + at, v128.and(laneMask(valid - i), weight));
  }
  for (; i < seen; i += 4) v128.store(w + <usize>(i << 2), f32x4.splat(0));
}

/** Pairs `begin .. end - 1` of attention. Pair i is head i % numHeads of sequence i / numHeads. */
export function hstuAttention(args: HstuAttentionArguments, begin: i32, end: i32, scratch: usize): void {
  const heads = args.numHeads;
  const queryWidth = args.queryUnits / heads;
  const valueWidth = args.valueUnits / heads;
  const queryRow = <usize>(args.queryUnits << 2);
  const valueRow = <usize>(args.valueUnits << 2);
  const table = args.timeBias ? scratch : 0;
  if (table) memory.copy(table, args.timeBias, <usize>(TIME_BUCKETS << 2));
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const head = pair % heads;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    const queryAt = <usize>first * queryRow + <usize>((head * queryWidth) << 2);
    const valueAt = <usize>first * valueRow + <usize>((head * valueWidth) << 2);
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch + TABLE_BYTES;
    const weights = keys + <usize>queryWidth * paddedRow + 64;
    const positions = weights + <usize>TILE_ROWS * paddedRow + 64;
    const buckets = table ? args.buckets + <usize>load<i32>(args.pairStarts + <usize>(sequence << 2)) : 0;
    reverseInto(args.positionBias, time, positions);
    transposeInto(args.key + queryAt, queryRow, keys, paddedRow, time, queryWidth);
    for (let i = 0; i < time; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, time - i);
      const seen = i + rows;
      const from = queryAt + <usize>i * queryRow;
      product(args.query + from, queryRow, keys, paddedRow, weights, paddedRow, rows, seen, queryWidth);
      for (let t = i; t < seen; t++) {
        weightRow(
          weights + <usize>(t - i) * paddedRow,
          positions + <usize>((time - 1 - t) << 2),
          table,
          buckets + <usize>((t * (t + 1)) >> 1),
          t + 1,
          seen,
          args.factor,
        );
      }
      const to = args.attended + valueAt + <usize>i * valueRow;
      product(weights, paddedRow, args.value + valueAt, valueRow, to, valueRow, rows, valueWidth, seen);
    }
  }
}

@unmanaged
export class HstuAttentionGradArguments extends HstuAttentionArguments {
  /** `[tokens, valueUnits]`. */
  dAttended: usize;
  /** Outputs `[tokens, queryUnits]`. */
  dQuery: usize;
  dKey: usize;
  /** Output `[tokens, valueUnits]`. */
  dValue: usize;
  /**
   * Output `[sequences * numHeads, maxLength + TIME_BUCKETS]`: what each pair adds to the gradients of the biases;
   * without times `[sequences * numHeads, maxLength]`.
   */
  parts: usize;
  maxLength: i32;
}

/** Pairs `begin .. end - 1` of the gradient. Weights are recomputed. */
export function hstuAttentionGrad(args: HstuAttentionGradArguments, begin: i32, end: i32, scratch: usize): void {
  const heads = args.numHeads;
  const queryWidth = args.queryUnits / heads;
  const valueWidth = args.valueUnits / heads;
  const queryRow = <usize>(args.queryUnits << 2);
  const valueRow = <usize>(args.valueUnits << 2);
  const table = args.timeBias ? scratch : 0;
  if (table) memory.copy(table, args.timeBias, <usize>(TIME_BUCKETS << 2));
  const partBytes = <usize>((args.maxLength + (table ? TIME_BUCKETS : 0)) << 2);
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const head = pair % heads;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    const queryAt = <usize>first * queryRow + <usize>((head * queryWidth) << 2);
    const valueAt = <usize>first * valueRow + <usize>((head * valueWidth) << 2);
    const query = args.query + queryAt;
    const key = args.key + queryAt;
    const dAttended = args.dAttended + valueAt;
    const paddedRow = <usize>(((time + 7) & ~7) << 2);
    const keys = scratch + TABLE_BYTES;
    const values = keys + <usize>queryWidth * paddedRow + 64;
    const weights = values + <usize>valueWidth * paddedRow + 64;
    const dScores = weights + <usize>QUERY_BLOCK * paddedRow + 64;
    const positions = dScores + <usize>QUERY_BLOCK * paddedRow + 64;
    const dPositions = positions + paddedRow + 64;
    const part = args.parts + <usize>pair * partBytes;
    const dTimes = table ? part + <usize>(args.maxLength << 2) : 0;
    const buckets = table ? args.buckets + <usize>load<i32>(args.pairStarts + <usize>(sequence << 2)) : 0;
    memory.fill(part, 0, partBytes);
    memory.fill(dPositions, 0, paddedRow + 64);
    reverseInto(args.positionBias, time, positions);
    transposeInto(key, queryRow, keys, paddedRow, time, queryWidth);
    transposeInto(args.value + valueAt, valueRow, values, paddedRow, time, valueWidth);
    for (let i = 0; i < time; i += QUERY_BLOCK) {
      const block = min(QUERY_BLOCK, time - i);
      const seen = i + block;
      for (let t = 0; t < block; t += TILE_ROWS) {
        const rows = min(TILE_ROWS, block - t);
        const visible = i + t + rows;
        const w = weights + <usize>t * paddedRow;
        const ds = dScores + <usize>t * paddedRow;
        const queryFrom = query + <usize>(i + t) * queryRow;
        const dFrom = dAttended + <usize>(i + t) * valueRow;
        product(queryFrom, queryRow, keys, paddedRow, w, paddedRow, rows, visible, queryWidth);
        product(dFrom, valueRow, values, paddedRow, ds, paddedRow, rows, visible, valueWidth);
        for (let r = 0; r < rows; r++) {
          const token = i + t + r;
          const shift = <usize>((time - 1 - token) << 2);
          weightGradRow(
            w + <usize>r * paddedRow,
            ds + <usize>r * paddedRow,
            positions + shift,
            dPositions + shift,
            table,
            buckets + <usize>((token * (token + 1)) >> 1),
            dTimes,
            token + 1,
            seen,
            args.factor,
          );
        }
        const to = args.dQuery + queryAt + <usize>(i + t) * queryRow;
        product(ds, paddedRow, key, queryRow, to, queryRow, rows, queryWidth, visible);
      }
      // The keys of this block have no sums yet, so they start from zero.
      const dFrom = dAttended + <usize>i * valueRow;
      addOuter(weights, paddedRow, dFrom, valueRow, args.dValue + valueAt, valueRow, i, seen, valueWidth, block);
      const from = query + <usize>i * queryRow;
      addOuter(dScores, paddedRow, from, queryRow, args.dKey + queryAt, queryRow, i, seen, queryWidth, block);
    }
    reverseInto(dPositions, time, part);
  }
}

/**
 * From scores and the gradient of weights, in place: the weights, and the gradient of the scores, both 0 from `valid` to
 * `seen`. Adds the gradient of the scores to those of the biases.
 */
function weightGradRow(
  w: usize,
  ds: usize,
  position: usize,
  dPosition: usize,
  table: usize,
  buckets: usize,
  dTimes: usize,
  valid: i32,
  seen: i32,
  factor: f32,
): void {
  const factors = f32x4.splat(factor);
  const one = f32x4.splat(1);
  let i = 0;
  for (; i < valid; i += 4) {
    const at = <usize>(i << 2);
    const mask = laneMask(valid - i);
    const score = biased4(w + at, position + at, table, buckets + <usize>i);
    const sigmoid = sigmoid4(score);
    v128.store(w + at, v128.and(mask, f32x4.mul(f32x4.mul(score, sigmoid), factors)));
    const slope = f32x4.mul(sigmoid, f32x4.add(one, f32x4.mul(score, f32x4.sub(one, sigmoid))));
    const dScore = v128.and(mask, f32x4.mul(f32x4.mul(v128.load(ds + at), factors), slope));
    v128.store(ds + at, dScore);
    v128.store(dPosition + at, f32x4.add(v128.load(dPosition + at), dScore));
  }
  for (; i < seen; i += 4) {
    v128.store(w + <usize>(i << 2), f32x4.splat(0));
    v128.store(ds + <usize>(i << 2), f32x4.splat(0));
  }
  if (!dTimes) return;
  for (let j = 0; j < valid; j++) {
    const to = dTimes + <usize>((<i32>load<u8>(buckets + <usize>j)) << 2);
    store<f32>(to, load<f32>(to) + load<f32>(ds + <usize>(j << 2)));
  }
}

/**
 * Pairs `begin .. end - 1` of attention at the newest token of each sequence: `query` is `[sequences, queryUnits]` and
 * `attended` `[sequences, valueUnits]`. Needs scratch memory for two floats per token of the longest sequence, beside
 * `HSTU_SCRATCH_BYTES`.
 */
export function newestHstuAttention(args: HstuAttentionArguments, begin: i32, end: i32, scratch: usize): void {
  const heads = args.numHeads;
  const queryWidth = args.queryUnits / heads;
  const valueWidth = args.valueUnits / heads;
  const queryRow = <usize>(args.queryUnits << 2);
  const valueRow = <usize>(args.valueUnits << 2);
  const table = args.timeBias ? scratch : 0;
  if (table) memory.copy(table, args.timeBias, <usize>(TIME_BUCKETS << 2));
  for (let pair = begin; pair < end; pair++) {
    const sequence = pair / heads;
    const head = pair % heads;
    const bounds = args.offsets + <usize>(sequence << 2);
    const first = load<i32>(bounds);
    const time = load<i32>(bounds, 4) - first;
    if (time == 0) continue;
    const query = args.query + <usize>sequence * queryRow + <usize>((head * queryWidth) << 2);
    const key = args.key + <usize>first * queryRow + <usize>((head * queryWidth) << 2);
    const ofHead = <usize>((head * valueWidth) << 2);
    const weights = scratch + TABLE_BYTES;
    const positions = weights + <usize>(((time + 7) & ~7) << 2) + 64;
    const buckets = table
      ? args.buckets + <usize>load<i32>(args.pairStarts + <usize>(sequence << 2)) + <usize>(((time - 1) * time) >> 1)
      : 0;
    reverseInto(args.positionBias, time, positions);
    for (let j = 0; j < time; j++)
      store<f32>(weights + <usize>(j << 2), dot(query, key + <usize>j * queryRow, queryWidth));
    weightRow(weights, positions, table, buckets, time, time, args.factor);
    const to = args.attended + <usize>sequence * valueRow + ofHead;
    product(weights, 0, args.value + <usize>first * valueRow + ofHead, valueRow, to, valueRow, 1, valueWidth, time);
  }
}
