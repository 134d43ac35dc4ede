import {
  Bytes,
  dot,
  exponentials,
  Flag,
  largestOf,
  logOfSum,
  madd,
  multiply,
  multiplyTransposed,
  scaleRow,
  softmaxTerm,
  softplusTerms,
  storeLanes,
  transposeInto,
  ZEROS,
} from './base';

/** Tokens in a block of a loss. The loss of each is summed in float64. */
export const LOSS_BLOCK: i32 = 48;
/** Length of the part of a product's inner dimension that stays in the cache. */
const LOSS_INNER: i32 = 128;

/** What a token's loss is, of the scores of its target, t, and of its negatives, n. */
export const enum CandidateLossKind {
  /** targetWeight · softplus(-t) + the sum of negativeWeight · softplus(n). */
  Binary,
  /** The sum of negativeWeight · softplus(n - t). */
  Ranking,
  /** -targetWeight · log softmax(t), among t and all n + correction. */
  Softmax,
}

@unmanaged
export class CandidateLossArguments {
  /** `[tokens, width]`. */
  hidden: usize;
  /** `[rows, width]`. */
  table: usize;
  /** Rows of the table, `[tokens]`. */
  targets: usize;
  /** Rows of the table, `[tokens, count]`. */
  negatives: usize;
  /** Output `[tokens]`: the gradient by the scores of the targets. */
  dTargets: usize;
  /** Output `[tokens, count]`. */
  dNegatives: usize;
  /** Output `[tokens, width]`. */
  dHidden: usize;
  /** Output: the loss of each block. */
  parts: usize;
  tokens: i32;
  count: i32;
  width: i32;
  /** A `CandidateLossKind`. */
  kind: i32;
  targetWeight: f32;
  negativeWeight: f32;
  correction: f32;
}

/** Blocks of `LOSS_BLOCK` tokens `begin .. end - 1` of a loss of targets and negatives, and its gradients. */
export function candidateLoss(args: CandidateLossArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const count = args.count;
  const row = <usize>(width << 2);
  const table = args.table;
  for (let block = begin; block < end; block++) {
    const first = block * LOSS_BLOCK;
    const last = min(first + LOSS_BLOCK, args.tokens);
    for (let t = first; t < last; t++) {
      const hidden = args.hidden + <usize>t * row;
      const score = dot(hidden, vectorOf(table, args.targets, t, row), width);
      const less: f32 = args.kind == CandidateLossKind.Ranking ? score : 0;
      store<f32>(args.dTargets + <usize>(t << 2), score);
      for (let c = t * count; c < (t + 1) * count; c++) {
        store<f32>(
          args.dNegatives + (<usize>c << 2),
          dot(hidden, vectorOf(table, args.negatives, c, row), width) - less,
        );
      }
    }
    let sum: f64 = 0;
    if (args.kind == CandidateLossKind.Softmax) {
      for (let t = first; t < last; t++) {
        const others = args.dNegatives + (<usize>(t * count) << 2);
        sum += softmaxTerm(others, count, args.dTargets + <usize>(t << 2), args.correction, args.targetWeight);
      }
    } else {
      const others = args.dNegatives + (<usize>(first * count) << 2);
      sum = softplusTerms(others, (last - first) * count, 1, args.negativeWeight);
      if (args.kind == CandidateLossKind.Binary) {
        sum += softplusTerms(args.dTargets + <usize>(first << 2), last - first, -1, args.targetWeight);
      } else {
        for (let t = first; t < last; t++) {
          let pull: f64 = 0;
          for (let c = t * count; c < (t + 1) * count; c++) pull += load<f32>(args.dNegatives + (<usize>c << 2));
          store<f32>(args.dTargets + <usize>(t << 2), <f32>-pull);
        }
      }
    }
    store<f32>(args.parts + <usize>(block << 2), <f32>sum);
    for (let t = first; t < last; t++) {
      const to = args.dHidden + <usize>t * row;
      const target = vectorOf(table, args.targets, t, row);
      const pull = v128.load32_splat(args.dTargets + <usize>(t << 2));
      let at: usize = 0;
      // Four vectors at a time, so that few passes go over the rows of the negatives.
      for (; at + 48 < row; at += 64) {
        let s0 = f32x4.mul(v128.load(target + at), pull);
        let s1 = f32x4.mul(v128.load(target + at, 16), pull);
        let s2 = f32x4.mul(v128.load(target + at, 32), pull);
        let s3 = f32x4.mul(v128.load(target + at, 48), pull);
        for (let c = t * count; c < (t + 1) * count; c++) {
          const v = vectorOf(table, args.negatives, c, row) + at;
          const factor = v128.load32_splat(args.dNegatives + (<usize>c << 2));
          s0 = madd(factor, v128.load(v), s0);
          s1 = madd(factor, v128.load(v, 16), s1);
          s2 = madd(factor, v128.load(v, 32), s2);
          s3 = madd(factor, v128.load(v, 48), s3);
        }
        v128.store(to + at, s0);
        v128.store(to + at, s1, 16);
        v128.store(to + at, s2, 32);
        storeLanes(to + at + 48, s3, <i32>((row - at - 48) >> 2));
      }
      for (; at < row; at += 16) {
        let sum = f32x4.mul(v128.load(target + at), pull);
        for (let c = t * count; c < (t + 1) * count; c++) {
          const v = vectorOf(table, args.negatives, c, row) + at;
          sum = madd(v128.load32_splat(args.dNegatives + (<usize>c << 2)), v128.load(v), sum);
        }
        storeLanes(to + at, sum, <i32>((row - at) >> 2));
      }
    }
  }
}

