@unmanaged
export class GatherRowsArguments {
  /** `[rows, width]`. */
  table: usize;
  indices: usize;
  y: usize;
  width: i32;
}

/** Rows `begin .. end - 1` of y[i] = table[indices[i]]. */
export function gatherRows(args: GatherRowsArguments, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>(args.width << 2);
  for (let i = begin; i < end; i++) {
    const index = load<u32>(args.indices + <usize>(i << 2));
    memory.copy(args.y + <usize>i * row, args.table + <usize>index * row, row);
  }
}
