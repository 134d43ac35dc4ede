import {
  dot,
  exp4,
  Flag,
  laneMask,
  logOfSum,
  madd,
  maxLanes,
  multiply,
  multiplyTransposed,
  softmaxTerm,
  softplusTerms,
  storeLanes,
  sumLanes,
  sumVectors,
  transposeInto,
  vectorOf,
  ZEROS,
} from './base';

/** Tokens in a block of a loss. The loss of each is summed in float64. */
export const LOSS_BLOCK: i32 = 48;
/** Items whose weights are next to each other. */
export const LOSS_PANEL: i32 = 64;
/** Bytes from one token to the next in a panel. */
const PANEL_ROW: usize = LOSS_PANEL << 2;
/** Length of the part of a product's inner dimension that stays in the cache. */
const LOSS_INNER: i32 = 64;

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
          args.dNegatives + ((<usize>c) << 2),
          dot(hidden, vectorOf(table, args.negatives, c, row), width) - less,
        );
      }
    }
    let sum: f64 = 0;
    if (args.kind == CandidateLossKind.Softmax) {
      for (let t = first; t < last; t++) {
        const others = args.dNegatives + ((<usize>(t * count)) << 2);
        sum += softmaxTerm(others, count, args.dTargets + <usize>(t << 2), args.correction, args.targetWeight);
      }
    } else {
      const others = args.dNegatives + ((<usize>(first * count)) << 2);
      sum = softplusTerms(others, (last - first) * count, 1, args.negativeWeight);
      if (args.kind == CandidateLossKind.Binary) {
        sum += softplusTerms(args.dTargets + <usize>(first << 2), last - first, -1, args.targetWeight);
      } else {
        for (let t = first; t < last; t++) {
          let pull: f64 = 0;
          for (let c = t * count; c < (t + 1) * count; c++) pull += load<f32>(args.dNegatives + ((<usize>c) << 2));
          store<f32>(args.dTargets + <usize>(t << 2), <f32>-pull);
        }
      }
    }
    store<f32>(args.parts + <usize>(block << 2), <f32>sum);
    for (let t = first; t < last; t++) {
      const rows = args.negatives + ((<usize>(t * count)) << 2);
      const factors = args.dNegatives + ((<usize>(t * count)) << 2);
      const target = vectorOf(table, args.targets, t, row);
      const pull = load<f32>(args.dTargets + <usize>(t << 2));
      sumVectors(table, rows, factors, count, target, pull, args.dHidden + <usize>t * row, row);
    }
  }
}

