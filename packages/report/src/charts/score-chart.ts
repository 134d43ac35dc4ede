import * as Plot from '@observablehq/plot';
import { formatCount, formatPercent, type Html } from '../html/index.js';
import type { ScoreBin } from '../summaries/index.js';
import type { Series } from './colors.js';
import { draw } from './plot.js';

/** Percent. */
const axisTicks = [0, 0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 100];

/** Returns expected against observed shares of some models, with the line where the two are equal. The scale gives small shares more room. */
export const scoreChart = (
  models: readonly (Series & { readonly bins: readonly ScoreBin[] })[],
  { label }: { label: string },
): Html => {
  const most = Math.max(...models.flatMap(({ bins }) => bins.flatMap(({ expected, high }) => [expected, high])));
  const axis = {
    type: 'sqrt',
    percent: true,
    domain: [0, 100 * most],
    ticks: axisTicks.filter((tick) => tick <= 100 * most),
    tickFormat: String,
    grid: true,
  } as const;
  return draw(
    {
      height: 340,
      x: { ...axis, label: 'probability that the scores mean (%)' },
      y: { ...axis, label: 'share that was chosen (%)' },
      marks: [
        Plot.line(
          [
            [0, 0],
            [most, most],
          ],
          { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '4 4' },
        ),
        ...models.flatMap(({ name, color, bins }) => [
          Plot.ruleX(bins, { x: 'expected', y1: 'low', y2: 'high', stroke: color, strokeWidth: 2 }),
          Plot.dot(bins, {
            x: 'expected',
            y: 'observed',
            fill: color,
            r: 4,
            title: ({ expected, observed, count }: ScoreBin) =>
              `${name}: expected ${formatPercent(expected)}, chosen ${formatPercent(observed)} of ${formatCount(count)} recommended items`,
          }),
        ]),
      ],
    },
    label,
  );
};
