/** 32-bit finaliser of MurmurHash3 (Appleby, public domain): every input bit reaches every output bit. */
const mix = (x: number): number => {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};

/**
 * A seeded stream of random numbers (sfc32 by Chris Doty-Humphrey, with 128 bits of state, which passes PractRand). A stream is named by a list
 * of keys, so that the shuffle of epoch 7 is the same whether or not epochs 1 to 6 were drawn before it.
 *
 * @example
 * const rng = new Rng(1, 7); // seed 1, epoch 7
 * rng.below(6); // an integer in 0..5, the same in every run
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param keys name of the stream, such as `(seed, epoch, batch)`. Each key is a safe integer, which may be negative. */
  constructor(...keys: number[]) {
    let [a, b, c] = [0x9e3779b9, 0x243f6a88, 0xb7e15162];
    for (const key of keys) {
      if (!Number.isSafeInteger(key)) throw new RangeError(`Rng: a key must be a safe integer, got ${key}`);
      a = mix(a ^ (key | 0));
      b = mix((b ^ Math.floor(key / 2 ** 32)) + a);
      c = mix(c + b + Math.imul(a, 0x9e3779b1));
    }
    [this.#a, this.#b, this.#c] = [a | 0, b | 0, c | 0];
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** Returns the next integer in 0..2^32 - 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns the next number in [0, 1), in steps of 2^-32. */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Returns the next integer in 0..`limit - 1`, each equally likely to within `limit / 2^32`. `limit` is in 1..2^32. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * limit);
  }

  /** Fills `into` with what as many calls of `below(limit)` return, faster. `limit` is in 1..2^31. */
  fillBelow(limit: number, into: Int32Array): void {
    let [a, b, c, counter] = [this.#a, this.#b, this.#c, this.#counter];
    for (let i = 0; i < into.length; i++) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      into[i] = ((sum >>> 0) / 2 ** 32) * limit; // an int32 array drops the fraction, as floor does
    }
    [this.#a, this.#b, this.#c, this.#counter] = [a, b, c, counter];
  }

  /** Shuffles `values` in place (Fisher & Yates) and returns it. Every order is equally likely. */
  shuffle<T extends { length: number; [index: number]: number }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
    return values;
  }
}