/** Tokens, in blocks, of softmax cross-entropy over all items; `first` is the first one of these tokens. */
@unmanaged
export class SoftmaxLossArguments {
  /** `[tokens, width]`. */
  hidden: usize;
  /** Items, from 1, `[tokens]`; at 0 there is no target. */
  targets: usize;
  /** Vectors of items from 1 on, `[items, width]`. */
  vectors: usize;
  /** The same transposed, `[width, items]`. */
  transposed: usize;
  /** Output: the gradient by the scores, `tokens` rows of `items`. */
  weights: usize;
  /** Bytes from one row of the weights to the next. */
  weightsRow: Bytes;
  /** Output `[tokens, width]`. */
  dHidden: usize;
  /** Output: the loss of each block. */
  parts: usize;
  tokens: i32;
  items: i32;
  width: i32;
  /** Factor of the loss. */
  weight: f32;
}

/** Blocks of `LOSS_BLOCK` tokens `begin .. end - 1` of softmax cross-entropy over all items. */
export function softmaxLoss(args: SoftmaxLossArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const items = args.items;
  const row = <usize>(width << 2);
  const weightsRow = args.weightsRow;
  for (let block = begin; block < end; block++) {
    const first = block * LOSS_BLOCK;
    const rows = min(LOSS_BLOCK, args.tokens - first);
    const weights = args.weights + <usize>first * weightsRow;
    const hidden = args.hidden + <usize>first * row;
    const transposedRow = <usize>items << 2;
    multiply(hidden, row, args.transposed, transposedRow, weights, weightsRow, ZEROS, 0, rows, items, width, 0);
    let sum: f64 = 0;
    for (let r = 0; r < rows; r++) {
      const scores = weights + <usize>r * weightsRow;
      const target = load<i32>(args.targets + (<usize>(first + r) << 2)) - 1;
      const own = scores + (<usize>target << 2);
      const score: f32 = target < 0 ? 0 : load<f32>(own);
      const top = largestOf(scores, items, -3.4e38);
      const total = exponentials(scores, items, top);
      if (target >= 0) store<f32>(own, <f32>(<f64>load<f32>(own) - total));
      scaleRow(scores, items, <f32>(<f64>args.weight / total));
      sum += <f64>args.weight * (logOfSum(total) + (<f64>top - score));
    }
    store<f32>(args.parts + (<usize>block << 2), <f32>sum);
    longProduct(weights, weightsRow, args.vectors, row, args.dHidden + <usize>first * row, row, rows, width, items);
  }
}

@unmanaged
export class SoftmaxLossItemsArguments {
  /** What `softmaxLoss` has left there: `tokens` rows. */
  weights: usize;
  /** Bytes from one row of the weights to the next. */
  weightsRow: Bytes;
  /** `[tokens, width]`. */
  hidden: usize;
  /** `[items, width]`. */
  dItems: usize;
  tokens: i32;
  width: i32;
  /** Whether the sums start at zero, and not at what is in `dItems`. */
  fromZero: Flag;
}

/** Items `begin .. end - 1` of dItems += weightsᵀ · hidden. */
export function softmaxLossItems(args: SoftmaxLossItemsArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const row = <usize>(width << 2);
  const weightsRow = args.weightsRow;
  const dItems = args.dItems + <usize>begin * row;
  for (let done = 0; done < args.tokens; done += LOSS_INNER) {
    const zero = done == 0 && args.fromZero;
    const weights = args.weights + <usize>done * weightsRow + (<usize>begin << 2);
    const hidden = args.hidden + <usize>done * row;
    const inner = min(LOSS_INNER, args.tokens - done);
    const init = zero ? ZEROS : dItems;
    multiplyTransposed(
      weights,
      weightsRow,
      hidden,
      row,
      dItems,
      row,
      init,
      zero ? 0 : row,
      end - begin,
      width,
      inner,
    );
  }
}

