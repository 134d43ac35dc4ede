import { tileN, tileT } from './generated/tiles';
import { dropRange } from './random';
import { float, integer, laneMask, madd, pointer, storeLanes, sumLanes, TILE_ROWS, ZEROS } from './vector';

/**
 * C = init + A · B with A `[m, k]` row-major, B `[k, n]` row-major; strides in bytes. `initRow` 0 repeats one row (a bias, or `ZEROS`).
 * Reads up to 28 bytes beyond the end of a row of B and init, never writes beyond n columns.
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

/** C = init + Aᵀ · B with A `[k, m]` and B `[k, n]` row-major; strides in bytes. */
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

/** Writes `[rows, columns]` transposed as `[columns, rows]`; strides in bytes. */
export function transposeInto(x: usize, xRow: usize, y: usize, yRow: usize, rows: i32, columns: i32): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const p = x + <usize>i * xRow;
    const q = y + <usize>(i << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = p + <usize>(j << 2);
      const r0 = v128.load(at),
        r1 = v128.load(at + xRow),
        r2 = v128.load(at + 2 * xRow),
        r3 = v128.load(at + 3 * xRow);
      const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5),
        b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7),
        d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const to = q + <usize>j * yRow;
      v128.store(to, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
      v128.store(to + yRow, v128.shuffle<f32>(a, b, 2, 3, 6, 7));
      v128.store(to + 2 * yRow, v128.shuffle<f32>(c, d, 0, 1, 4, 5));
      v128.store(to + 3 * yRow, v128.shuffle<f32>(c, d, 2, 3, 6, 7));
    }
    for (; j < columns; j++) {
      for (let r = 0; r < 4; r++)
        store<f32>(q + <usize>j * yRow + <usize>(r << 2), load<f32>(p + <usize>r * xRow + <usize>(j << 2)));
    }
  }
  for (; i < rows; i++) {
    for (let j = 0; j < columns; j++)
      store<f32>(y + <usize>j * yRow + <usize>(i << 2), load<f32>(x + <usize>i * xRow + <usize>(j << 2)));
  }
}

/** How much of the inner dimension is multiplied before its tile of B leaves the cache. */
const INNER_BLOCK: i32 = 256;

/**
 * Rows `begin .. end - 1` of batches of C = act(A · B + init), all matrices of a batch row-major. Integers: a, b, c, init, initRow (bytes),
 * m, n, k, aBatch, bBatch (bytes, 0 repeats), relu, aTransposed. Row r is row r % m of batch r / m. A transposed is `[k, m]`.
 */
export function matmul(args: usize, begin: i32, end: i32, scratch: usize): void {
  const m = integer(args, 5),
    n = integer(args, 6),
    k = integer(args, 7);
  const init = pointer(args, 3),
    initRow = pointer(args, 4),
    relu = integer(args, 10),
    transposed = integer(args, 11);
  const width = <usize>(n << 2);
  while (begin < end) {
    const batch = begin / m,
      row = begin % m;
    const rows = min(m - row, end - begin);
    const a = pointer(args, 0) + <usize>batch * pointer(args, 8);
    const b = pointer(args, 1) + <usize>batch * pointer(args, 9);
    const c = pointer(args, 2) + <usize>begin * width;
    let done = 0;
    do {
      const inner = min(INNER_BLOCK, k - done);
      const first = done == 0;
      const last = done + inner == k;
      const from = first ? init : c,
        fromRow = first ? initRow : width;
      const bAt = b + <usize>done * width;
      if (transposed) {
        const aRow = <usize>(m << 2);
        multiplyTransposed(
          a + <usize>done * aRow + <usize>(row << 2),
          aRow,
          bAt,
          width,
          c,
          width,
          from,
          fromRow,
          rows,
          n,
          inner,
        );
      } else {
        const aRow = <usize>(k << 2);
        multiply(
          a + <usize>row * aRow + <usize>(done << 2),
          aRow,
          bAt,
          width,
          c,
          width,
          from,
          fromRow,
          rows,
          n,
          inner,
          last ? relu : 0,
        );
      }
      done += inner;
    } while (done < k);
    begin += rows;
  }
}

/** Transposes batches `begin .. end - 1`. Integers: x, y, rows, columns. */
export function transposeMatrices(args: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = integer(args, 2),
    columns = integer(args, 3);
  const size = (<usize>(rows * columns)) << 2;
  for (let i = begin; i < end; i++) {
    transposeInto(
      pointer(args, 0) + <usize>i * size,
      <usize>(columns << 2),
      pointer(args, 1) + <usize>i * size,
      <usize>(rows << 2),
      rows,
      columns,
    );
  }
}

/**
 * Rows `begin .. end - 1` of y = residual + dropout(act(x · W + bias)). Integers: x, W, bias, y, inputs, outputs, relu, residual (0: none),
 * dropout key, dropout threshold (0: none). Floats: 1 / (1 - rate).
 */
export function dense(args: usize, begin: i32, end: i32, scratch: usize): void {
  const inputs = integer(args, 4),
    outputs = integer(args, 5);
  const y = pointer(args, 3),
    residual = pointer(args, 7),
    threshold = integer(args, 9);
  const xRow = <usize>(inputs << 2),
    yRow = <usize>(outputs << 2);
  for (let row = begin; row < end; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, end - row);
    const to = y + <usize>row * yRow;
    multiply(
      pointer(args, 0) + <usize>row * xRow,
      xRow,
      pointer(args, 1),
      yRow,
      to,
      yRow,
      pointer(args, 2),
      0,
      rows,
      outputs,
      inputs,
      integer(args, 6),
    );
    if (threshold != 0)
      dropRange(y, y, row * outputs, (row + rows) * outputs, integer(args, 8), threshold, float(args, 0), residual);
    else if (residual) addRange(residual, y, row * outputs, (row + rows) * outputs);
  }
}

