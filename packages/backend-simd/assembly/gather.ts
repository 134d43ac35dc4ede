import { ELEMENT_BLOCK } from './base';

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

@unmanaged
export class HighestIndicesArguments {
  /** `[size]`. */
  indices: usize;
  /** Output: a word per block. */
  highest: usize;
  size: i32;
}

/** Blocks of `ELEMENT_BLOCK` indices `begin .. end - 1`: the highest of each, as unsigned numbers. */
export function highestIndices(args: HighestIndicesArguments, begin: i32, end: i32, scratch: usize): void {
  for (let block = begin; block < end; block++) {
    const last = min((block + 1) * ELEMENT_BLOCK, args.size);
    let highest: u32 = 0;
    for (let i = block * ELEMENT_BLOCK; i < last; i++) {
      highest = max(highest, load<u32>(args.indices + <usize>(i << 2)));
    }
    store<u32>(args.highest + <usize>(block << 2), highest);
  }
}
