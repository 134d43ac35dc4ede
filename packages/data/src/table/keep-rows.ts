import { BitSet, type ColumnTable } from 'arquero';

/** Returns a table with only these of its rows visible, as arquero's `filter` does; no column is copied. */
export const keepRows = (table: ColumnTable, rows: Iterable<number>): ColumnTable => {
  const visible = new BitSet(table.totalRows());
  for (const row of rows) visible.set(row);
  return table.create({ filter: visible });
};