@unmanaged
export class SharedSoftmaxLossArguments {
  /** `[tokens, width]`. */
  hidden: usize;
  /** `[rows, width]`. */
  table: usize;
  /** Rows of the table, `[tokens]`. */
  targets: usize;
  /** Rows of the table, `[sequences, count]`. */
  negatives: usize;
  /** `[sequences + 1]`. */
  offsets: usize;
  /** Output `[tokens]`: the gradient by the scores of the targets. */
  dTargets: usize;
  /** Output `[sequences, count, width]`: the gradient by the vectors of the negatives. */
  dNegatives: usize;
  /** Output `[tokens, width]`. */
  dHidden: usize;
  /** Output `[sequences]`: the loss of each. */
  parts: usize;
  count: i32;
  width: i32;
  /** Added to the scores of negatives. */
  correction: f32;
  /** Factor of the loss. */
  weight: f32;
}

/**
 * Sequences `begin .. end - 1` of softmax cross-entropy over the target of each token and the negatives of its sequence.
 * Needs scratch memory for 2 · count · width + LOSS_BLOCK · count + 48 floats.
 */
export function sharedSoftmaxLoss(args: SharedSoftmaxLossArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const count = args.count;
  const row = <usize>(width << 2);
  const weightsRow = <usize>(count << 2);
  const table = args.table;
  const own = scratch;
  const transposed = own + <usize>count * row + 64;
  const weights = transposed + <usize>count * row + 64;
  for (let b = begin; b < end; b++) {
    for (let c = 0; c < count; c++) {
      memory.copy(own + <usize>c * row, vectorOf(table, args.negatives, b * count + c, row), row);
    }
    transposeInto(own, row, transposed, weightsRow, count, width);
    const dOwn = args.dNegatives + <usize>b * weightsRow * <usize>width;
    const start = load<i32>(args.offsets + (<usize>b << 2));
    const stop = load<i32>(args.offsets + (<usize>(b + 1) << 2));
    if (start == stop) memory.fill(dOwn, 0, <usize>count * row);
    let sum: f64 = 0;
    for (let first = start; first < stop; first += LOSS_BLOCK) {
      const rows = min(LOSS_BLOCK, stop - first);
      const hidden = args.hidden + <usize>first * row;
      const dHidden = args.dHidden + <usize>first * row;
      multiply(hidden, row, transposed, weightsRow, weights, weightsRow, ZEROS, 0, rows, count, width, 0);
      for (let r = 0; r < rows; r++) {
        const pull = args.dTargets + (<usize>(first + r) << 2);
        store<f32>(pull, dot(hidden + <usize>r * row, vectorOf(table, args.targets, first + r, row), width));
        sum += softmaxTerm(weights + <usize>r * weightsRow, count, pull, args.correction, args.weight);
      }
      longProduct(weights, weightsRow, own, row, dHidden, row, rows, width, count);
      for (let r = 0; r < rows; r++) {
        const target = vectorOf(table, args.targets, first + r, row);
        const pulls = v128.load32_splat(args.dTargets + (<usize>(first + r) << 2));
        const to = dHidden + <usize>r * row;
        for (let at: usize = 0; at < row; at += 16) {
          const y = madd(pulls, v128.load(target + at), v128.load(to + at));
          storeLanes(to + at, y, <i32>((row - at) >> 2));
        }
      }
      const zero = first == start;
      const init = zero ? ZEROS : dOwn;
      multiplyTransposed(weights, weightsRow, hidden, row, dOwn, row, init, zero ? 0 : row, count, width, rows);
    }
    store<f32>(args.parts + (<usize>b << 2), <f32>sum);
  }
}

/** C = A · B with a long inner dimension, in parts of it that stay in the cache. */
function longProduct(
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  for (let done = 0; done < k; done += LOSS_INNER) {
    const init = done == 0 ? ZEROS : c;
    const inner = min(LOSS_INNER, k - done);
    const bAt = b + <usize>done * bRow;
    multiply(a + (<usize>done << 2), aRow, bAt, bRow, c, cRow, init, done == 0 ? 0 : cRow, m, n, inner, 0);
  }
}

/** The address of row `rows[i]` of a table. */
// @ts-expect-error: decorator
@inline
function vectorOf(table: usize, rows: usize, i: i32, row: usize): usize {
  return table + <usize>load<u32>(rows + (<usize>i << 2)) * row;
}
