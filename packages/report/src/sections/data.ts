import { figure, figures, histogram, lineChart } from '../charts/index.js';
import { formatCount, formatPercent, type Html, html } from '../html/index.js';
import type { DataSummary, TimeBin } from '../input/index.js';
import { type Context, section } from './context.js';

/** Times from here on are taken for seconds since 1970: 1973. */
const calendarFrom = 1e8;
const calendarTo = 1e11;

/** Returns what is in the data: lengths of histories, popularity of items, and interactions over time. */
export const dataSection = (context: Context): Html | undefined => {
  const { data } = context.options;
  return section(context, { name: 'data', title: 'Data', body: data && dataBody(data) });
};

const dataBody = (data: DataSummary): Html => {
  const { users, items, interactions, parts, source, order } = data;
  const perUser = users === 0 ? 0 : interactions / users;
  const density = users * items === 0 ? 0 : interactions / (users * items);
  return html`<dl class="key">${[
    ['users', formatCount(users)],
    ['items', formatCount(items)],
    ['interactions', formatCount(interactions)],
    ['median length', formatCount(data.medianLength)],
    ['mean length', perUser.toFixed(1)],
    ['density', formatPercent(density)],
  ].map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p>${source !== undefined && html`From <code>${source}</code>. `}${order !== undefined && `Order: ${order}. `}${formatCount(parts.train)} interactions to train on, ${formatCount(parts.validation)} targets to validate, ${formatCount(parts.test)} to test.</p>
${figures(lengthsFigure(data), popularityFigure(data), timesFigure(data))}${data.times === undefined && html`<p class="absent">The data has no times, so there is no picture of interactions over time.</p>\n`}`;
};

const rangeOf = (from: number, to: number): string =>
  from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`;

const lengthsFigure = ({ lengths, medianLength }: DataSummary): Html | undefined =>
  lengths.length === 0
    ? undefined
    : figure(
        histogram({
          bins: lengths.map(({ from, to, count }) => ({
            from: from - 0.5,
            to: to + 0.5,
            count,
            title: `${rangeOf(from, to)} items: ${formatCount(count)} users`,
          })),
          label: 'Number of users by length of their history',
          x: 'interactions of a user',
          y: 'users',
          scale: lengths[lengths.length - 1].to > 20 * lengths[0].from ? 'log' : 'linear',
        }),
        {
          title: 'Length of histories',
          reading: `Each bar counts the users with so many interactions; half of them have at most ${formatCount(medianLength)}.`,
        },
      );

/** How many points the curve of popularity has. */
const curvePoints = 60;

const popularityFigure = ({ counts }: DataSummary): Html | undefined => {
  const sorted = Float64Array.from(counts).subarray(1).sort().reverse();
  const total = sorted.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const sums = new Float64Array(sorted.length + 1);
  sorted.forEach((count, i) => {
    sums[i + 1] = sums[i] + count;
  });
  const at = (share: number) => sums[Math.round(share * sorted.length)] / total;
  const shares = Array.from({ length: curvePoints + 1 }, (_, i) => i / curvePoints);
  const top = Math.max(1, Math.round(0.2 * sorted.length)) / sorted.length;
  return figure(
    lineChart(
      [
        {
          name: 'items',
          color: 'var(--c0)',
          points: shares.map((x) => ({
            x,
            y: at(x),
            title: `${formatPercent(x)} of items: ${formatPercent(at(x))} of interactions`,
          })),
        },
      ],
      {
        label: 'Share of interactions that the most popular items hold',
        x: 'most popular items (% of the catalog)',
        y: 'share of training interactions (%)',
        areShares: true,
      },
    ),
    {
      title: 'Popularity',
      reading: `The most popular ${formatPercent(top)} of the items hold ${formatPercent(at(top))} of the training interactions; were all equally popular, it would be a straight line.`,
    },
  );
};

const timesFigure = ({ times }: DataSummary): Html | undefined => {
  if (times === undefined) return undefined;
  const isCalendar = times[0].from >= calendarFrom && times[times.length - 1].to < calendarTo;
  const shown = (time: number) =>
    isCalendar ? new Date(time * 1000).toISOString().slice(0, 10) : formatCount(Math.round(time));
  return figure(
    histogram({
      bins: times.map((bin) => ({ ...bin, title: `from ${shown(bin.from)}: ${formatCount(bin.count)} interactions` })),
      label: 'Number of interactions over time',
      x: 'time',
      y: 'interactions',
      scale: isCalendar ? 'utc' : 'linear',
    }),
    {
      title: 'Interactions over time',
      reading: `Each bar counts the interactions of ${isCalendar ? widthText(times[0]) : 'one part of the time'}.`,
    },
  );
};

const widthText = ({ from, to }: TimeBin): string => {
  const hours = (to - from) / 3600;
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} minutes`;
  return hours < 48 ? `${hours.toFixed(hours < 10 ? 1 : 0)} hours` : `${Math.round(hours / 24)} days`;
};
