import { ELEMENT_BLOCK, Optional, storeLanes } from './base';
import { sumUpdates } from './row-updates';

/**
 * Adam (Kingma & Ba 2015): m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²; w = w - (decay w + rate m / (√v +
 * epsilon)).
 */
@unmanaged
export class AdamFactors {
  beta1: f32;
  beta2: f32;
  /** Learning rate, including the bias corrections. */
  rate: f32;
  /** Including the second bias correction. */
  epsilon: f32;
  /** Learning rate times weight decay. */
  decay: f32;
  /** 1 - beta1. */
  ofGradient: f32;
  /** 1 - beta2. */
  ofSquare: f32;
}

function adamRange(w: usize, m: usize, v: usize, g: usize, count: i32, factors: AdamFactors): void {
  const b1 = f32x4.splat(factors.beta1);
  const b2 = f32x4.splat(factors.beta2);
  const c1 = f32x4.splat(factors.ofGradient);
  const c2 = f32x4.splat(factors.ofSquare);
  const rate = f32x4.splat(factors.rate);
  const epsilon = f32x4.splat(factors.epsilon);
  const decay = f32x4.splat(factors.decay);
  for (let i = 0; i < count; i += 4) {
    const at = <usize>(i << 2);
    let m4 = f32x4.mul(v128.load(m + at), b1);
    let v4 = f32x4.mul(v128.load(v + at), b2);
    if (g) {
      const g4 = v128.load(g + at);
      m4 = f32x4.add(m4, f32x4.mul(g4, c1));
      v4 = f32x4.add(v4, f32x4.mul(f32x4.mul(g4, g4), c2));
    }
    const old = v128.load(w + at);
    const step = f32x4.mul(f32x4.div(m4, f32x4.add(f32x4.sqrt(v4), epsilon)), rate);
    const w4 = f32x4.sub(old, f32x4.add(f32x4.mul(old, decay), step));
    const rest = count - i;
    storeLanes(m + at, m4, rest);
    storeLanes(v + at, v4, rest);
    storeLanes(w + at, w4, rest);
  }
}

/**
 * The steps without a gradient that a row has missed, as one: w = w - (lost w + m Σ rate / (√v + epsilon)), a sum of three
 * terms; m = beta1 m; v = beta2 v. `src/deferred/missed-steps.ts` derives the numbers.
 */
@unmanaged
export class CatchUp {
  rate1: f32;
  rate2: f32;
  rate3: f32;
  epsilon1: f32;
  epsilon2: f32;
  epsilon3: f32;
  /** The part of the weight that decay takes away. */
  lost: f32;
  beta1: f32;
  beta2: f32;
}

function catchUpRange(w: usize, m: usize, v: usize, count: i32, missed: CatchUp): void {
  const rate1 = f32x4.splat(missed.rate1);
  const rate2 = f32x4.splat(missed.rate2);
  const rate3 = f32x4.splat(missed.rate3);
  const epsilon1 = f32x4.splat(missed.epsilon1);
  const epsilon2 = f32x4.splat(missed.epsilon2);
  const epsilon3 = f32x4.splat(missed.epsilon3);
  const lost = f32x4.splat(missed.lost);
  const b1 = f32x4.splat(missed.beta1);
  const b2 = f32x4.splat(missed.beta2);
  for (let i = 0; i < count; i += 4) {
    const at = <usize>(i << 2);
    const m4 = v128.load(m + at);
    const v4 = v128.load(v + at);
    const old = v128.load(w + at);
    const root = f32x4.sqrt(v4);
    let step = f32x4.mul(f32x4.div(m4, f32x4.add(root, epsilon1)), rate1);
    step = f32x4.add(step, f32x4.mul(f32x4.div(m4, f32x4.add(root, epsilon2)), rate2));
    step = f32x4.add(step, f32x4.mul(f32x4.div(m4, f32x4.add(root, epsilon3)), rate3));
    const rest = count - i;
    storeLanes(m + at, f32x4.mul(m4, b1), rest);
    storeLanes(v + at, f32x4.mul(v4, b2), rest);
    storeLanes(w + at, f32x4.sub(old, f32x4.add(f32x4.mul(old, lost), step)), rest);
  }
}

