import * as Plot from '@observablehq/plot';
import { type Html, shortened } from '../html/index.js';
import { draw } from './plot.js';

const cell = 18;
const longestLabel = 20;
const labelWidth = 142;
/** Labels of columns rise to the right. */
const slope = -50;

/**
 * Returns a triangle of cells, darker for larger values; the root lets small ones be seen.
 *
 * @param names of rows and columns, which are the same items.
 * @param values a row for each name, with a value for each name up to its own.
 */
export const heatMap = (
  names: readonly string[],
  values: readonly (readonly number[])[],
  { label }: { label: string },
): Html => {
  const cells = values.flatMap((row, i) =>
    row.slice(0, i + 1).map((value, j) => ({
      row: i,
      column: j,
      value: Math.sqrt(Math.min(Math.max(value, 0), 1)),
      title: `${names[i]} attends to ${names[j]}: ${value.toFixed(3)}`,
    })),
  );
  const places = names.map((_, i) => i);
  const nameAt = (place: number) => shortened(names[place], longestLabel);
  const above = Math.max(...names.map((name) => Math.min(longestLabel, [...name].length))) * 5.2 + 14;
  const right = above * 0.75;
  return draw(
    {
      width: labelWidth + names.length * cell + Math.max(24, right),
      height: names.length * cell + above + 6,
      marginLeft: labelWidth,
      marginRight: Math.max(24, right),
      marginTop: above,
      marginBottom: 6,
      padding: 0,
      x: { type: 'band', domain: places, axis: null },
      y: { type: 'band', domain: places, label: null, tickSize: 0, tickFormat: nameAt },
      marks: [
        Plot.cell(cells, {
          x: 'column',
          y: 'row',
          fill: 'var(--ink)',
          fillOpacity: 'value',
          inset: 0.5,
          title: 'title',
        }),
        Plot.text(places, {
          x: places,
          frameAnchor: 'top',
          text: nameAt,
          textAnchor: 'start',
          rotate: slope,
          dy: -8,
          dx: 2,
        }),
        Plot.frame({ strokeOpacity: 0.3 }),
      ],
      opacity: { type: 'identity' },
    },
    label,
  );
};
