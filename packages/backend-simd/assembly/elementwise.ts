import { sumRows } from './matmul';
import { exp4, integer, laneMask, pointer, storeLanes, sumLanes } from './vector';

/** Names of the two-input functions, as `src/kernels/elementwise.ts` numbers them. */
// @ts-expect-error: decorator
@inline
function combine(kind: i32, a: v128, b: v128): v128 {
  switch (kind) {
    case 0: return f32x4.add(a, b);
    case 1: return f32x4.sub(a, b);
    case 2: return f32x4.mul(a, b);
    case 3: return f32x4.div(a, b);
    case 4: return f32x4.max(a, b);
    default: return f32x4.min(a, b);
  }
}

// @ts-expect-error: decorator
@inline
function binaryRange(kind: i32, a: usize, b: usize, y: usize, count: i32, aOne: bool, bOne: bool): void {
  const a1 = v128.load32_splat(a), b1 = v128.load32_splat(b);
  for (let i = 0; i < count; i += 4) {
    const at = <usize>(i << 2);
    storeLanes(y + at, combine(kind, aOne ? a1 : v128.load(a + at), bOne ? b1 : v128.load(b + at)), count - i);
  }
}

// @ts-expect-error: decorator
@inline
function binaryOf(kind: i32, args: usize, begin: i32, end: i32): void {
  const width = integer(args, 3);
  const aColumn = integer(args, 6) == 1 && width > 1, bColumn = integer(args, 7) == 1 && width > 1;
  for (let row = begin; row < end; row++) {
    const a = pointer(args, 0) + <usize>row * pointer(args, 4), b = pointer(args, 1) + <usize>row * pointer(args, 5);
    binaryRange(kind, a, b, pointer(args, 2) + <usize>row * <usize>(width << 2), width, aColumn, bColumn);
  }
}

/**
 * Rows `begin .. end - 1` of y = f(a, b) over `[rows, width]`. Integers: a, b, y, width, bytes from row to row of a and of b (0 repeats
 * the row), widths of a and b (1 repeats the element), kind.
 */
export function binary(args: usize, begin: i32, end: i32, scratch: usize): void {
  switch (integer(args, 8)) {
    case 0: binaryOf(0, args, begin, end); break;
    case 1: binaryOf(1, args, begin, end); break;
    case 2: binaryOf(2, args, begin, end); break;
    case 3: binaryOf(3, args, begin, end); break;
    case 4: binaryOf(4, args, begin, end); break;
    default: binaryOf(5, args, begin, end);
  }
}

// @ts-expect-error: decorator
@inline
function apply(kind: i32, x: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  switch (kind) {
    case 0: return f32x4.pmax(x, zero); // relu
    case 1: return f32x4.mul(x, x);
    case 2: return f32x4.sqrt(x);
    case 3: return f32x4.neg(x);
    case 4: return f32x4.div(one, f32x4.sqrt(x)); // rsqrt
    case 5: return exp4(x);
    default: return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x)))); // sigmoid
  }
}

// @ts-expect-error: decorator
@inline
function unaryOf(kind: i32, x: usize, y: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) storeLanes(y + <usize>(i << 2), apply(kind, v128.load(x + <usize>(i << 2))), count - i);
}

/** Blocks of 1,024 elements `begin .. end - 1` of y = f(x). Integers: x, y, size, kind. */
export function unary(args: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin << 10, count = min(end << 10, integer(args, 2)) - first;
  const x = pointer(args, 0) + <usize>(first << 2), y = pointer(args, 1) + <usize>(first << 2);
  switch (integer(args, 3)) {
    case 0: unaryOf(0, x, y, count); break;
    case 1: unaryOf(1, x, y, count); break;
    case 2: unaryOf(2, x, y, count); break;
    case 3: unaryOf(3, x, y, count); break;
    case 4: unaryOf(4, x, y, count); break;
    case 5: unaryOf(5, x, y, count); break;
    default: unaryOf(6, x, y, count);
  }
}

/** Rows `begin .. end - 1` of y[i] = sum of x[i, …]. Integers: x, y, width. */
export function sumInner(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 2), row = <usize>(width << 2), tail = <usize>((width & ~3) << 2), mask = laneMask(width & 3);
  for (let i = begin; i < end; i++) {
    const x = pointer(args, 0) + <usize>i * row;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    if (tail < row) sum = f32x4.add(sum, v128.and(mask, v128.load(x + tail)));
    store<f32>(pointer(args, 1) + <usize>(i << 2), sumLanes(sum));
  }
}

/** Blocks of eight columns `begin .. end - 1` of y[j] = sum of x[…, j]. Integers: x, y, rows, columns. */
export function sumOuter(args: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = integer(args, 3);
  const at = <usize>(begin << 5);
  sumRows(pointer(args, 0) + at, <usize>(columns << 2), pointer(args, 1) + at, integer(args, 2), min(end << 3, columns) - (begin << 3));
}
