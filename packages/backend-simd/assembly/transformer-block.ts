import { attention, AttentionArguments, attentionGradFrom } from './attention/causal';
import { Flag, Optional, dropElements, multiply, multiplyTransposed, product, TOKENS_AT_ONCE, ZEROS } from './base';
import { reluGrad } from './dense';
import { normalizeRows, normGradRows, restoreRows } from './layer-norm';
import { addElements, addRows } from './reduce';

/*
 * A transformer block in two wirings (N1 and N2 are its layer norms, A is attention, F the feed-forward network, o the
 * output projection):
 * - paper:    q = N1(x); z = q + A(q, x, x);      n = N2(z); y = n + F(n)
 * - pre-norm: q = N1(x); z = x + o · A(q, q, q);  n = N2(z); y = z + F(n)
 *
 * All steps are taken for a run of sequences before the next run, so that what is between them stays in the cache. The
 * gradient normalizes x and z again.
 */

/** What the block and its gradient share: what attention takes, with query, key and value in rows of 3 · units. */
@unmanaged
export class BlockArguments extends AttentionArguments {
  /** `[tokens, units]`. */
  x: usize;
  /** Of N1. */
  queryGamma: usize;
  queryBeta: usize;
  /** Of N2. */
  gamma: usize;
  beta: usize;
  // The rest is written by the block, and read by its gradient.
  /** `[tokens]` each: of N1, and of N2. */
  queryMeans: usize;
  queryInverses: usize;
  means: usize;
  inverses: usize;
  /** z, `[tokens, units]`. */
  sums: usize;
  /** Output of the inner layer, `[tokens, units]`. */
  hidden: usize;
  /** Run r has the sequences runs[r] .. runs[r + 1] - 1. */
  runs: usize;
  preNorm: Flag;
  /** Key of the mask of the outer layer. */
  outerKey: i32;
}

@unmanaged
export class TransformerBlockArguments extends BlockArguments {
  /** The kernels of query, key and value side by side, `[units, 3 · units]`, and their biases. */
  kernel: usize;
  bias: usize;
  /** The output projection, only for pre-norm: `[units, units]` and `[units]`. */
  outputKernel: Optional;
  outputBias: Optional;
  innerKernel: usize;
  innerBias: usize;
  outerKernel: usize;
  outerBias: usize;
  /** `[tokens, units]`. */
  y: usize;
  epsilon: f32;
  /** Key of the mask of the inner layer. */
  innerKey: i32;
}

/**
 * Runs `begin .. end - 1`. Needs scratch memory for attention, and for `TOKENS_AT_ONCE` rows. Without dropout, when no
 * gradient is wanted, `query` may be 0: what is between the steps is then in scratch memory too, and is not written
 * elsewhere. That takes 5 rows, and a float for each head and 4 more, for each token of the longest run, an integer for
 * each of its sequences, and 16 times 16 floats.
 */
export function transformerBlock(args: TransformerBlockArguments, begin: i32, end: i32, scratch: usize): void {
  for (let run = begin; run < end; run++) {
    const sequence = load<i32>(args.runs + <usize>(run << 2));
    const nextSequence = load<i32>(args.runs + <usize>(run << 2), 4);
    const first = load<i32>(args.offsets + <usize>(sequence << 2));
    const next = load<i32>(args.offsets + <usize>(nextSequence << 2));
    if (args.query == 0) {
      transformRun(args, sequence, nextSequence - sequence, first, next - first, scratch);
      continue;
    }
    project(args, first, next, scratch);
    attention(args, sequence * args.numHeads, nextSequence * args.numHeads, scratch);
    feedForward(args, first, next, scratch);
  }
}

