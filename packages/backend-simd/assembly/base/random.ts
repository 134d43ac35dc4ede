/**
 * The random bits of dropout, as `@recsys/layers` defines them: 32 bits of (key, pair) decide elements 2·pair and
 * 2·pair + 1, 16 bits each, so any part of a mask can be recomputed, in any order and on any thread.
 */

// @ts-expect-error: decorator
@inline
function mix(x: i32): i32 {
  x = (x ^ (x >>> 16)) * 0x85ebca6b;
  x = (x ^ (x >>> 13)) * 0xc2b2ae35;
  return x ^ (x >>> 16);
}

// @ts-expect-error: decorator
@inline
function mix4(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x85ebca6b));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** The key of a stream below `key`. */
// @ts-expect-error: decorator
@inline
export function childKey(key: i32, name: i32): i32 {
  return mix(key ^ ((name + 1) * 0x9e3779b1));
}

/** Whether one element is kept; `threshold` is 0 .. 65535. */
// @ts-expect-error: decorator
@inline
export function keeps(key: i32, element: i32, threshold: i32): bool {
  const bits = mix(mix((element >>> 1) * 0x9e3779b1) ^ key);
  return (element & 1 ? bits >>> 16 : bits & 0xffff) >= threshold;
}

/** For eight elements from an even one: all bits of a 16-bit lane set where the element is kept. */
// @ts-expect-error: decorator
@inline
export function keeps8(key: v128, element: i32, threshold: v128): v128 {
  const pairs = i32x4.add(i32x4.splat(element >>> 1), i32x4(0, 1, 2, 3));
  const bits = mix4(v128.xor(mix4(i32x4.mul(pairs, i32x4.splat(0x9e3779b1))), key));
  return i16x8.ge_u(bits, threshold);
}

/**
 * y = dropout(x) for the flat elements `begin .. end - 1`; x and y may be the same. With a residual, y = residual +
 * dropout(x).
 */
export function dropRange(
  x: usize,
  y: usize,
  begin: i32,
  end: i32,
  key: i32,
  threshold: i32,
  scale: f32,
  residual: usize,
): void {
  const at = <usize>(begin << 2);
  dropElements(x + at, y + at, residual ? residual + at : 0, begin, end - begin, key, threshold, scale);
}

/** The same for `count` elements at x, y and the residual, which are those from `first` on in the mask. */
export function dropElements(
  x: usize,
  y: usize,
  residual: usize,
  first: i32,
  count: i32,
  key: i32,
  threshold: i32,
  scale: f32,
): void {
  let i = 0;
  const scales = f32x4.splat(scale);
  const keys = i32x4.splat(key);
  const thresholds = i16x8.splat(<i16>threshold);
  if (first & 1 && count > 0) {
    dropOne(x, y, residual, 0, first, key, threshold, scale);
    i++;
  }
  for (; i + 8 <= count; i += 8) {
    const kept = keeps8(keys, first + i, thresholds);
    const at = <usize>(i << 2);
    let y0 = v128.and(f32x4.mul(v128.load(x + at), scales), i32x4.extend_low_i16x8_s(kept));
    let y1 = v128.and(f32x4.mul(v128.load(x + at, 16), scales), i32x4.extend_high_i16x8_s(kept));
    if (residual) {
      y0 = f32x4.add(v128.load(residual + at), y0);
      y1 = f32x4.add(v128.load(residual + at, 16), y1);
    }
    v128.store(y + at, y0);
    v128.store(y + at, y1, 16);
  }
  for (; i < count; i++) dropOne(x, y, residual, i, first, key, threshold, scale);
}

// @ts-expect-error: decorator
@inline
function dropOne(x: usize, y: usize, residual: usize, i: i32, first: i32, key: i32, threshold: i32, scale: f32): void {
  const at = <usize>(i << 2);
  const value: f32 = keeps(key, first + i, threshold) ? load<f32>(x + at) * scale : 0;
  store<f32>(y + at, residual ? load<f32>(residual + at) + value : value);
}
