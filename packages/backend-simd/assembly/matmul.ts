import { Bytes, Flag, laneMask, madd, multiply, multiplyTransposed, sumLanes } from './base';

/** Length of the part of the inner dimension that is multiplied while its tile of B is in the cache. */
const INNER_BLOCK: i32 = 256;

/** All matrices are row-major. */
@unmanaged
export class MatmulArguments {
  /** Batches of `[m, k]`, or of `[k, m]` when transposed. */
  a: usize;
  /** Batches of `[k, n]`. */
  b: usize;
  /** Batches of `[m, n]`. */
  c: usize;
  /** Initial values of the sums: rows of n. */
  init: usize;
  /** Bytes from one row of `init` to the next; 0 repeats the row. */
  initRow: Bytes;
  m: i32;
  n: i32;
  k: i32;
  /** Bytes from one batch to the next; 0 repeats the matrix. */
  aBatch: Bytes;
  bBatch: Bytes;
  relu: Flag;
  aTransposed: Flag;
}

/** Rows `begin .. end - 1` of batches of C = act(A · B + init). Row r is row r % m of batch r / m. */
export function matmul(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  const m = args.m;
  const n = args.n;
  const k = args.k;
  const init = args.init;
  const initRow = args.initRow;
  const relu = args.relu;
  const transposed = args.aTransposed;
  const width = <usize>(n << 2);
  while (begin < end) {
    const batch = begin / m;
    const row = begin % m;
    const rows = min(m - row, end - begin);
    const a = args.a + <usize>batch * args.aBatch;
    const b = args.b + <usize>batch * args.bBatch;
    const c = args.c + <usize>begin * width;
    let done = 0;
    do {
      const inner = min(INNER_BLOCK, k - done);
      const first = done == 0;
      const last = done + inner == k;
      const from = first ? init : c;
      const fromRow = first ? initRow : width;
      const bAt = b + <usize>done * width;
      if (transposed) {
        const aRow = <usize>(m << 2);
        const aAt = a + <usize>done * aRow + <usize>(row << 2);
        multiplyTransposed(aAt, aRow, bAt, width, c, width, from, fromRow, rows, n, inner);
      } else {
        const aRow = <usize>(k << 2);
        const aAt = a + <usize>row * aRow + <usize>(done << 2);
        multiply(aAt, aRow, bAt, width, c, width, from, fromRow, rows, n, inner, last ? relu : 0);
      }
      done += inner;
    } while (done < k);
    begin += rows;
  }
}

@unmanaged
export class MultiplyRowsArguments {
  /** `[m, k]`. */
  a: usize;
  /** `[n, k]`. */
  b: usize;
  /** `[m, n]`. */
  c: usize;
  m: i32;
  n: i32;
  k: i32;
}

/** Rows `begin .. end - 1` of B in c[i, j] = a[i] · b[j], for few rows of A. */
export function multiplyRows(args: MultiplyRowsArguments, begin: i32, end: i32, scratch: usize): void {
  const m = args.m;
  const n = args.n;
  const k = args.k;
  const row = <usize>(k << 2);
  const tail = <usize>((k & ~3) << 2);
  const mask = laneMask(k & 3);
  for (let j = begin; j < end; j++) {
    const b = args.b + <usize>j * row;
    for (let i = 0; i < m; i++) {
      const a = args.a + <usize>i * row;
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < tail; at += 16) sum = madd(v128.load(a + at), v128.load(b + at), sum);
      if (tail < row) sum = f32x4.add(sum, v128.and(mask, f32x4.mul(v128.load(a + tail), v128.load(b + tail))));
      store<f32>(args.c + <usize>((i * n + j) << 2), sumLanes(sum));
    }
  }
}