/** A run as a batch of its own, with what is between its steps in scratch memory. */
function transformRun(
  args: TransformerBlockArguments,
  sequence: i32,
  sequences: i32,
  first: i32,
  tokens: i32,
  scratch: usize,
): void {
  const heads = args.numHeads;
  const row = <usize>(args.units << 2);
  const at = <usize>first * row;
  const rows = aligned(<usize>tokens * row);
  const floats = aligned(<usize>tokens << 2);
  const own = changetype<TransformerBlockArguments>(scratch);
  memory.copy(scratch, changetype<usize>(args), offsetof<TransformerBlockArguments>());
  own.x = args.x + at;
  own.y = args.y + at;
  own.offsets = scratch + aligned(offsetof<TransformerBlockArguments>());
  own.query = own.offsets + aligned(<usize>(sequences + 1) << 2);
  own.key = own.query + row;
  own.value = own.key + row;
  own.attended = own.query + aligned(3 * <usize>tokens * row);
  own.hidden = own.attended; // written after the last use of the other
  own.sums = own.attended + rows;
  own.queryMeans = own.sums + rows;
  own.queryInverses = own.queryMeans + floats;
  own.means = own.queryInverses + floats;
  own.inverses = own.means + floats;
  own.logSums = own.inverses + floats;
  const rest = own.logSums + aligned(<usize>(tokens * heads) << 2);
  for (let i = 0; i <= sequences; i++) {
    const offset = load<i32>(args.offsets + (<usize>(sequence + i) << 2));
    store<i32>(own.offsets + (<usize>i << 2), offset - first);
  }
  project(own, 0, tokens, rest);
  attention(own, 0, sequences * heads, rest);
  feedForward(own, 0, tokens, rest);
}

/** Rounds bytes up to a cache line. */
// @ts-expect-error: decorator
@inline
function aligned(bytes: usize): usize {
  return (bytes + 63) & ~63;
}

/** Query, key and value of the tokens `begin .. end - 1`. */
function project(args: TransformerBlockArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const row = <usize>(units << 2);
  const wideRow = 3 * row;
  for (let first = begin; first < end; first += TOKENS_AT_ONCE) {
    const rows = min(TOKENS_AT_ONCE, end - first);
    const ofToken = <usize>(first << 2);
    const x = args.x + <usize>first * row;
    const to = args.query + <usize>first * wideRow;
    const means = args.queryMeans + ofToken;
    const inverses = args.queryInverses + ofToken;
    normalizeRows(x, args.queryGamma, args.queryBeta, scratch, means, inverses, rows, units, args.epsilon);
    const columns = args.preNorm ? 3 * units : units;
    multiply(scratch, row, args.kernel, wideRow, to, wideRow, args.bias, 0, rows, columns, units, 0);
    if (args.preNorm) continue;
    multiply(x, row, args.kernel + row, wideRow, to + row, wideRow, args.bias + row, 0, rows, 2 * units, units, 0);
  }
}

