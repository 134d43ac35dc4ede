/**
 * Columns of a block in a form that goes from one process to another in a moment, where a list of texts would take longer than it took to decode them.
 */

/** A column of texts: a code for each row. */
export interface PackedTexts {
  /** The code of the first of `texts`. Lower ones are of texts of earlier blocks of this column. */
  readonly first: number;
  /** Texts that no earlier block has, in the order of the rows. */
  readonly texts: readonly string[];
  readonly codes: Int32Array;
}

/** A column of a block: values as they were decoded, numbers, or texts. */
export type BlockColumn = readonly unknown[] | Float64Array | PackedTexts;

/**
 * Returns a column packed, if all of its values are texts, or all are times that a double holds exactly.
 *
 * @param isTime whether the values are times: as ids, 5 and 5n are not the same.
 */
export const packColumn = (values: readonly unknown[], isTime: boolean): BlockColumn => {
  if (typeof values[0] === 'string') return packTexts(values) ?? values;
  return (isTime && packNumbers(values)) || values;
};

const packTexts = (values: readonly unknown[]): PackedTexts | undefined => {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const text = values[i];
    if (typeof text !== 'string') return undefined;
    let code = codeOf.get(text);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(text, code);
    }
    codes[i] = code;
  }
  return { first: 0, texts: [...codeOf.keys()], codes };
};

const packNumbers = (values: readonly unknown[]): Float64Array | undefined => {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || (typeof value === 'bigint' && !Number.isSafeInteger(number))) return undefined;
    numbers[i] = number;
  }
  return numbers;
};

export const isPackedTexts = (column: BlockColumn): column is PackedTexts => 'texts' in column;

/** Returns the number of rows of a column. */
export const lengthOf = (column: BlockColumn): number => (isPackedTexts(column) ? column.codes : column).length;

/** The texts of a column in all blocks so far. */
export class KnownTexts {
  readonly #texts: string[] = [];

  /** Adds the texts of the next block. */
  add({ first, texts }: PackedTexts): void {
    this.#texts.length = first;
    for (const text of texts) this.#texts.push(text);
  }

  /** Returns a value of the newest block. */
  valueAt(column: BlockColumn, row: number): unknown {
    return isPackedTexts(column) ? this.#texts[column.codes[row]] : column[row];
  }
}
