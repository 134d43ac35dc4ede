import { laneMask, madd, storeLanes, sumLanes } from './base';

@unmanaged
export class PairwiseLogitsArguments {
  /** `[tokens, width]`. */
  hidden: usize;
  /** `[rows, width]`. */
  table: usize;
  /** Rows of the table, `[tokens, count]`. */
  candidates: usize;
  /** `[tokens, count]`. */
  logits: usize;
  count: i32;
  width: i32;
}

/** Tokens `begin .. end - 1` of logits[t, c] = hidden[t] · table[candidates[t, c]]. */
export function pairwiseLogits(args: PairwiseLogitsArguments, begin: i32, end: i32, scratch: usize): void {
  const count = args.count;
  const width = args.width;
  const row = <usize>(width << 2);
  const tail = <usize>((width & ~3) << 2);
  const mask = laneMask(width & 3);
  for (let t = begin; t < end; t++) {
    const h = args.hidden + <usize>t * row;
    for (let c = t * count; c < (t + 1) * count; c++) {
      const v = args.table + <usize>load<u32>(args.candidates + <usize>(c << 2)) * row;
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < tail; at += 16) sum = madd(v128.load(h + at), v128.load(v + at), sum);
      if (tail < row) sum = f32x4.add(sum, v128.and(mask, f32x4.mul(v128.load(h + tail), v128.load(v + tail))));
      store<f32>(args.logits + <usize>(c << 2), sumLanes(sum));
    }
  }
}

@unmanaged
export class PairwiseLogitsGradArguments {
  /** Gradient of the logits, `[tokens, count]`. */
  dy: usize;
  /** `[rows, width]`. */
  table: usize;
  /** `[tokens, count]`. */
  candidates: usize;
  /** `[tokens, width]`. */
  dHidden: usize;
  count: i32;
  width: i32;
}

/** Tokens `begin .. end - 1` of dHidden[t] = sum over c of dy[t, c] · table[candidates[t, c]]. */
export function pairwiseLogitsGrad(args: PairwiseLogitsGradArguments, begin: i32, end: i32, scratch: usize): void {
  const count = args.count;
  const width = args.width;
  const row = <usize>(width << 2);
  for (let t = begin; t < end; t++) {
    const to = args.dHidden + <usize>t * row;
    for (let at: usize = 0; at < row; at += 16) {
      let sum = f32x4.splat(0);
      for (let c = t * count; c < (t + 1) * count; c++) {
        const v = args.table + <usize>load<u32>(args.candidates + <usize>(c << 2)) * row;
        sum = madd(v128.load32_splat(args.dy + <usize>(c << 2)), v128.load(v + at), sum);
      }
      storeLanes(to + at, sum, width - <i32>(at >> 2));
    }
  }
}
