import { Flag, Optional, dropElements, multiply, multiplyTransposed, product, TOKENS_AT_ONCE, ZEROS } from './base';
import { reluGrad } from './dense';
import { normalizeRows, normGradRows, restoreRows } from './layer-norm';
import { addElements, addRows } from './reduce';

/*
 * A transformer block around attention, in two wirings (N1 and N2 are its layer norms, A is attention, F the feed-forward
 * network, o the output projection):
 * - paper:    q = N1(x); z = q + A(q, x, x);      n = N2(z); y = n + F(n)
 * - pre-norm: q = N1(x); z = x + o · A(q, q, q);  n = N2(z); y = z + F(n)
 *
 * `blockProjections` computes what attention takes, and `blockFeedForward` what follows it. Gradients normalize x and z
 * again. They are summed in parts of `tokensOfPart` tokens, which are then added up in order.
 */

@unmanaged
export class BlockProjectionsArguments {
  /** `[tokens, units]`. */
  x: usize;
  /** Of N1. */
  gamma: usize;
  beta: usize;
  /** The kernels of query, key and value side by side: `[units, 3 · units]`. */
  kernel: usize;
  /** `[3 · units]`. */
  bias: usize;
  /** Output: query, key and value of each token, `[tokens, 3 · units]`. */
  projected: usize;
  /** Outputs `[tokens]` of N1. */
  means: usize;
  inverses: usize;
  units: i32;
  epsilon: f32;
  preNorm: Flag;
}

/** Tokens `begin .. end - 1` of query, key and value. Needs scratch memory for `TOKENS_AT_ONCE` tokens. */
export function blockProjections(args: BlockProjectionsArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const row = <usize>(units << 2);
  const wideRow = 3 * row;
  for (let first = begin; first < end; first += TOKENS_AT_ONCE) {
    const rows = min(TOKENS_AT_ONCE, end - first);
    const ofToken = <usize>(first << 2);
    const x = args.x + <usize>first * row;
    const to = args.projected + <usize>first * wideRow;
    const means = args.means + ofToken;
    const inverses = args.inverses + ofToken;
    normalizeRows(x, args.gamma, args.beta, scratch, means, inverses, rows, units, args.epsilon);
    const columns = args.preNorm ? 3 * units : units;
    multiply(scratch, row, args.kernel, wideRow, to, wideRow, args.bias, 0, rows, columns, units, 0);
    if (args.preNorm) continue;
    multiply(x, row, args.kernel + row, wideRow, to + row, wideRow, args.bias + row, 0, rows, 2 * units, units, 0);
  }
}

