import { tileN, tileT } from '../generated/tiles';
import { ZEROS } from './layout';
import { TILE_ROWS } from './vector';

/*
 * Each matrix is two arguments, its address and the bytes from one of its rows to the next, in the order A, B, C, init.
 * They are not objects, because objects are not free in AssemblyScript: even an `@unmanaged` class is in memory.
 */

/**
 * C = act(init + A · B), with A `[m, k]` and B `[k, n]`; `act` is ReLU or nothing. `initRow` 0 repeats one row of init:
 * a bias, or `ZEROS`. Reads up to 28 bytes beyond the end of a row of B and of init, and never writes beyond n columns.
 */
export function multiply(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  init: usize,
  initRow: usize,
  m: i32,
  n: i32,
  k: i32,
  relu: i32,
): void {
  for (let i = 0; i < m; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, m - i);
    for (let j = 0; j < n; j += 8) {
      const at = <usize>(j << 2);
      tileN(
        rows,
        a,
        aRow,
        b + at,
        bRow,
        k,
        init == ZEROS ? init : init + at,
        initRow,
        c + at,
        cRow,
        min(8, n - j),
        relu,
      );
    }
    a += aRow * TILE_ROWS;
    c += cRow * TILE_ROWS;
    init += initRow * TILE_ROWS;
  }
}

/** C = init + Aᵀ · B, with A `[k, m]` and B `[k, n]`. */
export function multiplyTransposed(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  init: usize,
  initRow: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  for (let i = 0; i < m; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, m - i);
    for (let j = 0; j < n; j += 8) {
      const at = <usize>(j << 2);
      tileT(rows, a, aRow, b + at, bRow, k, init == ZEROS ? init : init + at, initRow, c + at, cRow, min(8, n - j), 0);
    }
    a += TILE_ROWS << 2;
    c += cRow * TILE_ROWS;
    init += initRow * TILE_ROWS;
  }
}

/** C = A · B: `multiply` from zero. */
// @ts-expect-error: decorator
@inline
export function product(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  multiply(a, aRow, b, bRow, c, cRow, ZEROS, 0, m, n, k, 0);
}

/** C = Aᵀ · B: `multiplyTransposed` from zero. */
// @ts-expect-error: decorator
@inline
export function productTransposed(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  multiplyTransposed(a, aRow, b, bRow, c, cRow, ZEROS, 0, m, n, k);
}

/** y[0 .. seen) += Aᵀ · B over the `block` rows of A and B; rows from `fresh` on start at zero. */
// @ts-expect-error: decorator
@inline
export function addOuter(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  y: usize,
  yRow: usize,
  fresh: i32,
  seen: i32,
  width: i32,
  block: i32,
): void {
  if (fresh > 0) multiplyTransposed(a, aRow, b, bRow, y, yRow, y, yRow, fresh, width, block);
  const to = y + <usize>fresh * yRow;
  productTransposed(a + <usize>(fresh << 2), aRow, b, bRow, to, yRow, seen - fresh, width, block);
}
