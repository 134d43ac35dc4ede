import { madd, Optional } from './base';

/*
 * Row updates: the gradient of a table as a list of (row, source) pairs, never as a whole table. A list may be several
 * gradients one after the other (of the input and the output embedding), each a segment.
 */

/** Buckets that `sortUpdates` counts in: its radix. */
export const SORT_BUCKETS: i32 = 2048;

/** A segment: its update u adds `factor · scales[u] · values[u / fan]` to row `indices[u]`. */
@unmanaged
export class SegmentDescriptor {
  indices: usize;
  /** Rows of the table's width. */
  values: usize;
  /** If none, all are 1. */
  scales: Optional;
  /** Updates that share a row of `values`. */
  fan: i32;
  /** Updates of this segment. */
  count: i32;
  factor: f32;
}

/** What `sortUpdates` returns. */
@unmanaged
export class SortResult {
  /** Rows that have an update. */
  distinct: i32;
  /** Indices of the updates, sorted by row. */
  order: usize;
}

@unmanaged
export class SortUpdatesArguments {
  /** Array of `SegmentDescriptor`. */
  segments: usize;
  numSegments: i32;
  /** Updates of all segments. */
  total: i32;
  /** Memory for `2 · total` words, twice. */
  keys: usize;
  order: usize;
  /** Output: the distinct rows, ascending, and where the updates of each start in the order; then `total`. */
  rows: usize;
  starts: usize;
  /** Output: one `SortResult`. */
  result: usize;
  /** No index is above this row. */
  highestRow: i32;
}

/**
 * Sorts the updates of a list by row, stably. Runs on one thread (`begin` and `end` are ignored), and needs
 * `SORT_BUCKETS` words of scratch memory.
 */
export function sortUpdates(args: SortUpdatesArguments, begin: i32, end: i32, scratch: usize): void {
  const total = args.total;
  const highest = args.highestRow;
  let keys = args.keys;
  let order = args.order;
  let nextKeys = keys + <usize>(total << 2);
  let nextOrder = order + <usize>(total << 2);
  let n: usize = 0;
  for (let s = 0; s < args.numSegments; s++) {
    const segment = changetype<SegmentDescriptor>(args.segments + <usize>s * offsetof<SegmentDescriptor>());
    memory.copy(keys + n, segment.indices, (<usize>segment.count) << 2);
    n += (<usize>segment.count) << 2;
  }
  for (let i = 0; i < total; i++) store<i32>(order + <usize>(i << 2), i);
  const counts = scratch;
  for (let shift = 0; shift < 32 && highest >>> shift != 0; shift += 11) {
    memory.fill(counts, 0, SORT_BUCKETS << 2);
    for (let i = 0; i < total; i++) {
      const p = counts + <usize>(((load<u32>(keys + <usize>(i << 2)) >>> shift) & (SORT_BUCKETS - 1)) << 2);
      store<i32>(p, load<i32>(p) + 1);
    }
    let sum = 0;
    for (let i = 0; i < SORT_BUCKETS; i++) {
      const p = counts + <usize>(i << 2);
      const count = load<i32>(p);
      store<i32>(p, sum);
      sum += count;
    }
    for (let i = 0; i < total; i++) {
      const key = load<u32>(keys + <usize>(i << 2));
      const p = counts + <usize>(((key >>> shift) & (SORT_BUCKETS - 1)) << 2);
      const to = load<i32>(p);
      store<i32>(p, to + 1);
      store<u32>(nextKeys + <usize>(to << 2), key);
      store<i32>(nextOrder + <usize>(to << 2), load<i32>(order + <usize>(i << 2)));
    }
    const k = keys;
    const o = order;
    keys = nextKeys;
    order = nextOrder;
    nextKeys = k;
    nextOrder = o;
  }
  let distinct = 0;
  for (let i = 0; i < total; i++) {
    const key = load<u32>(keys + <usize>(i << 2));
    if (i == 0 || key != load<u32>(keys + <usize>((i - 1) << 2))) {
      store<u32>(args.rows + <usize>(distinct << 2), key);
      store<i32>(args.starts + <usize>(distinct << 2), i);
      distinct++;
    }
  }
  store<i32>(args.starts + <usize>(distinct << 2), total);
  const result = changetype<SortResult>(args.result);
  result.distinct = distinct;
  result.order = order;
}

/** to = sum of the updates `order[from .. until - 1]`, in that order. */
export function sumUpdates(segments: usize, order: usize, from: i32, until: i32, to: usize, row: usize): void {
  memory.fill(to, 0, row + 16);
  for (let i = from; i < until; i++) {
    let update = load<i32>(order + <usize>(i << 2));
    let segment = changetype<SegmentDescriptor>(segments);
    while (update >= segment.count) {
      update -= segment.count;
      segment = changetype<SegmentDescriptor>(changetype<usize>(segment) + offsetof<SegmentDescriptor>());
    }
    const values = segment.values + <usize>(update / segment.fan) * row;
    const scales = segment.scales;
    const factor = segment.factor * (scales ? load<f32>(scales + <usize>(update << 2)) : 1);
    const factors = f32x4.splat(factor);
    // Beyond the end of the row, the sums hold values that are never used.
    for (let at: usize = 0; at < row; at += 16)
      v128.store(to + at, madd(factors, v128.load(values + at), v128.load(to + at)));
  }
}

@unmanaged
export class ScatterUpdatesArguments {
  /** Array of `SegmentDescriptor`. */
  segments: usize;
  /** The order, rows and starts of `sortUpdates`. */
  order: usize;
  rows: usize;
  starts: usize;
  /** Output: the table `[rows, width]`, which holds zeros. */
  table: usize;
  width: i32;
}

/** Distinct rows `begin .. end - 1` of a sorted list, summed into a table. */
export function scatterUpdates(args: ScatterUpdatesArguments, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>(args.width << 2);
  for (let i = begin; i < end; i++) {
    const starts = args.starts + <usize>(i << 2);
    sumUpdates(args.segments, args.order, load<i32>(starts), load<i32>(starts, 4), scratch, row);
    memory.copy(args.table + <usize>load<u32>(args.rows + <usize>(i << 2)) * row, scratch, row);
  }
}