/** What follows attention, for the tokens `begin .. end - 1`. */
function feedForward(args: TransformerBlockArguments, begin: i32, end: i32, scratch: usize): void {
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
export class TransformerBlockGradArguments extends BlockArguments {
  /** `[tokens, units]`. */
  dy: usize;
  /** The kernels of query, key and value transposed, one below the other: `[3 · units, units]`. */
  transposed: usize;
  /** `[units, units]`; that of the output projection only for pre-norm. */
  innerTransposed: usize;
  outerTransposed: usize;
  outputTransposed: Optional;
  /** Output `[tokens, units]`. */
  dx: usize;
  /** Part p has the runs partRuns[p] .. partRuns[p + 1] - 1. */
  partRuns: usize;
  /**
   * Output: each part of the gradients of the inner and the outer kernel and their biases; of gamma and beta of N2; of
   * the kernel and the bias of query, key and value side by side; of gamma and beta of N1; and, for pre-norm, of the
   * kernel and the bias of the output projection.
   */
  parts: usize;
  /** Tokens of the longest run. */
  runTokens: i32;
}

/**
 * Parts `begin .. end - 1` of the gradient. Needs scratch memory for attention, for 3 times `TOKENS_AT_ONCE` rows, and
 * for 4 rows per token of the longest run.
 */
export function transformerBlockGrad(args: TransformerBlockGradArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const row = <usize>(units << 2);
  const partBytes = row * <usize>((args.preNorm ? 6 : 5) * units + (args.preNorm ? 10 : 9));
  const runBytes = row * <usize>args.runTokens;
  const buffers = scratch + ((4 * runBytes + 127) & ~63);
  const dProjected = scratch;
  const ownDAttended = scratch + 3 * runBytes;
  for (let part = begin; part < end; part++) {
    const sums = args.parts + <usize>part * partBytes;
    memory.fill(sums, 0, partBytes);
    const lastRun = load<i32>(args.partRuns + <usize>(part << 2), 4);
    for (let run = load<i32>(args.partRuns + <usize>(part << 2)); run < lastRun; run++) {
      const sequence = load<i32>(args.runs + <usize>(run << 2));
      const nextSequence = load<i32>(args.runs + <usize>(run << 2), 4);
      const first = load<i32>(args.offsets + <usize>(sequence << 2));
      const next = load<i32>(args.offsets + <usize>(nextSequence << 2));
      feedForwardGrad(args, first, next, ownDAttended, sums, buffers);
      attentionGradFrom(
        first,
        args.preNorm ? ownDAttended : args.dx + <usize>first * row,
        dProjected,
        dProjected + row,
        dProjected + 2 * row,
        args,
        sequence * args.numHeads,
        nextSequence * args.numHeads,
        buffers,
      );
      projectGrad(args, first, next, dProjected, sums + row * <usize>(2 * units + 4), buffers);
    }
  }
}

/** For the tokens `begin .. end - 1`, the gradients of z, in dx, and of what attention returned. Adds to the sums. */
function feedForwardGrad(
  args: TransformerBlockGradArguments,
  begin: i32,
  end: i32,
  dAttended: usize,
  dInnerKernel: usize,
  scratch: usize,
): void {
  const units = args.units;
  const preNorm = args.preNorm;
  const threshold = args.threshold;
  const row = <usize>(units << 2);
  const kernelBytes = <usize>units * row;
  const buffer = <usize>TOKENS_AT_ONCE * row;
  const dInner = scratch + buffer;
  const normalized = scratch + 2 * buffer;
  const dOuterKernel = dInnerKernel + kernelBytes;
  const dInnerBias = dOuterKernel + kernelBytes;
  const dOuterBias = dInnerBias + row;
  const dGamma = dOuterBias + row;
  const dBeta = dGamma + row;
  const dOutputKernel = dBeta + 3 * kernelBytes + 6 * row;
  for (let first = begin; first < end; first += TOKENS_AT_ONCE) {
    const rows = min(TOKENS_AT_ONCE, end - first);
    const count = rows * units;
    const ofToken = <usize>(first << 2);
    const at = <usize>first * row;
    const means = args.means + ofToken;
    const inverses = args.inverses + ofToken;
    const dy = args.dy + at;
    const sums = args.sums + at;
    const hidden = args.hidden + at;
    const dSums = args.dx + at;
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
    const dNormalized = scratch;
    multiply(dInner, row, args.innerTransposed, row, dNormalized, row, init, preNorm ? 0 : row, rows, units, units, 0);
    const residual = preNorm ? dy : 0;
    normGradRows(dNormalized, sums, args.gamma, means, inverses, dSums, residual, dGamma, dBeta, rows, units);
    if (preNorm) {
      const to = dAttended + <usize>(first - begin) * row;
      product(dSums, row, args.outputTransposed, row, to, row, rows, units, units);
      const attended = args.attended + at;
      multiplyTransposed(attended, row, dSums, row, dOutputKernel, row, dOutputKernel, row, units, units, rows);
      addRows(dSums, row, dOutputKernel + kernelBytes, rows, units);
    }
  }
}

/**
 * For the tokens `begin .. end - 1`, the gradient of x from that of z, in dx, and those of query, key and value, whose
 * first row is that of `begin`. Adds to the sums.
 */
function projectGrad(
  args: TransformerBlockGradArguments,
  begin: i32,
  end: i32,
  dProjected: usize,
  dKernel: usize,
  scratch: usize,
): void {
  const units = args.units;
  const preNorm = args.preNorm;
  const gamma = args.queryGamma;
  const row = <usize>(units << 2);
  const wideRow = 3 * row;
  const buffer = <usize>TOKENS_AT_ONCE * row;
  const dQuery = scratch + buffer;
  const dKeyAndValue = scratch + 2 * buffer;
  const ofQuery = args.transposed;
  const ofKeyAndValue = args.transposed + <usize>units * row;
  const dBias = dKernel + <usize>units * wideRow;
  const dGamma = dBias + wideRow;
  const dBeta = dGamma + row;
  for (let first = begin; first < end; first += TOKENS_AT_ONCE) {
    const rows = min(TOKENS_AT_ONCE, end - first);
    const ofToken = <usize>(first << 2);
    const at = <usize>first * row;
    const means = args.queryMeans + ofToken;
    const inverses = args.queryInverses + ofToken;
    const x = args.x + at;
    const dx = args.dx + at;
    const d = dProjected + <usize>(first - begin) * wideRow;
    restoreRows(x, gamma, args.queryBeta, scratch, means, inverses, rows, units);
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
