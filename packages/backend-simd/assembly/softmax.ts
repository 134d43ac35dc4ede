import { Optional, Flag, exp4, laneMask, logarithm, maxLanes, storeLanes, sumLanes } from './base';

@unmanaged
export class SoftmaxArguments {
  /** `[rows, width]`. */
  x: usize;
  y: usize;
  width: i32;
  /** Whether y is the logarithm of softmax. */
  logarithm: Flag;
  /** Output `[rows]`, if wanted: the logarithm of each row's sum of exponentials. */
  logSums: Optional;
}

/** Rows `begin .. end - 1` of y = softmax(x), or its logarithm. Needs scratch memory for a row. */
export function softmax(args: SoftmaxArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const row = <usize>(width << 2);
  const logSums = args.logSums;
  for (let i = begin; i < end; i++) {
    const x = args.x + <usize>i * row;
    const y = args.y + <usize>i * row;
    memory.copy(scratch, x, row);
    const logSum = softmaxRow(scratch, width, width, 1);
    if (logSums) store<f32>(logSums + <usize>(i << 2), logSum);
    if (args.logarithm) {
      const sums = f32x4.splat(logSum);
      for (let at: usize = 0; at < row; at += 16) {
        storeLanes(y + at, f32x4.sub(v128.load(x + at), sums), width - <i32>(at >> 2));
      }
    } else memory.copy(y, scratch, row);
  }
}

/**
 * Turns `seen` scores into weights: softmax of scale · score over the first `valid`, 0 after. Returns the logarithm of
 * the sum of exponentials, from which the weights can be recomputed.
 */
export function softmaxRow(x: usize, valid: i32, seen: i32, scale: f32): f32 {
  const last = valid & ~3;
  const mask = laneMask(valid & 3);
  const lowest = f32x4.splat(-3.4e38);
  let highest = lowest;
  let i = 0;
  for (; i < last; i += 4) highest = f32x4.pmax(highest, v128.load(x + <usize>(i << 2)));
  if (valid & 3) highest = f32x4.pmax(highest, v128.bitselect(v128.load(x + <usize>(i << 2)), lowest, mask));
  const top = maxLanes(highest) * scale;
  const tops = f32x4.splat(top);
  const scales = f32x4.splat(scale);
  let sums = f32x4.splat(0);
  for (i = 0; i < last; i += 4) {
    const e = exp4(f32x4.sub(f32x4.mul(v128.load(x + <usize>(i << 2)), scales), tops));
    sums = f32x4.add(sums, e);
    v128.store(x + <usize>(i << 2), e);
  }
  if (valid & 3) {
    const e = v128.and(mask, exp4(f32x4.sub(f32x4.mul(v128.load(x + <usize>(i << 2)), scales), tops)));
    sums = f32x4.add(sums, e);
    v128.store(x + <usize>(i << 2), e);
    i += 4;
  }
  const sum = sumLanes(sums);
  const inverse = f32x4.splat(1 / sum);
  for (let j = 0; j < i; j += 4) v128.store(x + <usize>(j << 2), f32x4.mul(v128.load(x + <usize>(j << 2)), inverse));
  for (; i < seen; i += 4) v128.store(x + <usize>(i << 2), f32x4.splat(0));
  return top + logarithm(sum);
}
