/** Helpers on vectors of four float32, and the choices that differ between the two builds. */

/** Rows of a matrix tile: as many as keep their accumulators in registers on engines that run the build. */
// @ts-expect-error: decorator
@inline
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Steps of the inner dimension per iteration of the loop of a tile. */
// @ts-expect-error: decorator
@inline
export const UNROLL: i32 = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;

/** a · b + c; rounded once in the relaxed build if the CPU can. */
// @ts-expect-error: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Stores the first `count` lanes; all when there are more than four. */
// @ts-expect-error: decorator
@inline
export function storeLanes(p: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(p, x);
    return;
  }
  if (count >= 2) {
    v128.store64_lane(p, x, 0);
    if (count == 3) v128.store32_lane(p, x, 2, 8);
  } else if (count == 1) {
    v128.store32_lane(p, x, 0);
  }
}

/** All bits set in the first `count` lanes, 0 .. 4. */
// @ts-expect-error: decorator
@inline
export function laneMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

// @ts-expect-error: decorator
@inline
export function sumLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3));
}

// @ts-expect-error: decorator
@inline
export function maxLanes(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 2)),
    max(f32x4.extract_lane(x, 1), f32x4.extract_lane(x, 3)),
  );
}

/**
 * e^x to about 2 units in the last place, with 0 below -86.6 and infinity above 88.72. Polynomial of degree 6 after
 * Cody & Waite.
 */
// @ts-expect-error: decorator
@inline
export function exp4(x: v128): v128 {
  const low = f32x4.lt(x, f32x4.splat(-86.6));
  const high = f32x4.gt(x, f32x4.splat(88.722839));
  const z = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-86.6)), f32x4.splat(88.722839)); // in this order NaN stays NaN
  const n = f32x4.nearest(f32x4.mul(z, f32x4.splat(1.44269504088896341)));
  let r = madd(n, f32x4.splat(-0.693359375), z);
  r = madd(n, f32x4.splat(2.1219444e-4), r);
  let p = f32x4.splat(1.98756915e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  // Half of the power of two, as 2^128 has no float.
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(126)), 23);
  const value = f32x4.mul(f32x4.add(p, p), power);
  return v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), v128.andnot(value, low), high);
}

/** The natural logarithm of x > 0, from its exponent and a series in (m - 1) / (m + 1). */
export function logarithm(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  let exponent = (bits >>> 23) - 127;
  let m = reinterpret<f32>((bits & 0x7fffff) | 0x3f800000);
  if (m > 1.41421356) {
    m *= 0.5;
    exponent++;
  }
  const t: f64 = (<f64>m - 1) / (<f64>m + 1);
  const u = t * t;
  return <f32>(
    (2 * t * (1 + u * (1 / 3.0 + u * (1 / 5.0 + u * (1 / 7.0 + u * (1 / 9.0 + u / 11.0))))) +
      <f64>exponent * 0.6931471805599453)
  );
}

/** The sum of x · y over `width` elements. */
// @ts-expect-error: decorator
@inline
export function dot(x: usize, y: usize, width: i32): f32 {
  const row = <usize>(width << 2);
  const tail = <usize>((width & ~3) << 2);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < tail; at += 16) sum = madd(v128.load(x + at), v128.load(y + at), sum);
  if (tail < row) {
    const rest = f32x4.mul(v128.load(x + tail), v128.load(y + tail));
    sum = f32x4.add(sum, v128.and(laneMask(width & 3), rest));
  }
  return sumLanes(sum);
}

/** 1 / (1 + e^-x). */
// @ts-expect-error: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}
