/** The rows that lists name, each once, and the lists as places among them. */
export interface DistinctRows {
  /** int32 `[n]`, in the order of first appearance. */
  readonly rows: Int32Array;
  /** A list of places, 0 .. n - 1, for each list: `rows[places[k][i]]` is `lists[k][i]`. */
  readonly places: readonly Int32Array[];
}

/**
 * Returns the rows that lists name, so that what they need can be computed once for each, and the lists as places among them.
 *
 * @param numRows rows are 0 .. numRows - 1; not checked.
 * @example
 * distinctRows(10, [Int32Array.of(7, 3), Int32Array.of(3, 3, 9)]); // { rows: [7, 3, 9], places: [[0, 1], [1, 1, 2]] }
 */
export const distinctRows = (numRows: number, lists: readonly Int32Array[]): DistinctRows => {
  const placeOf = new Int32Array(numRows); // place + 1; 0 where a row has not been seen
  const rows = new Int32Array(
    Math.min(
      numRows,
      lists.reduce((sum, { length }) => sum + length, 0),
    ),
  );
  let count = 0;
  const places = lists.map((list) => {
    const own = new Int32Array(list.length);
    for (let i = 0; i < list.length; i++) {
      const row = list[i];
      if (placeOf[row] === 0) {
        rows[count++] = row;
        placeOf[row] = count;
      }
      own[i] = placeOf[row] - 1;
    }
    return own;
  });
  return { rows: rows.slice(0, count), places };
};
