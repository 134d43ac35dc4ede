/** A column of numbers: 4 bytes each if all are 32-bit integers, such as ratings and Unix seconds, else 8. */
export type NumberColumn = Int32Array | Float64Array;

export const isNumberColumn = (column: unknown): column is NumberColumn =>
  column instanceof Int32Array || column instanceof Float64Array;

/** Collects numbers without rounding. */
export class NumberColumnBuilder {
  #values: NumberColumn = new Int32Array(0);
  #size = 0;

  add(value: number): void {
    const isHeld = this.#values instanceof Float64Array || Object.is(value | 0, value); // -0 is not a 32-bit integer
    if (!isHeld) this.#moveTo(new Float64Array(this.#values.length));
    if (this.#size === this.#values.length) {
      const length = Math.max(1024, 2 * this.#size);
      this.#moveTo(this.#values instanceof Int32Array ? new Int32Array(length) : new Float64Array(length));
    }
    this.#values[this.#size++] = value;
  }

  values(): NumberColumn {
    return this.#values.subarray(0, this.#size);
  }

  #moveTo(values: NumberColumn): void {
    values.set(this.#values);
    this.#values = values;
  }
}
