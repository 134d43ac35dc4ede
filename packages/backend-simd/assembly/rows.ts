import { dropRange } from './random';
import { float, integer, laneMask, madd, pointer, storeLanes, sumLanes } from './vector';

/** Rows `begin .. end - 1` of y[i] = table[indices[i]]. Integers: table, indices, y, width. */
export function gatherRows(args: usize, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>(integer(args, 3) << 2);
  for (let i = begin; i < end; i++) {
    const index = load<u32>(pointer(args, 1) + <usize>(i << 2));
    memory.copy(pointer(args, 2) + <usize>i * row, pointer(args, 0) + <usize>index * row, row);
  }
}

/**
 * Rows `begin .. end - 1` of y = dropout(table[items] · scale + positionTable[positions]). Integers: table, items, position table (0: none),
 * positions, y, width, key, threshold. Floats: scale, 1 / (1 - rate).
 */
export function embed(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 5), row = <usize>(width << 2);
  const positionTable = pointer(args, 2), y = pointer(args, 4);
  const scales = f32x4.splat(float(args, 0));
  for (let i = begin; i < end; i++) {
    const x = pointer(args, 0) + <usize>load<u32>(pointer(args, 1) + <usize>(i << 2)) * row;
    const to = y + <usize>i * row;
    if (positionTable) {
      const p = positionTable + <usize>load<u32>(pointer(args, 3) + <usize>(i << 2)) * row;
      for (let at: usize = 0; at < row; at += 16) {
        storeLanes(to + at, f32x4.add(f32x4.mul(v128.load(x + at), scales), v128.load(p + at)), width - <i32>(at >> 2));
      }
    } else {
      for (let at: usize = 0; at < row; at += 16) storeLanes(to + at, f32x4.mul(v128.load(x + at), scales), width - <i32>(at >> 2));
    }
  }
  if (integer(args, 7)) dropRange(y, y, begin * width, end * width, integer(args, 6), integer(args, 7), float(args, 1), 0);
}

/** y = dropout(x) for vectors of eight elements `begin .. end - 1`. Integers: x, y, size, key, threshold. Floats: 1 / (1 - rate). */
export function dropout(args: usize, begin: i32, end: i32, scratch: usize): void {
  dropRange(pointer(args, 0), pointer(args, 1), begin << 3, min(end << 3, integer(args, 2)), integer(args, 3), integer(args, 4), float(args, 0), 0);
}

/** Tokens `begin .. end - 1` of logits[t, c] = hidden[t] · table[candidates[t, c]]. Integers: hidden, table, candidates, logits, count, width. */
export function pairwiseLogits(args: usize, begin: i32, end: i32, scratch: usize): void {
  const count = integer(args, 4), width = integer(args, 5), row = <usize>(width << 2);
  const tail = <usize>((width & ~3) << 2), mask = laneMask(width & 3);
  for (let t = begin; t < end; t++) {
    const h = pointer(args, 0) + <usize>t * row;
    for (let c = t * count; c < (t + 1) * count; c++) {
      const v = pointer(args, 1) + <usize>load<u32>(pointer(args, 2) + <usize>(c << 2)) * row;
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < tail; at += 16) sum = madd(v128.load(h + at), v128.load(v + at), sum);
      if (tail < row) sum = f32x4.add(sum, v128.and(mask, f32x4.mul(v128.load(h + tail), v128.load(v + tail))));
      store<f32>(pointer(args, 3) + <usize>(c << 2), sumLanes(sum));
    }
  }
}

/** Tokens `begin .. end - 1` of dHidden[t] = sum of dLogits[t, c] · table[candidates[t, c]]. Integers: dLogits, table, candidates, dHidden, count, width. */
export function pairwiseLogitsGrad(args: usize, begin: i32, end: i32, scratch: usize): void {
  const count = integer(args, 4), width = integer(args, 5), row = <usize>(width << 2);
  for (let t = begin; t < end; t++) {
    const to = pointer(args, 3) + <usize>t * row;
    for (let at: usize = 0; at < row; at += 16) {
      let sum = f32x4.splat(0);
      for (let c = t * count; c < (t + 1) * count; c++) {
        const v = pointer(args, 1) + <usize>load<u32>(pointer(args, 2) + <usize>(c << 2)) * row;
        sum = madd(v128.load32_splat(pointer(args, 0) + <usize>(c << 2)), v128.load(v + at), sum);
      }
      storeLanes(to + at, sum, width - <i32>(at >> 2));
    }
  }
}

