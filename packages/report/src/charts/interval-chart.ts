import * as Plot from '@observablehq/plot';
import { formatEstimate, type Html, shortened } from '../html/index.js';
import type { Series } from './colors.js';
import { draw } from './plot.js';

/** Values with intervals, by row. */
interface IntervalSeries extends Series {
  readonly values: Readonly<Record<string, { readonly value: number; readonly low: number; readonly high: number }>>;
}

/** Characters of a label. */
const longestLabel = 22;
const marginLeft = 142;

/** A dot with its interval, in the row of a place. */
interface Mark {
  readonly place: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly color: string;
  readonly title: string;
  /** Pixels from the middle of the row. */
  readonly dy: number;
}

/** Returns a row of dots with 95 % intervals for each name: one dot of each series that has a value there. */
export const intervalChart = (
  rows: readonly string[],
  series: readonly IntervalSeries[],
  { label, x }: { label: string; x: string },
): Html => {
  const inRow = rows.map((row) => series.filter(({ values }) => Object.hasOwn(values, row)));
  const most = Math.max(1, ...inRow.map(({ length }) => length));
  const between = Math.min(11, 32 / most);
  const marks = rows.flatMap((row, place) =>
    inRow[place].map(({ name, color, values }, i): Mark => {
      const title = `${name === row ? row : `${name}, ${row}`}: ${formatEstimate(values[row])}`;
      return { ...values[row], place, color, title, dy: (i - (inRow[place].length - 1) / 2) * between };
    }),
  );
  return draw(
    {
      height: rows.length * Math.max(30, between * most + 14) + 60,
      marginLeft,
      marginTop: 8,
      marginRight: 24,
      x: { label: x, grid: true, zero: true, nice: true, ticks: 5 },
      y: {
        type: 'band',
        domain: rows.map((_, place) => place),
        label: null,
        tickSize: 0,
        tickFormat: (place: number) => shortened(rows[place], longestLabel),
      },
      marks: [
        Plot.ruleX([0], { strokeOpacity: 0.4 }),
        ...marks.flatMap((mark) => [
          Plot.ruleY([mark], { y: 'place', x1: 'low', x2: 'high', stroke: mark.color, strokeWidth: 2, dy: mark.dy }),
          Plot.dot([mark], { y: 'place', x: 'value', fill: mark.color, r: 4, title: 'title', dy: mark.dy }),
        ]),
      ],
    },
    label,
  );
};
