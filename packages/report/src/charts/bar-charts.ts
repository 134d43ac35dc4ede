import * as Plot from '@observablehq/plot';
import { formatPercent, type Html } from '../html/index.js';
import type { Series } from './colors.js';
import { draw } from './plot.js';

/** Bars over ranges of x. */
interface Histogram {
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly title: string;
  }[];
  readonly label: string;
  readonly x: string;
  readonly y: string;
  /** Scale of x; of `utc`, from and to are seconds since 1970. Default `linear`. */
  readonly scale?: 'linear' | 'log' | 'utc';
}

/** Returns a bar for each bin. */
export const histogram = ({ bins, label, x, y, scale = 'linear' }: Histogram): Html => {
  const place = scale === 'utc' ? (seconds: number) => new Date(seconds * 1000) : (value: number) => value;
  const most = Math.max(...bins.map(({ count }) => count));
  const bars = bins.map(({ from, to, count, title }) => ({ x1: place(from), x2: place(to), count, title }));
  return draw(
    {
      x: {
        type: scale,
        label: x,
        ...(scale === 'log' && { tickFormat: ',~d', ticks: 4 }),
        ...(scale === 'utc' && { ticks: 5 }),
      },
      y: {
        label: y,
        grid: true,
        nice: true,
        ticks: Math.min(5, most),
        tickFormat: most < 10_000 ? ',d' : '~s',
      },
      marks: [
        Plot.rectY(bars, { x1: 'x1', x2: 'x2', y: 'count', fill: 'var(--c0)', inset: 0.5, title: 'title' }),
        Plot.ruleY([0], { strokeOpacity: 0.4 }),
      ],
    },
    label,
  );
};

/** Shares of some series in one group. */
interface BarGroup {
  readonly name: string;
  /** Of each series, 0 to 1. */
  readonly shares: readonly number[];
}

const barHeight = 13;
const groupGap = 12;

/** Returns bars of shares, those of a group one below the other. */
export const barChart = (
  groups: readonly BarGroup[],
  series: readonly Series[],
  { label, x }: { label: string; x: string },
): Html => {
  const perGroup = series.length * barHeight + groupGap;
  const bars = groups.flatMap(({ name, shares }, group) =>
    shares.map((share, i) => ({
      share,
      color: series[i].color,
      y1: group * perGroup + i * barHeight,
      y2: group * perGroup + (i + 1) * barHeight - 2,
      title: `${series[i].name}, ${name}: ${formatPercent(share)}`,
    })),
  );
  const middles = groups.map((_, group) => group * perGroup + (series.length * barHeight) / 2);
  return draw(
    {
      height: groups.length * perGroup + 50,
      marginLeft: 142,
      marginTop: 6,
      x: { label: x, grid: true, percent: true, zero: true, nice: true, ticks: 5 },
      y: { type: 'linear', domain: [groups.length * perGroup, 0], axis: null },
      marks: [
        Plot.rectX(bars, { x: 'share', y1: 'y1', y2: 'y2', fill: 'color', title: 'title' }),
        Plot.ruleX([0], { strokeOpacity: 0.4 }),
        Plot.text(groups, {
          frameAnchor: 'left',
          y: (_: BarGroup, i: number) => middles[i],
          text: 'name',
          textAnchor: 'end',
          dx: -8,
          fill: 'currentColor',
        }),
      ],
      color: { type: 'identity' },
    },
    label,
  );
};
