import { TOKEN_BLOCK } from './matmul';
import { float, integer, laneMask, pointer, storeLanes, sumLanes } from './vector';

/** Rows `begin .. end - 1`. Integers: x, gamma, beta, y, means, inverse deviations, units. Floats: epsilon. */
export function layerNorm(args: usize, begin: i32, end: i32, scratch: usize): void {
  const units = integer(args, 6);
  const gamma = pointer(args, 1),
    beta = pointer(args, 2);
  const row = <usize>(units << 2),
    last = units & ~3,
    rest = units & 3,
    mask = laneMask(rest);
  const tail = <usize>(last << 2);
  for (let i = begin; i < end; i++) {
    const x = pointer(args, 0) + <usize>i * row,
      y = pointer(args, 3) + <usize>i * row;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    if (rest) sum = f32x4.add(sum, v128.and(mask, v128.load(x + tail)));
    const mean = sumLanes(sum) / <f32>units,
      means = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) {
      const d = f32x4.sub(v128.load(x + at), means);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    if (rest) {
      const d = v128.and(mask, f32x4.sub(v128.load(x + tail), means));
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    const inverse: f32 = 1 / sqrt<f32>(sumLanes(squares) / <f32>units + float(args, 0)),
      inverses = f32x4.splat(inverse);
    for (let at: usize = 0; at < row; at += 16) {
      const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      storeLanes(
        y + at,
        f32x4.add(f32x4.mul(normalised, v128.load(gamma + at)), v128.load(beta + at)),
        units - <i32>(at >> 2),
      );
    }
    store<f32>(pointer(args, 4) + <usize>(i << 2), mean);
    store<f32>(pointer(args, 5) + <usize>(i << 2), inverse);
  }
}

/**
 * Blocks `begin .. end - 1` of the gradient: dx, and for each block its part of dgamma and dbeta. Integers: dy, x, gamma, means, inverse
 * deviations, dx, parts `[blocks, 2 · units]`, tokens, units.
 */
export function layerNormGrad(args: usize, begin: i32, end: i32, scratch: usize): void {
  const units = integer(args, 8);
  const row = <usize>(units << 2),
    last = units & ~3,
    rest = units & 3,
    mask = laneMask(rest);
  const tail = <usize>(last << 2);
  const gamma = pointer(args, 2);
  const over = f32x4.splat(1 / <f32>units);
  for (let block = begin; block < end; block++) {
    const first = block * TOKEN_BLOCK;
    const tokens = min(TOKEN_BLOCK, integer(args, 7) - first);
    const dGamma = pointer(args, 6) + <usize>block * (row << 1),
      dBeta = dGamma + row;
    memory.fill(dGamma, 0, row << 1);
    for (let i = first; i < first + tokens; i++) {
      const x = pointer(args, 1) + <usize>i * row,
        dy = pointer(args, 0) + <usize>i * row,
        dx = pointer(args, 5) + <usize>i * row;
      const means = f32x4.splat(load<f32>(pointer(args, 3) + <usize>(i << 2)));
      const inverses = f32x4.splat(load<f32>(pointer(args, 4) + <usize>(i << 2)));
      let sum = f32x4.splat(0),
        along = f32x4.splat(0);
      for (let at: usize = 0; at < row; at += 16) {
        const dyAt = at < tail ? v128.load(dy + at) : v128.and(mask, v128.load(dy + at));
        const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
        const d = f32x4.mul(dyAt, at < tail ? v128.load(gamma + at) : v128.and(mask, v128.load(gamma + at)));
        const product = f32x4.mul(dyAt, at < tail ? normalised : v128.and(mask, normalised));
        sum = f32x4.add(sum, d);
        along = f32x4.add(along, f32x4.mul(d, at < tail ? normalised : v128.and(mask, normalised)));
        const count = units - <i32>(at >> 2);
        storeLanes(dGamma + at, f32x4.add(v128.load(dGamma + at), product), count);
        storeLanes(dBeta + at, f32x4.add(v128.load(dBeta + at), dyAt), count);
      }
      const means2 = f32x4.mul(f32x4.splat(sumLanes(sum)), over),
        alongs = f32x4.mul(f32x4.splat(sumLanes(along)), over);
      for (let at: usize = 0; at < row; at += 16) {
        const normalised = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
        const d = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
        storeLanes(
          dx + at,
          f32x4.mul(f32x4.sub(f32x4.sub(d, means2), f32x4.mul(normalised, alongs)), inverses),
          units - <i32>(at >> 2),
        );
      }
    }
  }
}