@unmanaged
export class BlockFeedForwardArguments {
  /** `[tokens, units]`. */
  x: usize;
  /** Of N1, as `blockProjections` wrote them; only for the wiring of the paper. */
  queryMeans: usize;
  queryInverses: usize;
  queryGamma: usize;
  queryBeta: usize;
  /** Output of attention, `[tokens, units]`. */
  attended: usize;
  /** The output projection, only for pre-norm: `[units, units]` and `[units]`. */
  outputKernel: Optional;
  outputBias: Optional;
  /** Of N2. */
  gamma: usize;
  beta: usize;
  innerKernel: usize;
  innerBias: usize;
  outerKernel: usize;
  outerBias: usize;
  /** Output: z, `[tokens, units]`. */
  sums: usize;
  /** Outputs `[tokens]` of N2. */
  means: usize;
  inverses: usize;
  /** Output of the inner layer, `[tokens, units]`. */
  hidden: usize;
  /** `[tokens, units]`. */
  y: usize;
  units: i32;
  epsilon: f32;
  preNorm: Flag;
  /** Keys of the dropout masks. */
  innerKey: i32;
  outerKey: i32;
  /** Elements whose 16 random bits are below this are dropped; 0 drops none. */
  threshold: i32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Tokens `begin .. end - 1` of the block from attention on. Needs scratch memory for `TOKENS_AT_ONCE` tokens. */
export function blockFeedForward(args: BlockFeedForwardArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const preNorm = args.preNorm;
  const threshold = args.threshold;
  const keptScale = args.keptScale;
  const row = <usize>(units << 2);
  for (let first = begin; first < end; first += TOKENS_AT_ONCE) {
    const rows = min(TOKENS_AT_ONCE, end - first);
    const count = rows * units;
    const element = first * units;
    const ofToken = <usize>(first << 2);
    const at = <usize>first * row;
    const x = args.x + at;
    const attended = args.attended + at;
    const sums = args.sums + at;
    const hidden = args.hidden + at;
    const y = args.y + at;
    if (preNorm) {
      multiply(attended, row, args.outputKernel, row, sums, row, args.outputBias, 0, rows, units, units, 0);
      addElements(x, sums, count);
    } else {
      const means = args.queryMeans + ofToken;
      restoreRows(x, args.queryGamma, args.queryBeta, sums, means, args.queryInverses + ofToken, rows, units);
      addElements(attended, sums, count);
    }
    const means = args.means + ofToken;
    normalizeRows(sums, args.gamma, args.beta, scratch, means, args.inverses + ofToken, rows, units, args.epsilon);
    const residual = preNorm ? sums : scratch;
    multiply(scratch, row, args.innerKernel, row, hidden, row, args.innerBias, 0, rows, units, units, 1);
    if (threshold) dropElements(hidden, hidden, 0, element, count, args.innerKey, threshold, keptScale);
    multiply(hidden, row, args.outerKernel, row, y, row, args.outerBias, 0, rows, units, units, 0);
    if (threshold) dropElements(y, y, residual, element, count, args.outerKey, threshold, keptScale);
    else addElements(residual, y, count);
  }
}

@unmanaged
export class BlockFeedForwardGradArguments {
  /** `[tokens, units]`. */
  dy: usize;
  /** `[tokens, units]`, as `blockFeedForward` wrote them. */
  sums: usize;
  hidden: usize;
  /** `[tokens]`, of N2. */
  means: usize;
  inverses: usize;
  gamma: usize;
  beta: usize;
  /** Kernels transposed: `[units, units]`. */
  innerTransposed: usize;
  outerTransposed: usize;
  /** Only for pre-norm: the kernel of the output projection transposed, and its input `[tokens, units]`. */
  outputTransposed: Optional;
  attended: Optional;
  /** Output: the gradient of z, `[tokens, units]`. */
  dSums: usize;
  /** Output, only for pre-norm: `[tokens, units]`. In the wiring of the paper it is dSums. */
  dAttended: Optional;
  /**
   * Output: each part of the gradients of the inner and the outer kernel, of their biases, of gamma and beta and, for
   * pre-norm, of the kernel and the bias of the output projection.
   */
  parts: usize;
  /** Floats from one part to the next. */
  partSize: i32;
  tokensOfPart: i32;
  tokens: i32;
  units: i32;
  preNorm: Flag;
  /** Key of the mask of the outer layer. */
  outerKey: i32;
  threshold: i32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Parts `begin .. end - 1` of the gradient. Needs scratch memory for 3 times `TOKENS_AT_ONCE` tokens. */
export function blockFeedForwardGrad(args: BlockFeedForwardGradArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const preNorm = args.preNorm;
  const threshold = args.threshold;
  const row = <usize>(units << 2);
  const kernelBytes = <usize>units * row;
  const buffer = <usize>TOKENS_AT_ONCE * row;
  const dInner = scratch + buffer;
  const normalized = scratch + 2 * buffer;
  for (let part = begin; part < end; part++) {
    const dInnerKernel = args.parts + ((<usize>part * args.partSize) << 2);
    const dOuterKernel = dInnerKernel + kernelBytes;
    const dInnerBias = dOuterKernel + kernelBytes;
    const dOuterBias = dInnerBias + row;
    const dGamma = dOuterBias + row;
    const dBeta = dGamma + row;
    const dOutputKernel = dBeta + row;
    memory.fill(dInnerKernel, 0, (preNorm ? 3 : 2) * kernelBytes + (preNorm ? 5 : 4) * row);
    const from = part * args.tokensOfPart;
    const until = min(from + args.tokensOfPart, args.tokens);
    for (let first = from; first < until; first += TOKENS_AT_ONCE) {
      const rows = min(TOKENS_AT_ONCE, until - first);
      const count = rows * units;
      const ofToken = <usize>(first << 2);
      const at = <usize>first * row;
      const means = args.means + ofToken;
      const inverses = args.inverses + ofToken;
      const dy = args.dy + at;
      const sums = args.sums + at;
      const hidden = args.hidden + at;
      const dSums = args.dSums + at;
      let dOuter = dy;
      if (threshold) {
        dOuter = scratch;
        dropElements(dy, dOuter, 0, first * units, count, args.outerKey, threshold, args.keptScale);
      }
      product(dOuter, row, args.outerTransposed, row, dInner, row, rows, units, units);
      reluGrad(dInner, hidden, dInner, count, threshold ? args.keptScale : 1);
      multiplyTransposed(hidden, row, dOuter, row, dOuterKernel, row, dOuterKernel, row, units, units, rows);
      addRows(dOuter, row, dOuterBias, rows, units);
      restoreRows(sums, args.gamma, args.beta, normalized, means, inverses, rows, units);
      multiplyTransposed(normalized, row, dInner, row, dInnerKernel, row, dInnerKernel, row, units, units, rows);
      addRows(dInner, row, dInnerBias, rows, units);
      const init = preNorm ? ZEROS : dy;
      const initRow = preNorm ? 0 : row;
      const dNormalized = scratch;
      multiply(dInner, row, args.innerTransposed, row, dNormalized, row, init, initRow, rows, units, units, 0);
      const residual = preNorm ? dy : 0;
      normGradRows(dNormalized, sums, args.gamma, means, inverses, dSums, residual, dGamma, dBeta, rows, units);
      if (preNorm) {
        product(dSums, row, args.outputTransposed, row, args.dAttended + at, row, rows, units, units);
        const attended = args.attended + at;
        multiplyTransposed(attended, row, dSums, row, dOutputKernel, row, dOutputKernel, row, units, units, rows);
        addRows(dSums, row, dOutputKernel + kernelBytes, rows, units);
      }
    }
  }
}

@unmanaged
export class BlockProjectionsGradArguments {
  /** The gradients of query, key and value, `[tokens, 3 · units]`. */
  dProjected: usize;
  /** `[tokens, units]`. */
  x: usize;
  /** `[tokens]`, of N1. */
  means: usize;
  inverses: usize;
  gamma: usize;
  beta: usize;
  /** The kernels of query, key and value transposed, one below the other: `[3 · units, units]`. */
  transposed: usize;
  /** `[tokens, units]`: the gradient of z, which that of x replaces. */
  dx: usize;
  /** Output: each part of the gradients of kernel, bias, gamma and beta. */
  parts: usize;
  /** Floats from one part to the next. */
  partSize: i32;
  tokensOfPart: i32;
  tokens: i32;
  units: i32;
  preNorm: Flag;
}

/** Parts `begin .. end - 1` of the gradient. Needs scratch memory for 3 times `TOKENS_AT_ONCE` tokens. */
export function blockProjectionsGrad(args: BlockProjectionsGradArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const preNorm = args.preNorm;
  const gamma = args.gamma;
  const row = <usize>(units << 2);
  const wideRow = 3 * row;
  const kernelBytes = <usize>units * wideRow;
  const buffer = <usize>TOKENS_AT_ONCE * row;
  const dQuery = scratch + buffer;
  const dKeyAndValue = scratch + 2 * buffer;
  const ofQuery = args.transposed;
  const ofKeyAndValue = args.transposed + <usize>units * row;
  for (let part = begin; part < end; part++) {
    const dKernel = args.parts + ((<usize>part * args.partSize) << 2);
    const dBias = dKernel + kernelBytes;
    const dGamma = dBias + wideRow;
    const dBeta = dGamma + row;
    memory.fill(dKernel, 0, kernelBytes + wideRow + 2 * row);
    const from = part * args.tokensOfPart;
    const until = min(from + args.tokensOfPart, args.tokens);
    for (let first = from; first < until; first += TOKENS_AT_ONCE) {
      const rows = min(TOKENS_AT_ONCE, until - first);
      const ofToken = <usize>(first << 2);
      const at = <usize>first * row;
      const means = args.means + ofToken;
      const inverses = args.inverses + ofToken;
      const x = args.x + at;
      const dx = args.dx + at;
      const d = args.dProjected + 3 * at;
      restoreRows(x, gamma, args.beta, scratch, means, inverses, rows, units);
      if (preNorm) {
        product(d, wideRow, ofQuery, row, dQuery, row, rows, units, 3 * units);
        multiplyTransposed(scratch, row, d, wideRow, dKernel, wideRow, dKernel, wideRow, units, 3 * units, rows);
        normGradRows(dQuery, x, gamma, means, inverses, dx, dx, dGamma, dBeta, rows, units);
      } else {
        multiply(d, wideRow, ofQuery, row, dQuery, row, dx, row, rows, units, units, 0);
        product(d + row, wideRow, ofKeyAndValue, row, dKeyAndValue, row, rows, units, 2 * units);
        multiplyTransposed(scratch, row, d, wideRow, dKernel, wideRow, dKernel, wideRow, units, units, rows);
        const to = dKernel + row;
        multiplyTransposed(x, row, d + row, wideRow, to, wideRow, to, wideRow, units, 2 * units, rows);
        normGradRows(dQuery, x, gamma, means, inverses, dx, dKeyAndValue, dGamma, dBeta, rows, units);
      }
      addRows(d, wideRow, dBias, rows, 3 * units);
    }
  }
}
