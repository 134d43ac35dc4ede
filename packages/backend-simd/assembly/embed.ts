import { Optional, dropRange, storeLanes } from './base';

@unmanaged
export class EmbedArguments {
  /** `[rows, width]`. */
  table: usize;
  items: usize;
  /** `[maxLength, width]`. */
  positionTable: Optional;
  positions: Optional;
  /** `[tokens, width]`. */
  y: usize;
  width: i32;
  /** Key of the dropout mask. */
  key: i32;
  /** Elements whose 16 random bits are below this are dropped; 0 drops none. */
  threshold: i32;
  scale: f32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Tokens `begin .. end - 1` of y = dropout(table[items] · scale + positionTable[positions]). */
export function embed(args: EmbedArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const row = <usize>(width << 2);
  const positionTable = args.positionTable;
  const y = args.y;
  const scales = f32x4.splat(args.scale);
  for (let i = begin; i < end; i++) {
    const x = args.table + <usize>load<u32>(args.items + <usize>(i << 2)) * row;
    const to = y + <usize>i * row;
    if (positionTable) {
      const p = positionTable + <usize>load<u32>(args.positions + <usize>(i << 2)) * row;
      for (let at: usize = 0; at < row; at += 16) {
        storeLanes(to + at, f32x4.add(f32x4.mul(v128.load(x + at), scales), v128.load(p + at)), width - <i32>(at >> 2));
      }
    } else {
      for (let at: usize = 0; at < row; at += 16)
        storeLanes(to + at, f32x4.mul(v128.load(x + at), scales), width - <i32>(at >> 2));
    }
  }
  if (args.threshold) dropRange(y, y, begin * width, end * width, args.key, args.threshold, args.keptScale, 0);
}
