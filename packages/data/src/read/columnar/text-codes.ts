import { textOrBytes } from './exact-values.js';
import type { BlockColumn } from './pack-column.js';

/**
 * The texts of a column, numbered by their bytes: of bytes that were met before, no string is made.
 *
 * @example
 * const texts = new TextCodes();
 * const column = [texts.codeOf(bytesOfA), texts.codeOf(bytesOfB), texts.codeOf(bytesOfA)]; // [0, 1, 0]
 * texts.pack(column); // { first: 0, texts: ['a', 'b'], codes: Int32Array [0, 1, 0] }
 */
export class TextCodes {
  /** The text of each code, or its bytes if they are not UTF-8. */
  readonly #values: (string | Uint8Array)[] = [];
  /** The bytes of all codes, one after another. */
  #bytes = new Uint8Array(2 ** 16);
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  /** A hash table with open addresses: codes plus 1, and 0 where a slot is free. */
  #slots = new Int32Array(2 ** 12);
  /** The code that `pack` has given to each, by the order of rows: that of a dictionary in a file is any. */
  readonly #packed: number[] = [];
  #numPacked = 0;

  /** Returns the code of a text, as bytes. Bytes are copied. */
  codeOf(bytes: Uint8Array): number {
    const hash = hashOf(bytes);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot]; entry !== 0; entry = this.#slots[slot]) {
      if (this.#hashes[entry - 1] === hash && this.#isEqual(entry - 1, bytes)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const code = this.#values.length;
    this.#slots[slot] = code + 1;
    this.#append(bytes, hash);
    if (2 * this.#values.length > this.#slots.length) this.#grow();
    return code;
  }

  /**
   * Returns a column of codes packed. One with missing values, or bytes that are no text, becomes a list of its values.
   * @param column codes that `codeOf` returned; `null` or `undefined` where a value is missing.
   */
  pack(column: readonly unknown[]): BlockColumn {
    const values = this.#values;
    if (!column.every((code) => typeof values[code as number] === 'string'))
      return column.map((code) => (typeof code === 'number' ? values[code] : code));
    const first = this.#numPacked;
    const texts: string[] = [];
    const codes = new Int32Array(column.length);
    for (let i = 0; i < column.length; i++) {
      const code = column[i] as number;
      if (this.#packed[code] < 0) {
        this.#packed[code] = this.#numPacked++;
        texts.push(values[code] as string);
      }
      codes[i] = this.#packed[code];
    }
    return { first, texts, codes };
  }

  #isEqual(code: number, bytes: Uint8Array): boolean {
    const start = code === 0 ? 0 : this.#ends[code - 1];
    if (this.#ends[code] - start !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[start + i] !== bytes[i]) return false;
    return true;
  }

  #append(bytes: Uint8Array, hash: number): void {
    const start = this.#ends.at(-1) ?? 0;
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, start);
    this.#ends.push(end);
    this.#hashes.push(hash);
    const value = textOrBytes(bytes);
    this.#values.push(typeof value === 'string' ? value : value.slice());
    this.#packed.push(-1);
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (const [code, hash] of this.#hashes.entries()) {
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = code + 1;
    }
  }
}

/** FNV-1a in 32 bits, with the bits mixed once more, because a table takes the lower ones. */
const hashOf = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash ^ (hash >>> 15);
};
