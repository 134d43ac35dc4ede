import { dot, Flag, multiply, Optional, product } from '../base';
import { normalizeRows } from '../layer-norm';
import { addElements } from '../reduce';
import { softmaxRow } from '../softmax';

/** Sequences whose newest tokens take each step together. A multiple of the rows of every tile. */
export const NEWEST_AT_ONCE: i32 = 24;

/*
 * A transformer block at the newest token of each sequence, without dropout, in the wirings of `transformer-block`. With
 * one query, keys and values need not be computed. With K = x · k + c and V = x · v + d (for one head; x is normalized
 * for pre-norm):
 * - the score of token j is q · K[j] = (q · kᵀ) · x[j] + q · c, and the softmax does not depend on q · c;
 * - the weights sum to 1, so that their sum of V is (their sum of x) · v + d.
 */

@unmanaged
export class NewestBlockArguments {
  /** `[tokens, units]`. */
  x: usize;
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1, at least one. */
  offsets: usize;
  /** Of the first layer norm. */
  queryGamma: usize;
  queryBeta: usize;
  /** Of the second one. */
  gamma: usize;
  beta: usize;
  queryKernel: usize;
  queryBias: usize;
  /** The kernel of the keys transposed, `[units, units]`. */
  keyTransposed: usize;
  valueKernel: usize;
  valueBias: usize;
  /** The output projection, only for pre-norm: `[units, units]` and `[units]`. */
  outputKernel: Optional;
  outputBias: Optional;
  innerKernel: usize;
  innerBias: usize;
  outerKernel: usize;
  outerBias: usize;
  /** Output `[sequences, units]`. */
  y: usize;
  sequences: i32;
  numHeads: i32;
  units: i32;
  preNorm: Flag;
  epsilon: f32;
  /** 1 / √D, where D is the width of a head. */
  scale: f32;
}

/** Floats of a vector of `count`, rounded up so that the next one starts at a whole vector. */
// @ts-expect-error: decorator
@inline
function padded(count: i32): i32 {
  return (count + 31) & ~15;
}

/**
 * Groups `begin .. end - 1` of `NEWEST_AT_ONCE` sequences. Needs scratch memory for these floats, each number rounded up
 * by up to 31: 4 times `NEWEST_AT_ONCE` rows, twice as many rows for each head, a row for each token of the longest
 * sequence, and a float for each of its tokens and heads, and two more for each token.
 */
export function newestBlock(args: NewestBlockArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const heads = args.numHeads;
  const width = units / heads;
  const row = <usize>(units << 2);
  const wideRow = row * <usize>heads;
  const rowsBytes = <usize>(padded(NEWEST_AT_ONCE * units) << 2);
  const wideBytes = <usize>(padded(NEWEST_AT_ONCE * units * heads) << 2);
  const newest = scratch;
  const query = newest + rowsBytes;
  const projected = query + rowsBytes;
  const attended = projected + rowsBytes;
  const directions = attended + rowsBytes;
  const means = directions + wideBytes;
  const buffers = means + wideBytes;
  for (let group = begin; group < end; group++) {
    const first = group * NEWEST_AT_ONCE;
    const rows = min(NEWEST_AT_ONCE, args.sequences - first);
    const y = args.y + <usize>first * row;
    for (let r = 0; r < rows; r++) {
      const last = load<i32>(args.offsets + (<usize>(first + r) << 2), 4) - 1;
      memory.copy(newest + <usize>r * row, args.x + <usize>last * row, row);
    }
    normalize(newest, args.queryGamma, args.queryBeta, query, rows, args, buffers);
    dense(query, args.queryKernel, args.queryBias, projected, rows, units, 0);
    for (let h = 0; h < heads; h++) {
      const ofHead = <usize>((h * width) << 2);
      const keys = args.keyTransposed + <usize>(h * width) * row;
      product(projected + ofHead, row, keys, row, directions + <usize>h * row, wideRow, rows, units, width);
    }
    for (let r = 0; r < rows; r++) {
      const at = <usize>r * wideRow;
      attend(args, first + r, directions + at, means + at, buffers);
    }
    for (let h = 0; h < heads; h++) {
      const ofHead = <usize>((h * width) << 2);
      const value = args.valueKernel + ofHead;
      const bias = args.valueBias + ofHead;
      multiply(means + <usize>h * row, wideRow, value, row, attended + ofHead, row, bias, 0, rows, width, units, 0);
    }
    let sums = attended;
    if (args.preNorm) {
      sums = projected;
      dense(attended, args.outputKernel, args.outputBias, sums, rows, units, 0);
      addElements(newest, sums, rows * units);
    } else addElements(query, sums, rows * units);
    const normalized = query;
    normalize(sums, args.gamma, args.beta, normalized, rows, args, buffers);
    const hidden = newest;
    dense(normalized, args.innerKernel, args.innerBias, hidden, rows, units, 1);
    dense(hidden, args.outerKernel, args.outerBias, y, rows, units, 0);
    addElements(args.preNorm ? sums : normalized, y, rows * units);
  }
}

/** y = act(x · kernel + bias), for rows of `units`. */
// @ts-expect-error: decorator
@inline
function dense(x: usize, kernel: usize, bias: usize, y: usize, rows: i32, units: i32, relu: i32): void {
  const row = <usize>(units << 2);
  multiply(x, row, kernel, row, y, row, bias, 0, rows, units, units, relu);
}

/** A layer norm of `rows` rows; `statistics` has room for two floats a row. */
// @ts-expect-error: decorator
@inline
function normalize(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  rows: i32,
  args: NewestBlockArguments,
  statistics: usize,
): void {
  normalizeRows(x, gamma, beta, y, statistics, statistics + <usize>(rows << 2), rows, args.units, args.epsilon);
}

/** For each head, the mean of a sequence's tokens weighted by attention along its direction: `[numHeads, units]`. */
function attend(args: NewestBlockArguments, sequence: i32, directions: usize, means: usize, scratch: usize): void {
  const units = args.units;
  const heads = args.numHeads;
  const row = <usize>(units << 2);
  const first = load<i32>(args.offsets + (<usize>sequence << 2));
  const time = load<i32>(args.offsets + (<usize>sequence << 2), 4) - first;
  const weightsRow = <usize>(padded(time) << 2);
  const statistics = scratch + <usize>heads * weightsRow;
  let x = args.x + <usize>first * row;
  if (args.preNorm) {
    const normalized = statistics + 2 * weightsRow;
    normalize(x, args.queryGamma, args.queryBeta, normalized, time, args, statistics);
    x = normalized;
  }
  for (let h = 0; h < heads; h++) {
    const weights = scratch + <usize>h * weightsRow;
    for (let j = 0; j < time; j++)
      store<f32>(weights + (<usize>j << 2), dot(directions + <usize>h * row, x + <usize>j * row, units));
    softmaxRow(weights, time, time, args.scale);
  }
  product(scratch, weightsRow, x, row, means, row, heads, units, time);
}
