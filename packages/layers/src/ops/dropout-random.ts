/**
 * The counter-based random numbers of dropout: whether element `i` of the mask named `key` is kept depends on `(key, i)` alone, so that a
 * fused kernel can derive any part of a mask again in its backward pass, in any order and on any thread. 32 random bits decide a pair of
 * elements, 16 bits each.
 */

/** 32-bit finaliser of MurmurHash3 (Appleby, public domain). */
const mix = (x: number): number => {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
};

/**
 * Returns the key, a 32-bit integer, of the random stream named by a seed and what is drawn from it (a layer, then a step).
 *
 * @example
 * const key = randomKey(42, 3, step); // the masks of layer 3 at a step
 */
export const randomKey = (seed: number, ...names: number[]): number => {
  let key = mix(seed | 0);
  for (const name of names) key = childKey(key, name);
  return key;
};

/** Returns the key of the stream that `name` has below another stream. */
export const childKey = (key: number, name: number): number => mix(key ^ Math.imul((name | 0) + 1, 0x9e3779b1));

/** Returns the 16 random bits of an element, 0 .. 65535. */
export const randomBits = (key: number, element: number): number => {
  const pair = mix(mix(Math.imul(element >>> 1, 0x9e3779b1)) ^ key);
  return element & 1 ? pair >>> 16 : pair & 0xffff;
};

/** A mask of dropout. */
export interface DropoutMask {
  /** Probability to drop an element, in [0, 1), met to 1 / 65536; 0: nothing is dropped. */
  readonly rate: number;
  /** Names the mask, from `randomKey`. */
  readonly key: number;
}

/** What kernels take of a mask: an element is dropped when its bits are below `threshold`, and multiplied by `keptScale` otherwise. */
export const maskAttributes = ({ rate, key }: DropoutMask) => ({
  key,
  threshold: Math.min(65535, Math.round(rate * 65536)),
  keptScale: 1 / (1 - rate),
});
