/**
 * Writes `[rows, columns]` transposed as `[columns, rows]`; `xRow` and `yRow` are the bytes from one row to the next.
 */
export function transposeInto(x: usize, xRow: usize, y: usize, yRow: usize, rows: i32, columns: i32): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const p = x + <usize>i * xRow;
    const q = y + <usize>(i << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = p + <usize>(j << 2);
      const r0 = v128.load(at);
      const r1 = v128.load(at + xRow);
      const r2 = v128.load(at + 2 * xRow);
      const r3 = v128.load(at + 3 * xRow);
      const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
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
