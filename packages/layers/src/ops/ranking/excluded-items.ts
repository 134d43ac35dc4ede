/**
 * Which items may not be among the best ones, for each of some states: a bit each, none at first. Letters: S states, W
 * words of 32 bits for the items of one state, an even number.
 *
 * @example
 * const excluded = new ExcludedItems(2, 3417);
 * excluded.add(0, [0, 17, 4]); // for the first state
 */
export class ExcludedItems {
  /** `[S, W]`: bit i % 32 of word i / 32 of a state is 1 if item i is excluded. */
  readonly bits: Uint32Array;
  /** W. */
  readonly words: number;

  /**
   * @param states how many states, >= 0.
   * @param items how many items, with the pad.
   */
  constructor(
    readonly states: number,
    readonly items: number,
  ) {
    this.words = 2 * Math.ceil(items / 64);
    this.bits = new Uint32Array(states * this.words);
  }

  /**
   * Excludes items for a state.
   *
   * @param items each 0 .. items - 1; some may repeat.
   * @example
   * excluded.add(1, history);
   */
  add(state: number, items: ArrayLike<number>): void {
    const { bits } = this;
    const at = state * this.words;
    for (let i = 0; i < items.length; i++) bits[at + (items[i] >>> 5)] |= 1 << (items[i] & 31);
  }

  /**
   * Excludes for a state what one of the others has for its first state, or all that it does not have.
   *
   * @param others of as many items.
   * @example
   * excluded.addAll(1, inStock, { inverted: true }); // what is not in stock
   */
  addAll(state: number, { bits }: ExcludedItems, { inverted = false }: { inverted?: boolean } = {}): void {
    const own = this.bits.subarray(state * this.words, (state + 1) * this.words);
    for (let i = 0; i < own.length; i++) own[i] |= inverted ? ~bits[i] : bits[i];
  }

  /**
   * Allows an item for a state again.
   *
   * @example
   * excluded.remove(1, target);
   */
  remove(state: number, item: number): void {
    this.bits[state * this.words + (item >>> 5)] &= ~(1 << (item & 31));
  }

  /**
   * Returns whether an item is excluded for a state.
   *
   * @example
   * excluded.has(0, 17); // true
   */
  has(state: number, item: number): boolean {
    return ((this.bits[state * this.words + (item >>> 5)] >>> (item & 31)) & 1) === 1;
  }
}
