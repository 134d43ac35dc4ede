import { emptyList, ITEM_PANEL, keepBest } from './rank-items';

/** Rows of a table whose best are listed together. */
export const BOUND_BLOCK: i32 = 16384;

@unmanaged
export class TopBoundsArguments {
  /** int16 `[queries, width]`. */
  hidden: usize;
  /** float32 `[queries, 3]`: factor of a product, of a scale, and of an error. */
  factors: usize;
  /** int8 `[rows, width]`. */
  codes: usize;
  /** float32 `[rows]`. */
  scales: usize;
  errors: usize;
  /** `[queries, blocks, k]`. */
  values: usize;
  indices: usize;
  queries: i32;
  rows: i32;
  /** A multiple of 32. */
  width: i32;
  k: i32;
}

/**
 * Blocks `begin .. end - 1` of rows: the k highest upper bounds of the scores of each block and their rows, best first,
 * without storing all bounds. A bound is (factor0 · (hidden[q] · codes[row]) + factor1) · scale[row] + factor2 ·
 * error[row]; a product must be below 2^31. Among equals the lower row comes first, and NaN before all others. Where a
 * block has fewer, -Infinity and row -1. Needs scratch memory for `ITEM_PANEL` bounds of each query.
 */
export function topBounds(args: TopBoundsArguments, begin: i32, end: i32, scratch: usize): void {
  const queries = args.queries;
  const width = args.width;
  const k = args.k;
  const blocks = (args.rows + BOUND_BLOCK - 1) / BOUND_BLOCK;
  for (let block = begin; block < end; block++) {
    for (let q = 0; q < queries; q++) {
      const at = <usize>(q * blocks + block) * <usize>(k << 2);
      emptyList(args.values + at, args.indices + at, k);
    }
    const last = min(args.rows, (block + 1) * BOUND_BLOCK);
    for (let first = block * BOUND_BLOCK; first < last; first += ITEM_PANEL) {
      const count = min(ITEM_PANEL, last - first);
      for (let i = 0; i < count; i++) {
        const codes = args.codes + <usize>(first + i) * <usize>width;
        const scale = load<f32>(args.scales + <usize>((first + i) << 2));
        const error = load<f32>(args.errors + <usize>((first + i) << 2));
        for (let q = 0; q < queries; q++) {
          const product = <f32>dotCodes(codes, args.hidden + <usize>(q * width) * 2, width);
          const factors = args.factors + <usize>(12 * q);
          const bound =
            (load<f32>(factors) * product + load<f32>(factors, 4)) * scale + load<f32>(factors, 8) * error;
          store<f32>(scratch + <usize>((q * ITEM_PANEL + i) << 2), bound);
        }
      }
      for (let q = 0; q < queries; q++) {
        const bounds = scratch + <usize>((q * ITEM_PANEL) << 2);
        for (let i = count; i < ITEM_PANEL; i++) store<f32>(bounds + <usize>(i << 2), -Infinity);
        const at = <usize>(q * blocks + block) * <usize>(k << 2);
        keepBest(bounds, first, args.values + at, args.indices + at, k);
      }
    }
  }
}

/** The product of int8 and int16. */
// @ts-expect-error: decorator
@inline
function dotCodes(codes: usize, hidden: usize, width: i32): i32 {
  let sum = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>width; at += 16) {
    const bytes = v128.load(codes + at);
    const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(bytes), v128.load(hidden + 2 * at));
    const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(bytes), v128.load(hidden + 2 * at, 16));
    sum = i32x4.add(sum, i32x4.add(low, high));
  }
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}
