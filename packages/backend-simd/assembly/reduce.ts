import { laneMask, storeLanes, sumLanes } from './base';

/** Columns in a block of `sumOuter`. */
export const COLUMN_BLOCK: i32 = 8;
/** Elements in a block of `sumParts`. */
export const PART_BLOCK: i32 = 4;

@unmanaged
export class SumInnerArguments {
  /** `[rows, width]`. */
  x: usize;
  /** `[rows]`. */
  y: usize;
  width: i32;
}

/** Rows `begin .. end - 1` of y[i] = sum over j of x[i, j]. */
export function sumInner(args: SumInnerArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const row = <usize>(width << 2);
  const tail = <usize>((width & ~3) << 2);
  const mask = laneMask(width & 3);
  for (let i = begin; i < end; i++) {
    const x = args.x + <usize>i * row;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    if (tail < row) sum = f32x4.add(sum, v128.and(mask, v128.load(x + tail)));
    store<f32>(args.y + <usize>(i << 2), sumLanes(sum));
  }
}

@unmanaged
export class SumOuterArguments {
  /** `[rows, columns]`. */
  x: usize;
  /** `[columns]`. */
  y: usize;
  rows: i32;
  columns: i32;
}

/** Blocks of `COLUMN_BLOCK` columns `begin .. end - 1` of y[j] = sum over i of x[i, j]. */
export function sumOuter(args: SumOuterArguments, begin: i32, end: i32, scratch: usize): void {
  const columns = args.columns;
  const first = begin * COLUMN_BLOCK;
  const at = <usize>(first << 2);
  sumRows(args.x + at, <usize>(columns << 2), args.y + at, args.rows, min(end * COLUMN_BLOCK, columns) - first);
}

/** y[j] = sum over rows of x[row, j]; `xRow` is the bytes from one row to the next. */
export function sumRows(x: usize, xRow: usize, y: usize, rows: i32, columns: i32): void {
  memory.fill(y, 0, <usize>(columns << 2));
  addRows(x, xRow, y, rows, columns);
}

/** y[j] += sum over rows of x[row, j]. */
export function addRows(x: usize, xRow: usize, y: usize, rows: i32, columns: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const to = y + <usize>(j << 2);
    let s0 = v128.load(to);
    let s1 = v128.load(to, 16);
    let p = x + <usize>(j << 2);
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      p += xRow;
    }
    storeLanes(to, s0, columns - j);
    if (columns - j > 4) storeLanes(to + 16, s1, columns - j - 4);
  }
}

/** y[i] += x[i] for i < count. */
export function addElements(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>(i << 2);
    v128.store(y + at, f32x4.add(v128.load(x + at), v128.load(y + at)));
  }
  for (; i < count; i++) {
    const at = <usize>(i << 2);
    store<f32>(y + at, load<f32>(x + at) + load<f32>(y + at));
  }
}

@unmanaged
export class SumPartsArguments {
  /** `[count, size]`. */
  parts: usize;
  /** `[size]`. */
  y: usize;
  count: i32;
  size: i32;
}

/** Blocks of `PART_BLOCK` elements `begin .. end - 1` of y = sum of the parts, in their order. */
export function sumParts(args: SumPartsArguments, begin: i32, end: i32, scratch: usize): void {
  const count = args.count;
  const size = args.size;
  const last = min(end * PART_BLOCK, size);
  for (let i = begin * PART_BLOCK; i < last; i += PART_BLOCK) {
    let p = args.parts + <usize>(i << 2);
    let sum = v128.load(p);
    for (let part = 1; part < count; part++) {
      p += <usize>(size << 2);
      sum = f32x4.add(sum, v128.load(p));
    }
    const to = args.y + <usize>(i << 2);
    storeLanes(to, sum, last - i);
  }
}
