/** Rows of a table whose best are listed together. */
export const BOUND_BLOCK: i32 = 16384;
/** Rows whose bounds are computed at a time, so that they stay in the cache. */
export const BOUND_ROWS: i32 = 128;
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
 * error[row]; a product must be below 2^31. Among equals the lower row comes first. Where a block has fewer, -Infinity and
 * row 0. If a bound is NaN, so is the first of its list.
 */
export function topBounds(args: TopBoundsArguments, begin: i32, end: i32, scratch: usize): void {
  const queries = args.queries;
  const width = args.width;
  for (let block = begin; block < end; block++) {
    const lists = listsOf(args.values, args.indices, queries, args.rows, args.k, block);
    const last = min(args.rows, (block + 1) * BOUND_BLOCK);
    for (let from = block * BOUND_BLOCK; from < last; from += BOUND_ROWS) {
      const count = min(BOUND_ROWS, last - from);
      for (let i = 0; i < count; i++) {
        const codes = args.codes + <usize>(from + i) * <usize>width;
        const scale = load<f32>(args.scales + <usize>((from + i) << 2));
        const error = load<f32>(args.errors + <usize>((from + i) << 2));
        for (let q = 0; q < queries; q++) {
          const product = <f32>dotCodes(codes, args.hidden + <usize>(q * width) * 2, width);
          const factors = args.factors + <usize>(12 * q);
          const bound =
            (load<f32>(factors) * product + load<f32>(factors, 4)) * scale + load<f32>(factors, 8) * error;
          store<f32>(scratch + <usize>((q * BOUND_ROWS + i) << 2), bound);
        }
      }
      keepBest(args.values, args.indices, lists, queries, args.rows, args.k, scratch, from, count);
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

/** Empties the lists of a block, and returns the bytes from the start of all lists to its first. */
function listsOf(values: usize, indices: usize, queries: i32, rows: i32, k: i32, block: i32): usize {
  const row = rowOfLists(rows, k);
  const start = <usize>((block * k) << 2);
  for (let q = 0; q < queries; q++) {
    const at = start + <usize>q * row;
    for (let i = 0; i < k; i++) store<f32>(values + at + <usize>(i << 2), -Infinity);
    memory.fill(indices + at, 0, <usize>(k << 2));
  }
  return start;
}

/** Bytes from the lists of a query to those of the next. */
// @ts-expect-error: decorator
@inline
function rowOfLists(rows: i32, k: i32): usize {
  return <usize>(((rows + BOUND_BLOCK - 1) / BOUND_BLOCK) * k) << 2;
}

/** Puts the scores of rows `from .. from + count - 1` into the lists of a block. */
function keepBest(
  values: usize,
  indices: usize,
  lists: usize,
  queries: i32,
  rows: i32,
  k: i32,
  scores: usize,
  from: i32,
  count: i32,
): void {
  const row = rowOfLists(rows, k);
  const end = <usize>((k - 1) << 2);
  for (let q = 0; q < queries; q++) {
    const own = values + lists + <usize>q * row;
    const ownIndices = indices + lists + <usize>q * row;
    const x = scores + <usize>((q * BOUND_ROWS) << 2);
    for (let i = 0; i < count; i++) {
      if ((i & 3) == 0 && i + 4 <= count) {
        // Go past vectors without a score above the last of the list, and without NaN.
        const four = v128.load(x + <usize>(i << 2));
        if (i32x4.all_true(f32x4.le(four, f32x4.splat(load<f32>(own + end))))) {
          i += 3;
          continue;
        }
      }
      const value = load<f32>(x + <usize>(i << 2));
      if (value <= load<f32>(own + end)) continue;
      if (value != value || load<f32>(own) != load<f32>(own)) {
        store<f32>(own, NaN);
        continue;
      }
      let place = k - 1;
      for (; place > 0; place--) {
        const before = load<f32>(own + <usize>((place - 1) << 2));
        if (!(before < value)) break;
        store<f32>(own + <usize>(place << 2), before);
        store<i32>(ownIndices + <usize>(place << 2), load<i32>(ownIndices + <usize>((place - 1) << 2)));
      }
      store<f32>(own + <usize>(place << 2), value);
      store<i32>(ownIndices + <usize>(place << 2), from + i);
    }
  }
}