@unmanaged
export class AdamCatchUpArguments {
  /** A table `[rows, width]` and its moments, which change in place. */
  w: usize;
  m: usize;
  v: usize;
  width: i32;
  /** By row, the last step that it has taken, int32, or `NO_MOMENTS`. Becomes `now`, or 0 if all rows are brought up. */
  last: usize;
  /** By step, the `CatchUp` of a row that has taken it and none of the later ones. */
  catchUps: usize;
  /** The step that rows are brought to. */
  now: i32;
  /** The rows, some perhaps more than once; none for all rows. */
  rows: Optional;
}

/** In place of the last step of a row whose moments are zero: no step changes it until it has a gradient. */
export const NO_MOMENTS: i32 = 0x7fffffff;

/** Items `begin .. end - 1` of the list of rows, or these rows if there is none. */
export function adamCatchUp(args: AdamCatchUpArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const now = args.now;
  for (let i = begin; i < end; i++) {
    const row = args.rows ? load<u32>(args.rows + ((<usize>i) << 2)) : <u32>i;
    const last = args.last + ((<usize>row) << 2);
    const step = atomic.load<i32>(last);
    if (step == NO_MOMENTS) continue;
    if (args.rows) {
      // Another thread may have the same row in its part of the list: one of them takes it.
      if (step == now || atomic.cmpxchg<i32>(last, step, now) != step) continue;
    } else {
      store<i32>(last, 0);
      if (step == now) continue;
    }
    const at = <usize>row * <usize>(width << 2);
    const missed = changetype<CatchUp>(args.catchUps + <usize>step * offsetof<CatchUp>());
    catchUpRange(args.w + at, args.m + at, args.v + at, width, missed);
  }
}

@unmanaged
export class AdamArguments extends AdamFactors {
  /** The weight w and its moments m and v, which change in place; the gradient g. */
  w: usize;
  m: usize;
  v: usize;
  gradient: usize;
  /** Elements of each. */
  size: i32;
}

/** Blocks of `ELEMENT_BLOCK` elements `begin .. end - 1`. */
export function adam(args: AdamArguments, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ELEMENT_BLOCK;
  const last = min(end * ELEMENT_BLOCK, args.size);
  const at = <usize>(first << 2);
  adamRange(args.w + at, args.m + at, args.v + at, args.gradient + at, last - first, args);
}

@unmanaged
export class AdamRowsArguments extends AdamFactors {
  /** A table `[rows, width]` and its moments, which change in place. */
  w: usize;
  m: usize;
  v: usize;
  width: i32;
  /** The gradient: a sorted list of row updates, as `ScatterUpdatesArguments` has it. */
  segments: usize;
  order: usize;
  rows: usize;
  starts: usize;
  /** Rows that have an update. */
  distinct: i32;
  /** By row, the last step that it has taken: becomes `now` where a row has an update. None if no rows are behind. */
  last: Optional;
  now: i32;
}

/** Table rows `begin .. end - 1`. Rows without an update have a gradient of zero. */
export function adamRows(args: AdamRowsArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const row = <usize>(width << 2);
  const rows = args.rows;
  const distinct = args.distinct;
  let low = 0;
  let high = distinct;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(rows + <usize>(middle << 2)) < begin) low = middle + 1;
    else high = middle;
  }
  let next = begin;
  while (next < end) {
    const updated = low < distinct ? min(end, load<i32>(rows + <usize>(low << 2))) : end;
    const at = <usize>next * row;
    if (updated > next) {
      adamRange(args.w + at, args.m + at, args.v + at, 0, (updated - next) * width, args);
      next = updated;
    } else {
      adamUpdatedRow(args, low, scratch, row);
      low++;
      next++;
    }
  }
}

/** Rows `begin .. end - 1` of those that have an update; the others stay unchanged. */
export function adamUpdatedRows(args: AdamRowsArguments, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>(args.width << 2);
  for (let i = begin; i < end; i++) {
    adamUpdatedRow(args, i, scratch, row);
    if (args.last) store<i32>(args.last + ((<usize>load<u32>(args.rows + ((<usize>i) << 2))) << 2), args.now);
  }
}

function adamUpdatedRow(args: AdamRowsArguments, i: i32, scratch: usize, row: usize): void {
  const starts = args.starts + <usize>(i << 2);
  const at = <usize>load<u32>(args.rows + <usize>(i << 2)) * row;
  sumUpdates(args.segments, args.order, load<i32>(starts), load<i32>(starts, 4), scratch, row);
  adamRange(args.w + at, args.m + at, args.v + at, scratch, args.width, args);
}