/** Softmax cross-entropy over all items, for some tokens at a time. */
@unmanaged
export class SoftmaxLossArguments {
  /** `[tokens, width]`. */
  hidden: usize;
  /** Items, from 1, `[tokens]`; at 0 there is no target. */
  targets: usize;
  /** Vectors of items from 1 on, `[items, width]`. */
  vectors: usize;
  /** The same, with each panel of `LOSS_PANEL` items transposed: `[width, LOSS_PANEL]`, the last one perhaps with less. */
  transposed: usize;
  /** Output: for each panel, `[tokens, LOSS_PANEL]`; times `scaled`, the gradient by the scores. */
  weights: usize;
  /** Output `[tokens, width]`: hidden states, each times a factor. */
  scaled: usize;
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

/**
 * Blocks of `LOSS_BLOCK` tokens `begin .. end - 1` of softmax cross-entropy over all items. Needs scratch memory for
 * `12 · LOSS_BLOCK` floats.
 */
export function softmaxLoss(args: SoftmaxLossArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const items = args.items;
  const tokens = args.tokens;
  const row = <usize>(width << 2);
  const panels = (items + LOSS_PANEL - 1) / LOSS_PANEL;
  // For each row its highest score, in all lanes, then its sums; and its total.
  const highest = scratch;
  const sums = scratch + 16 * LOSS_BLOCK;
  const totals = scratch + 32 * LOSS_BLOCK;
  const scores = scratch + 40 * LOSS_BLOCK;
  for (let block = begin; block < end; block++) {
    const first = block * LOSS_BLOCK;
    const rows = min(LOSS_BLOCK, tokens - first);
    const hidden = args.hidden + <usize>first * row;
    const dHidden = args.dHidden + <usize>first * row;
    for (let r = 0; r < rows; r++) v128.store(highest + ((<usize>r) << 4), f32x4.splat(-3.4e38));
    for (let p = 0; p < panels; p++) {
      const count = min(LOSS_PANEL, items - p * LOSS_PANEL);
      const x = panelOf(args.weights, p, tokens, first);
      const b = args.transposed + <usize>(p * LOSS_PANEL) * row;
      multiply(hidden, row, b, (<usize>count) << 2, x, PANEL_ROW, ZEROS, 0, rows, count, width, 0);
      for (let r = 0; r < rows; r++) {
        let most = v128.load(highest + ((<usize>r) << 4));
        for (let i = 0; i < count; i += 4) {
          const values = v128.load(x + <usize>r * PANEL_ROW + ((<usize>i) << 2));
          most = f32x4.pmax(most, v128.bitselect(values, most, laneMask(count - i)));
        }
        v128.store(highest + ((<usize>r) << 4), most);
      }
    }
    for (let r = 0; r < rows; r++) {
      const target = load<i32>(args.targets + ((<usize>(first + r)) << 2)) - 1;
      const top = maxLanes(v128.load(highest + ((<usize>r) << 4)));
      v128.store(highest + ((<usize>r) << 4), f32x4.splat(top));
      const score: f32 = target < 0 ? 0 : load<f32>(weightOf(args.weights, target, tokens, first + r));
      store<f32>(scores + ((<usize>r) << 2), score);
      v128.store(sums + ((<usize>r) << 4), f32x4.splat(0));
      store<f64>(totals + ((<usize>r) << 3), 0);
    }
    for (let p = 0; p < panels; p++) {
      const count = min(LOSS_PANEL, items - p * LOSS_PANEL);
      const x = panelOf(args.weights, p, tokens, first);
      // Sums of 1,024 exponentials are kept in float32.
      const flush = p % 16 == 15 || p == panels - 1;
      for (let r = 0; r < rows; r++) {
        const top = v128.load(highest + ((<usize>r) << 4));
        let sum = v128.load(sums + ((<usize>r) << 4));
        for (let i = 0; i < count; i += 4) {
          const at = x + <usize>r * PANEL_ROW + ((<usize>i) << 2);
          const e = exp4(f32x4.sub(v128.load(at), top));
          sum = f32x4.add(sum, v128.and(laneMask(count - i), e));
          storeLanes(at, e, count - i);
        }
        if (flush) {
          const total = totals + ((<usize>r) << 3);
          store<f64>(total, load<f64>(total) + sumLanes(sum));
          sum = f32x4.splat(0);
        }
        v128.store(sums + ((<usize>r) << 4), sum);
      }
      const b = args.vectors + <usize>(p * LOSS_PANEL) * row;
      const init = p == 0 ? ZEROS : dHidden;
      multiply(x, PANEL_ROW, b, row, dHidden, row, init, p == 0 ? 0 : row, rows, width, count, 0);
    }
    let loss: f64 = 0;
    for (let r = 0; r < rows; r++) {
      const target = load<i32>(args.targets + ((<usize>(first + r)) << 2)) - 1;
      const total = load<f64>(totals + ((<usize>r) << 3));
      const factor = f32x4.splat(<f32>(<f64>args.weight / total));
      const pull = f32x4.splat(target < 0 ? 0 : args.weight);
      const vector = args.vectors + <usize>max(target, 0) * row;
      const to = dHidden + <usize>r * row;
      const scaled = args.scaled + <usize>(first + r) * row;
      for (let at: usize = 0; at < row; at += 16) {
        const left = <i32>((row - at) >> 2);
        const pulled = f32x4.mul(v128.load(vector + at), pull);
        storeLanes(to + at, f32x4.sub(f32x4.mul(v128.load(to + at), factor), pulled), left);
        storeLanes(scaled + at, f32x4.mul(v128.load(hidden + <usize>r * row + at), factor), left);
      }
      if (target >= 0) {
        const own = weightOf(args.weights, target, tokens, first + r);
        store<f32>(own, <f32>(<f64>load<f32>(own) - total));
      }
      const top = f32x4.extract_lane(v128.load(highest + ((<usize>r) << 4)), 0);
      loss += <f64>args.weight * (logOfSum(total) + (<f64>top - load<f32>(scores + ((<usize>r) << 2))));
    }
    store<f32>(args.parts + ((<usize>block) << 2), <f32>loss);
  }
}

@unmanaged
export class SoftmaxLossItemsArguments {
  /** What `softmaxLoss` has left there. */
  weights: usize;
  /** `[tokens, width]`, by `softmaxLoss`. */
  scaled: usize;
  /** `[items, width]`. */
  dItems: usize;
  tokens: i32;
  items: i32;
  width: i32;
  /** Whether the sums start at zero, and not at what is in `dItems`. */
  fromZero: Flag;
}

/** Panels of `LOSS_PANEL` items `begin .. end - 1` of dItems += weightsᵀ · scaled. */
export function softmaxLossItems(args: SoftmaxLossItemsArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const tokens = args.tokens;
  const row = <usize>(width << 2);
  for (let p = begin; p < end; p++) {
    const count = min(LOSS_PANEL, args.items - p * LOSS_PANEL);
    const dItems = args.dItems + <usize>(p * LOSS_PANEL) * row;
    for (let done = 0; done < tokens; done += LOSS_INNER) {
      const zero = done == 0 && args.fromZero;
      const weights = panelOf(args.weights, p, tokens, done);
      const scaled = args.scaled + <usize>done * row;
      const init = zero ? ZEROS : dItems;
      const inner = min(LOSS_INNER, tokens - done);
      multiplyTransposed(weights, PANEL_ROW, scaled, row, dItems, row, init, zero ? 0 : row, count, width, inner);
    }
  }
}

/** Where the weights of some tokens by one panel of items start. */
// @ts-expect-error: decorator
@inline
function panelOf(weights: usize, panel: i32, tokens: i32, first: i32): usize {
  return weights + (<usize>panel * <usize>tokens + <usize>first) * PANEL_ROW;
}

/** Where the weight of a token by an item is. */
// @ts-expect-error: decorator
@inline
function weightOf(weights: usize, item: i32, tokens: i32, token: i32): usize {
  return panelOf(weights, item / LOSS_PANEL, tokens, token) + ((<usize>(item % LOSS_PANEL)) << 2);
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
    const start = load<i32>(args.offsets + ((<usize>b) << 2));
    const stop = load<i32>(args.offsets + ((<usize>(b + 1)) << 2));
    if (start == stop) memory.fill(dOwn, 0, <usize>count * row);
    let sum: f64 = 0;
    for (let first = start; first < stop; first += LOSS_BLOCK) {
      const rows = min(LOSS_BLOCK, stop - first);
      const hidden = args.hidden + <usize>first * row;
      const dHidden = args.dHidden + <usize>first * row;
      multiply(hidden, row, transposed, weightsRow, weights, weightsRow, ZEROS, 0, rows, count, width, 0);
      for (let r = 0; r < rows; r++) {
        const pull = args.dTargets + ((<usize>(first + r)) << 2);
        store<f32>(pull, dot(hidden + <usize>r * row, vectorOf(table, args.targets, first + r, row), width));
        sum += softmaxTerm(weights + <usize>r * weightsRow, count, pull, args.correction, args.weight);
      }
      longProduct(weights, weightsRow, own, row, dHidden, row, rows, width, count);
      for (let r = 0; r < rows; r++) {
        const target = vectorOf(table, args.targets, first + r, row);
        const pulls = v128.load32_splat(args.dTargets + ((<usize>(first + r)) << 2));
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
    store<f32>(args.parts + ((<usize>b) << 2), <f32>sum);
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
    multiply(a + ((<usize>done) << 2), aRow, bAt, bRow, c, cRow, init, done == 0 ? 0 : cRow, m, n, inner, 0);
  }
}
