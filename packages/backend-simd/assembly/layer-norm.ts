import { laneMask, storeLanes, sumLanes, TOKEN_BLOCK } from './base';

@unmanaged
export class LayerNormArguments {
  /** `[tokens, units]`. */
  x: usize;
  gamma: usize;
  beta: usize;
  /** `[tokens, units]`. */
  y: usize;
  /** Outputs `[tokens]`: the mean of each token, and 1 / √(variance + epsilon). */
  means: usize;
  inverses: usize;
  units: i32;
  epsilon: f32;
}

/** Tokens `begin .. end - 1` of y = gamma · (x - mean) / √(variance + epsilon) + beta. */
export function layerNorm(args: LayerNormArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const at = <usize>begin * <usize>(units << 2);
  const ofToken = <usize>(begin << 2);
  normalizeRows(
    args.x + at,
    args.gamma,
    args.beta,
    args.y + at,
    args.means + ofToken,
    args.inverses + ofToken,
    end - begin,
    units,
    args.epsilon,
  );
}

/** `rows` rows of a layer norm, from the first ones of x, y, means and inverses on. */
export function normalizeRows(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  means: usize,
  inverses: usize,
  rows: i32,
  units: i32,
  epsilon: f32,
): void {
  const row = <usize>(units << 2);
  const rest = units & 3;
  const mask = laneMask(rest);
  const tail = <usize>((units & ~3) << 2);
  for (let i = 0; i < rows; i++) {
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    if (rest) sum = f32x4.add(sum, v128.and(mask, v128.load(x + tail)));
    const mean = sumLanes(sum) / <f32>units;
    const means4 = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) {
      const d = f32x4.sub(v128.load(x + at), means4);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    if (rest) {
      const d = v128.and(mask, f32x4.sub(v128.load(x + tail), means4));
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    const inverse: f32 = 1 / sqrt<f32>(sumLanes(squares) / <f32>units + epsilon);
    store<f32>(means + <usize>(i << 2), mean);
    store<f32>(inverses + <usize>(i << 2), inverse);
    scaleRow(x, gamma, beta, y, means4, f32x4.splat(inverse), units);
    x += row;
    y += row;
  }
}

/** The same rows again, from the means and inverses that `normalizeRows` wrote. */
export function restoreRows(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  means: usize,
  inverses: usize,
  rows: i32,
  units: i32,
): void {
  const row = <usize>(units << 2);
  for (let i = 0; i < rows; i++) {
    const ofToken = <usize>(i << 2);
    const inverse = v128.load32_splat(inverses + ofToken);
    scaleRow(x, gamma, beta, y, v128.load32_splat(means + ofToken), inverse, units);
    x += row;
    y += row;
  }
}

/** y = gamma · (x - mean) · inverse + beta. */
// @ts-expect-error: decorator
@inline
function scaleRow(x: usize, gamma: usize, beta: usize, y: usize, mean: v128, inverse: v128, units: i32): void {
  for (let j = 0; j < units; j += 4) {
    const at = <usize>(j << 2);
    const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), mean), inverse);
    storeLanes(y + at, f32x4.add(f32x4.mul(normalized, v128.load(gamma + at)), v128.load(beta + at)), units - j);
  }
}

@unmanaged
export class LayerNormGradArguments {
  /** `[tokens, units]`. */
  dy: usize;
  x: usize;
  gamma: usize;
  /** `[tokens]`, as `layerNorm` wrote them. */
  means: usize;
  inverses: usize;
  /** Output `[tokens, units]`. */
  dx: usize;
  /** Output `[blocks, 2 · units]`: each block's part of the gradients of gamma and beta. */
  parts: usize;
  tokens: i32;
  units: i32;
}

/** Blocks of `TOKEN_BLOCK` tokens `begin .. end - 1` of the gradient. */
export function layerNormGrad(args: LayerNormGradArguments, begin: i32, end: i32, scratch: usize): void {
  const units = args.units;
  const row = <usize>(units << 2);
  for (let block = begin; block < end; block++) {
    const first = block * TOKEN_BLOCK;
    const at = <usize>first * row;
    const ofToken = <usize>(first << 2);
    const dGamma = args.parts + <usize>block * (row << 1);
    memory.fill(dGamma, 0, row << 1);
    normGradRows(
      args.dy + at,
      args.x + at,
      args.gamma,
      args.means + ofToken,
      args.inverses + ofToken,
      args.dx + at,
      0,
      dGamma,
      dGamma + row,
      min(TOKEN_BLOCK, args.tokens - first),
      units,
    );
  }
}

/**
 * `rows` rows of the gradient, from the first ones of dy, x, means, inverses and dx on, plus the rows of `residual` if
 * it is not 0; dx may be the residual. Adds to dGamma and dBeta.
 */
export function normGradRows(
  dy: usize,
  x: usize,
  gamma: usize,
  means: usize,
  inverses: usize,
  dx: usize,
  residual: usize,
  dGamma: usize,
  dBeta: usize,
  rows: i32,
  units: i32,
): void {
  const row = <usize>(units << 2);
  const mask = laneMask(units & 3);
  const tail = <usize>((units & ~3) << 2);
  const over = f32x4.splat(1 / <f32>units);
  for (let i = 0; i < rows; i++) {
    const mean = v128.load32_splat(means + <usize>(i << 2));
    const inverse = v128.load32_splat(inverses + <usize>(i << 2));
    let sum = f32x4.splat(0);
    let along = f32x4.splat(0);
    for (let at: usize = 0; at < row; at += 16) {
      const dyAt = at < tail ? v128.load(dy + at) : v128.and(mask, v128.load(dy + at));
      const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), mean), inverse);
      const d = f32x4.mul(dyAt, at < tail ? v128.load(gamma + at) : v128.and(mask, v128.load(gamma + at)));
      const product = f32x4.mul(dyAt, at < tail ? normalized : v128.and(mask, normalized));
      sum = f32x4.add(sum, d);
      along = f32x4.add(along, f32x4.mul(d, at < tail ? normalized : v128.and(mask, normalized)));
      const count = units - <i32>(at >> 2);
      storeLanes(dGamma + at, f32x4.add(v128.load(dGamma + at), product), count);
      storeLanes(dBeta + at, f32x4.add(v128.load(dBeta + at), dyAt), count);
    }
    const means4 = f32x4.mul(f32x4.splat(sumLanes(sum)), over);
    const alongs = f32x4.mul(f32x4.splat(sumLanes(along)), over);
    for (let at: usize = 0; at < row; at += 16) {
      const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), mean), inverse);
      const d = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
      let result = f32x4.mul(f32x4.sub(f32x4.sub(d, means4), f32x4.mul(normalized, alongs)), inverse);
      if (residual) result = f32x4.add(result, v128.load(residual + at));
      storeLanes(dx + at, result, units - <i32>(at >> 2));
    }
    x += row;
    dy += row;
    dx += row;
    if (residual) residual += row;
  }
}
