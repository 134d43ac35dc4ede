import { Bytes, transposeInto } from './base';

/** Offsets are in bytes; the box has three axes of runs. */
@unmanaged
export class CopyBoxArguments {
  from: usize;
  to: usize;
  /** Sides of the two inner axes. */
  side1: i32;
  side2: i32;
  bytesOfRun: Bytes;
  /** Bytes from one run to the next on each axis, of `from` and of `to`. */
  fromStride0: Bytes;
  fromStride1: Bytes;
  fromStride2: Bytes;
  toStride0: Bytes;
  toStride1: Bytes;
  toStride2: Bytes;
}

/**
 * Copies runs `begin .. end - 1` of a box between two arrays. Run r is at (r / (side1 · side2), r / side2 % side1, r %
 * side2).
 */
export function copyBox(args: CopyBoxArguments, begin: i32, end: i32, scratch: usize): void {
  const s1 = args.side1;
  const s2 = args.side2;
  const bytes = args.bytesOfRun;
  for (let run = begin; run < end; run++) {
    const i2 = <usize>(run % s2);
    const i1 = <usize>((run / s2) % s1);
    const i0 = <usize>(run / (s2 * s1));
    memory.copy(
      args.to + i0 * args.toStride0 + i1 * args.toStride1 + i2 * args.toStride2,
      args.from + i0 * args.fromStride0 + i1 * args.fromStride1 + i2 * args.fromStride2,
      bytes,
    );
  }
}

@unmanaged
export class TransposeMatricesArguments {
  /** `[…, rows, columns]`. */
  x: usize;
  /** `[…, columns, rows]`. */
  y: usize;
  rows: i32;
  columns: i32;
}

/** Transposes matrices `begin .. end - 1`. */
export function transposeMatrices(args: TransposeMatricesArguments, begin: i32, end: i32, scratch: usize): void {
  const rows = args.rows;
  const columns = args.columns;
  const size = (<usize>(rows * columns)) << 2;
  for (let i = begin; i < end; i++) {
    transposeInto(
      args.x + <usize>i * size,
      <usize>(columns << 2),
      args.y + <usize>i * size,
      <usize>(rows << 2),
      rows,
      columns,
    );
  }
}