/*
 * Row updates: the gradient of a table as a list of (row, source) pairs, never as a whole table. A list may be several gradients one
 * after the other (input and output embedding), each a segment: update u of a segment adds scale[u] · values[u / fan] to row indices[u].
 * A segment's descriptor is 8 words: indices, values, scales (0: none), fan, count, constant factor (float), first update, unused.
 */
// @ts-expect-error: decorator
@inline
const SEGMENT_BYTES: usize = 32;

/**
 * Sorts the updates of a list by row, stably: writes the update numbers in order of their rows, the distinct rows, and where each row's
 * updates start. Integers: descriptors, number of segments, total, keys, order (each total words, twice), rows, starts (total + 1), result,
 * highest row. Radix of 2^11; runs on one thread.
 */
export function sortUpdates(args: usize, begin: i32, end: i32, scratch: usize): void {
  const total = integer(args, 2), highest = integer(args, 8);
  let keys = pointer(args, 3), order = pointer(args, 4);
  let nextKeys = keys + <usize>(total << 2), nextOrder = order + <usize>(total << 2);
  let n: usize = 0;
  for (let s = 0; s < integer(args, 1); s++) {
    const segment = pointer(args, 0) + <usize>s * SEGMENT_BYTES;
    memory.copy(keys + n, load<u32>(segment), <usize>load<i32>(segment, 16) << 2);
    n += <usize>load<i32>(segment, 16) << 2;
  }
  for (let i = 0; i < total; i++) store<i32>(order + <usize>(i << 2), i);
  const counts = scratch;
  for (let shift = 0; shift < 32 && highest >>> shift != 0; shift += 11) {
    memory.fill(counts, 0, 2048 << 2);
    for (let i = 0; i < total; i++) {
      const p = counts + <usize>(((load<u32>(keys + <usize>(i << 2)) >>> shift) & 2047) << 2);
      store<i32>(p, load<i32>(p) + 1);
    }
    let sum = 0;
    for (let i = 0; i < 2048; i++) {
      const p = counts + <usize>(i << 2);
      const count = load<i32>(p);
      store<i32>(p, sum);
      sum += count;
    }
    for (let i = 0; i < total; i++) {
      const key = load<u32>(keys + <usize>(i << 2));
      const p = counts + <usize>(((key >>> shift) & 2047) << 2);
      const to = load<i32>(p);
      store<i32>(p, to + 1);
      store<u32>(nextKeys + <usize>(to << 2), key);
      store<i32>(nextOrder + <usize>(to << 2), load<i32>(order + <usize>(i << 2)));
    }
    const k = keys, o = order;
    keys = nextKeys;
    order = nextOrder;
    nextKeys = k;
    nextOrder = o;
  }
  let distinct = 0;
  for (let i = 0; i < total; i++) {
    const key = load<u32>(keys + <usize>(i << 2));
    if (i == 0 || key != load<u32>(keys + <usize>((i - 1) << 2))) {
      store<u32>(pointer(args, 5) + <usize>(distinct << 2), key);
      store<i32>(pointer(args, 6) + <usize>(distinct << 2), i);
      distinct++;
    }
  }
  store<i32>(pointer(args, 6) + <usize>(distinct << 2), total);
  store<i32>(pointer(args, 7), distinct);
  store<u32>(pointer(args, 7), <u32>order, 4);
}

/** to = sum of the updates `order[from .. until - 1]`, in that order. */
function sumUpdates(descriptors: usize, segments: i32, order: usize, from: i32, until: i32, to: usize, row: usize): void {
  memory.fill(to, 0, row + 16);
  for (let i = from; i < until; i++) {
    let update = load<i32>(order + <usize>(i << 2));
    let segment = descriptors;
    while (update >= load<i32>(segment, 16)) {
      update -= load<i32>(segment, 16);
      segment += SEGMENT_BYTES;
    }
    const values = <usize>load<u32>(segment, 4) + <usize>(update / load<i32>(segment, 12)) * row;
    const scales = <usize>load<u32>(segment, 8);
    const factor = load<f32>(segment, 20) * (scales ? load<f32>(scales + <usize>(update << 2)) : 1);
    const factors = f32x4.splat(factor);
    // beyond the end of the row the sums hold what is never used
    for (let at: usize = 0; at < row; at += 16) v128.store(to + at, madd(factors, v128.load(values + at), v128.load(to + at)));
  }
}