/** y += x for flat elements `begin .. end - 1`. */
function addRange(x: usize, y: usize, begin: i32, end: i32): void {
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    const at = <usize>(i << 2);
    v128.store(y + at, f32x4.add(v128.load(x + at), v128.load(y + at)));
  }
  for (; i < end; i++) {
    const at = <usize>(i << 2);
    store<f32>(y + at, load<f32>(x + at) + load<f32>(y + at));
  }
}

/** Tokens of a block of `denseGrad` and `layerNormGrad`, whose sums over tokens are added up block by block: fixed, so that results do not follow the threads. */
export const TOKEN_BLOCK: i32 = 128;

/**
 * Blocks `begin .. end - 1` of the gradient of `dense`: dz (dy behind dropout and ReLU), dx, and for each block its part of dW and db.
 * Integers: dy, y, x, Wᵀ, dz, dx (0: not wanted), parts `[blocks, inputs · outputs + outputs]`, tokens, inputs, outputs, relu, key, threshold.
 * Floats: 1 / (1 - rate). dz is dy itself where nothing stands between.
 */
export function denseGrad(args: usize, begin: i32, end: i32, scratch: usize): void {
  const inputs = integer(args, 8),
    outputs = integer(args, 9),
    relu = integer(args, 10),
    threshold = integer(args, 12);
  const dy = pointer(args, 0),
    dz = pointer(args, 4),
    dx = pointer(args, 5);
  const inRow = <usize>(inputs << 2),
    outRow = <usize>(outputs << 2);
  for (let block = begin; block < end; block++) {
    const first = block * TOKEN_BLOCK;
    const tokens = min(TOKEN_BLOCK, integer(args, 7) - first);
    if (relu)
      reluGrad(dy, pointer(args, 1), dz, first * outputs, (first + tokens) * outputs, threshold ? float(args, 0) : 1);
    else if (threshold)
      dropRange(dy, dz, first * outputs, (first + tokens) * outputs, integer(args, 11), threshold, float(args, 0), 0);
    const z = dz + <usize>first * outRow;
    if (dx)
      multiply(
        z,
        outRow,
        pointer(args, 3),
        inRow,
        dx + <usize>first * inRow,
        inRow,
        ZEROS,
        0,
        tokens,
        inputs,
        outputs,
        0,
      );
    const part = pointer(args, 6) + <usize>block * (<usize>inputs * outRow + outRow);
    multiplyTransposed(
      pointer(args, 2) + <usize>first * inRow,
      inRow,
      z,
      outRow,
      part,
      outRow,
      ZEROS,
      0,
      inputs,
      outputs,
      tokens,
    );
    sumRows(z, outRow, part + <usize>inputs * outRow, tokens, outputs);
  }
}

/** dz = dy · scale where the output of ReLU and dropout is above zero, else 0. */
function reluGrad(dy: usize, y: usize, dz: usize, begin: i32, end: i32, scale: f32): void {
  const scales = f32x4.splat(scale),
    zero = f32x4.splat(0);
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    const at = <usize>(i << 2);
    v128.store(dz + at, v128.and(f32x4.mul(v128.load(dy + at), scales), f32x4.gt(v128.load(y + at), zero)));
  }
  for (; i < end; i++) {
    const at = <usize>(i << 2);
    store<f32>(dz + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) * scale : 0);
  }
}

/** y[j] = sum over rows of x[row, j]. */
export function sumRows(x: usize, xRow: usize, y: usize, rows: i32, columns: i32): void {
  for (let j = 0; j < columns; j += 8) {
    let s0 = f32x4.splat(0),
      s1 = f32x4.splat(0);
    let p = x + <usize>(j << 2);
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      p += xRow;
    }
    storeLanes(y + <usize>(j << 2), s0, columns - j);
    if (columns - j > 4) storeLanes(y + <usize>(j << 2) + 16, s1, columns - j - 4);
  }
}

/** Elements `4·begin .. 4·end - 1` of y = sum of parts, in their order. Integers: parts, y, count, size of a part in floats. */
export function sumParts(args: usize, begin: i32, end: i32, scratch: usize): void {
  const count = integer(args, 2),
    size = integer(args, 3);
  const last = min(end << 2, size);
  for (let i = begin << 2; i < last; i += 4) {
    let p = pointer(args, 0) + <usize>(i << 2);
    let sum = v128.load(p);
    for (let part = 1; part < count; part++) {
      p += <usize>(size << 2);
      sum = f32x4.add(sum, v128.load(p));
    }
    const to = pointer(args, 1) + <usize>(i << 2);
    storeLanes(to, sum, last - i);
  }
}

/** Rows `begin .. end - 1` of B in c[i, j] = a[i] · b[j], for few rows of A. Integers: a, b, c, m, n, k. */
export function multiplyRows(args: usize, begin: i32, end: i32, scratch: usize): void {
  const m = integer(args, 3), n = integer(args, 4), k = integer(args, 5);
  const row = <usize>(k << 2), tail = <usize>((k & ~3) << 2), mask = laneMask(k & 3);
  for (let j = begin; j < end; j++) {
    const b = pointer(args, 1) + <usize>j * row;
    for (let i = 0; i < m; i++) {
      const a = pointer(args, 0) + <usize>i * row;
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < tail; at += 16) sum = madd(v128.load(a + at), v128.load(b + at), sum);
      if (tail < row) sum = f32x4.add(sum, v128.and(mask, f32x4.mul(v128.load(a + tail), v128.load(b + tail))));
      store<f32>(pointer(args, 2) + <usize>((i * n + j) << 2), sumLanes(sum));
    }
  }
}
