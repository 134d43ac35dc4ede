import { type Html, type HtmlValue, html } from './html.js';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlValue;
  /** Numbers stand at the right, and are not broken. Default false. */
  readonly isNumber?: boolean;
}

/**
 * Returns a table whose first column names the rows. On a narrow screen it scrolls within itself, also by keyboard.
 *
 * @param label what a screen reader calls it; each table of a page needs another one.
 */
export const table = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { label, rowClass }: { label: string; rowClass?: (row: Row) => string | undefined },
): Html => {
  const classOf = ({ isNumber }: Column<Row>) => (isNumber ? html` class="number"` : undefined);
  const [first, ...rest] = columns;
  const line = (row: Row) => {
    const name = rowClass?.(row);
    const cells = rest.map((column) => html`<td${classOf(column)}>${column.cell(row)}</td>`);
    return html`<tr${name !== undefined && html` class="${name}"`}><th scope="row">${first.cell(row)}</th>${cells}</tr>\n`;
  };
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.title}</th>`)}</tr></thead>
<tbody>
${rows.map(line)}</tbody>
</table></div>
`;
};