/**
 * Distinct rows `begin .. end - 1` of a sorted list, added up into a table of zeros. Integers: descriptors, segments, order, rows, starts,
 * table, width.
 */
export function scatterUpdates(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 6), row = <usize>(width << 2);
  for (let i = begin; i < end; i++) {
    const starts = pointer(args, 4) + <usize>(i << 2);
    sumUpdates(pointer(args, 0), integer(args, 1), pointer(args, 2), load<i32>(starts), load<i32>(starts, 4), scratch, row);
    memory.copy(pointer(args, 5) + <usize>load<u32>(pointer(args, 3) + <usize>(i << 2)) * row, scratch, row);
  }
}

/*
 * Adam (Kingma & Ba 2015): m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²; w = w decay - rate m / (sqrt v + epsilon), with the bias
 * corrections already in rate and epsilon. Floats: b1, b2, rate, epsilon, decay.
 */
function adamRange(w: usize, m: usize, v: usize, g: usize, count: i32, args: usize): void {
  const b1 = f32x4.splat(float(args, 0)), b2 = f32x4.splat(float(args, 1));
  const c1 = f32x4.splat(float(args, 5)), c2 = f32x4.splat(float(args, 6));
  const rate = f32x4.splat(float(args, 2)), epsilon = f32x4.splat(float(args, 3)), decay = f32x4.splat(float(args, 4));
  for (let i = 0; i < count; i += 4) {
    const at = <usize>(i << 2);
    let m4 = f32x4.mul(v128.load(m + at), b1), v4 = f32x4.mul(v128.load(v + at), b2);
    if (g) {
      const g4 = v128.load(g + at);
      m4 = f32x4.add(m4, f32x4.mul(g4, c1));
      v4 = f32x4.add(v4, f32x4.mul(f32x4.mul(g4, g4), c2));
    }
    const w4 = f32x4.sub(f32x4.mul(v128.load(w + at), decay), f32x4.mul(f32x4.div(m4, f32x4.add(f32x4.sqrt(v4), epsilon)), rate));
    const rest = count - i;
    storeLanes(m + at, m4, rest);
    storeLanes(v + at, v4, rest);
    storeLanes(w + at, w4, rest);
  }
}

/** Blocks of 1,024 elements `begin .. end - 1`. Integers: w, m, v, gradient, size. */
export function adam(args: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin << 10, last = min(end << 10, integer(args, 4));
  const at = <usize>(first << 2);
  adamRange(pointer(args, 0) + at, pointer(args, 1) + at, pointer(args, 2) + at, pointer(args, 3) + at, last - first, args);
}

/**
 * Table rows `begin .. end - 1`, with the gradient as a sorted list of updates: rows without an update have a gradient of zero.
 * Integers: w, m, v, width, descriptors, segments, order, rows, starts, distinct.
 */
export function adamRows(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 3), row = <usize>(width << 2);
  const rows = pointer(args, 7), starts = pointer(args, 8), distinct = integer(args, 9);
  let low = 0, high = distinct;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(rows + <usize>(middle << 2)) < begin) low = middle + 1;
    else high = middle;
  }
  let next = begin;
  while (next < end) {
    const updated = low < distinct ? min(end, load<i32>(rows + <usize>(low << 2))) : end;
    const at = <usize>next * row;
    if (updated > next) {
      adamRange(pointer(args, 0) + at, pointer(args, 1) + at, pointer(args, 2) + at, 0, (updated - next) * width, args);
      next = updated;
    } else {
      adamUpdatedRow(args, low, scratch, row);
      low++;
      next++;
    }
  }
}

/** Distinct rows `begin .. end - 1` of the list alone: rows without an update stay as they are (lazy Adam). Integers as in `adamRows`. */
export function adamUpdatedRows(args: usize, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>(integer(args, 3) << 2);
  for (let i = begin; i < end; i++) adamUpdatedRow(args, i, scratch, row);
}

function adamUpdatedRow(args: usize, i: i32, scratch: usize, row: usize): void {
  const starts = pointer(args, 8) + <usize>(i << 2);
  const at = <usize>load<u32>(pointer(args, 7) + <usize>(i << 2)) * row;
  sumUpdates(pointer(args, 4), integer(args, 5), pointer(args, 6), load<i32>(starts), load<i32>(starts, 4), scratch, row);
  adamRange(pointer(args, 0) + at, pointer(args, 1) + at, pointer(args, 2) + at, scratch, integer(args, 3), args);
}
