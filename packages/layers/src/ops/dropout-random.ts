/**
 * The counter-based random numbers of dropout: element `i` of the mask named `key` depends on `(key, i)` alone, so that a fused
 * kernel can derive any part of a mask again in its backward pass, in any order and on any thread.
 */

/** 32-bit finaliser of MurmurHash3 (Appleby, public domain). */
const mix = (x: number): number => {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
};

/** Returns the key, a 32-bit integer, of the random stream named by a seed and what is drawn from it (a layer, then a step). */
export const randomKey = (seed: number, ...names: number[]): number => {
  let key = mix(seed | 0);
  for (const name of names) key = mix(key ^ Math.imul((name | 0) + 1, 0x9e3779b1));
  return key;
};

/** Returns random 32 bits as a number in 0 .. 2^32 - 1. */
export const randomBits = (key: number, counter: number): number =>
  mix(mix(Math.imul(counter, 0x9e3779b1)) ^ key) >>> 0;

/** Returns the bound below which `randomBits` drops: an element is kept when its bits are >= `rate * 2^32`. */
export const dropThreshold = (rate: number): number => Math.round(rate * 2 ** 32);
