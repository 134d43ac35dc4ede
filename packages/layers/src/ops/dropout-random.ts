/**
 * The counter-based random numbers of dropout: whether element `i` of the mask `key` is kept depends only on `key` and
 * `i`, so a fused kernel can recompute any part of a mask in its backward pass, in any order and on any thread. 32
 * random bits decide two elements, 16 bits each.
 */

/** 32-bit finalizer of MurmurHash3 (Appleby, public domain). */
const mix = (x: number): number => {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
};

/**
 * Returns the key, a 32-bit integer, of a random stream: one for each seed and sequence of numbers, such as those of a
 * layer and a step.
 *
 * @example
 * randomKey(42, 3, 100); // 385295051: the mask of layer 3 at step 100
 */
export const randomKey = (seed: number, ...names: number[]): number => {
  let key = mix(seed | 0);
  for (const name of names) key = childKey(key, name);
  return key;
};

/** Returns the key of the stream `name` below another stream. */
export const childKey = (key: number, name: number): number => mix(key ^ Math.imul((name | 0) + 1, 0x9e3779b1));

/** Returns the random bits of an element, 0 .. 65535. */
export const randomBits = (key: number, element: number): number => {
  const pair = mix(mix(Math.imul(element >>> 1, 0x9e3779b1)) ^ key);
  return element & 1 ? pair >>> 16 : pair & 0xffff;
};

/** A dropout mask. */
export interface DropoutMask {
  /** Probability of dropping an element, in [0, 1), rounded to a multiple of 1 / 65536; 0 drops nothing. */
  readonly rate: number;
  /** Key of the mask, from `randomKey`. */
  readonly key: number;
}

/**
 * A mask as kernels take it: an element is dropped if its bits are below `threshold`, and multiplied by `keptScale`
 * otherwise.
 */
export const maskAttributes = ({ rate, key }: DropoutMask) => ({
  key,
  threshold: Math.min(65535, Math.round(rate * 65536)),
  keptScale: 1 / (1 - rate),
});
