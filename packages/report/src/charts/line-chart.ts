import * as Plot from '@observablehq/plot';
import type { Html } from '../html/index.js';
import type { Series } from './colors.js';
import { draw } from './plot.js';

/** A line through points. */
export interface Curve extends Series {
  readonly points: readonly { readonly x: number; readonly y: number; readonly title: string }[];
  /** Place of the point that gets a ring, such as the best epoch. */
  readonly marked?: number | undefined;
}

interface LineChartOptions {
  readonly label: string;
  readonly x: string;
  readonly y: string;
  /** Whether x counts, so that ticks are whole numbers. Default false. */
  readonly isCount?: boolean;
  /** Whether y starts at 0. Default true. */
  readonly fromZero?: boolean;
  /** Whether axes are shares, 0 to 1, shown in percent. */
  readonly areShares?: boolean;
}

/** Points of a line are drawn up to this many. */
const mostDots = 60;

/** Returns about eight whole numbers from the first to the last. */
const wholeTicks = (first: number, last: number): number[] => {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((own) => (last - first) / own <= 8) ?? 1000;
  const from = Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, i) => from + i * step);
};

/** Returns lines over x, each point with its title under the mouse. */
export const lineChart = (
  curves: readonly Curve[],
  { label, x, y, isCount = false, fromZero = true, areShares = false }: LineChartOptions,
): Html => {
  const drawn = curves.filter(({ points }) => points.length > 0);
  const largest = Math.max(1, ...drawn.flatMap(({ points }) => points.map((point) => point.x)));
  const percent = { ...(areShares && { percent: true }) };
  return draw(
    {
      x: {
        label: x,
        ...percent,
        ...(isCount && { ticks: wholeTicks(Math.min(1, largest - 1), largest), tickFormat: 'd' }),
        ...(isCount ? { domain: [Math.min(1, largest - 1), largest] } : { zero: true }),
        nice: !isCount,
      },
      y: { label: y, ...percent, grid: true, nice: true, zero: fromZero, ticks: 5 },
      marks: [
        Plot.ruleY(fromZero ? [0] : [], { strokeOpacity: 0.4 }),
        ...drawn.flatMap(({ points, color, dash, marked }) => [
          Plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) }),
          Plot.dot(points.length <= mostDots ? points : [], {
            x: 'x',
            y: 'y',
            fill: color,
            r: points.length <= 20 ? 2.5 : 1.8,
            title: 'title',
          }),
          Plot.dot(marked === undefined ? [] : [points[marked]], {
            x: 'x',
            y: 'y',
            stroke: color,
            strokeWidth: 2,
            r: 6,
            title: 'title',
          }),
        ]),
      ],
    },
    label,
  );
};
