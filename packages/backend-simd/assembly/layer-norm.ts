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
  const gamma = args.gamma;
  const beta = args.beta;
  const row = <usize>(units << 2);
  const last = units & ~3;
  const rest = units & 3;
  const mask = laneMask(rest);
  const tail = <usize>(last << 2);
  for (let i = begin; i < end; i++) {
    const x = args.x + <usize>i * row;
    const y = args.y + <usize>i * row;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    if (rest) sum = f32x4.add(sum, v128.and(mask, v128.load(x + tail)));
    const mean = sumLanes(sum) / <f32>units;
    const means = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < tail; at += 16) {
      const d = f32x4.sub(v128.load(x + at), means);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    if (rest) {
      const d = v128.and(mask, f32x4.sub(v128.load(x + tail), means));
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    const inverse: f32 = 1 / sqrt<f32>(sumLanes(squares) / <f32>units + args.epsilon);
    const inverses = f32x4.splat(inverse);
    for (let at: usize = 0; at < row; at += 16) {
      const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      storeLanes(
        y + at,
        f32x4.add(f32x4.mul(normalized, v128.load(gamma + at)), v128.load(beta + at)),
        units - <i32>(at >> 2),
      );
    }
    store<f32>(args.means + <usize>(i << 2), mean);
    store<f32>(args.inverses + <usize>(i << 2), inverse);
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
  const last = units & ~3;
  const rest = units & 3;
  const mask = laneMask(rest);
  const tail = <usize>(last << 2);
  const gamma = args.gamma;
  const over = f32x4.splat(1 / <f32>units);
  for (let block = begin; block < end; block++) {
    const first = block * TOKEN_BLOCK;
    const tokens = min(TOKEN_BLOCK, args.tokens - first);
    const dGamma = args.parts + <usize>block * (row << 1);
    const dBeta = dGamma + row;
    memory.fill(dGamma, 0, row << 1);
    for (let i = first; i < first + tokens; i++) {
      const x = args.x + <usize>i * row;
      const dy = args.dy + <usize>i * row;
      const dx = args.dx + <usize>i * row;
      const means = f32x4.splat(load<f32>(args.means + <usize>(i << 2)));
      const inverses = f32x4.splat(load<f32>(args.inverses + <usize>(i << 2)));
      let sum = f32x4.splat(0);
      let along = f32x4.splat(0);
      for (let at: usize = 0; at < row; at += 16) {
        const dyAt = at < tail ? v128.load(dy + at) : v128.and(mask, v128.load(dy + at));
        const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
        const d = f32x4.mul(dyAt, at < tail ? v128.load(gamma + at) : v128.and(mask, v128.load(gamma + at)));
        const product = f32x4.mul(dyAt, at < tail ? normalized : v128.and(mask, normalized));
        sum = f32x4.add(sum, d);
        along = f32x4.add(along, f32x4.mul(d, at < tail ? normalized : v128.and(mask, normalized)));
        const count = units - <i32>(at >> 2);
        storeLanes(dGamma + at, f32x4.add(v128.load(dGamma + at), product), count);
        storeLanes(dBeta + at, f32x4.add(v128.load(dBeta + at), dyAt), count);
      }
      const means2 = f32x4.mul(f32x4.splat(sumLanes(sum)), over);
      const alongs = f32x4.mul(f32x4.splat(sumLanes(along)), over);
      for (let at: usize = 0; at < row; at += 16) {
        const normalized = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
        const d = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
        storeLanes(
          dx + at,
          f32x4.mul(f32x4.sub(f32x4.sub(d, means2), f32x4.mul(normalized, alongs)), inverses),
          units - <i32>(at >> 2),
        );
      }
    }
  }
}
