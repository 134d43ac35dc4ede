import { type ReproducedRun, secondsToBest } from './reproduced-runs.ts';

const colors = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#a463f2', '#9c6b4e', '#97bbf5'];
const [width, height] = [760, 360];
const plot = { left: 60, right: 20, top: 28, bottom: 48 };

/** Returns about `count` round numbers between 0 and `most`. */
const ticks = (most: number, count: number): number[] => {
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
};

/** What a picture of learning curves shows. */
export interface Curves {
  readonly title: string;
  readonly runs: readonly ReproducedRun[];
  readonly unit: 'seconds' | 'minutes';
  readonly nameOf: (run: ReproducedRun) => string;
}

/** Returns an SVG of validation NDCG@10 over the time of training: one line per run, with a dot at the tested epoch. */
export const learningCurves = ({ title, runs, unit, nameOf }: Curves): string => {
  const inUnit = (seconds: number) => (unit === 'seconds' ? seconds : seconds / 60);
  const pointsOf = ({ epochs }: ReproducedRun) =>
    epochs.flatMap(({ seconds, ndcg10 }) => (ndcg10 === undefined ? [] : [{ time: inUnit(seconds), ndcg10 }]));
  const all = runs.flatMap(pointsOf);
  const [longest, highest] = [Math.max(...all.map((p) => p.time)), 1.05 * Math.max(...all.map((p) => p.ndcg10))];
  const x = (time: number) => plot.left + ((width - plot.left - plot.right) * time) / longest;
  const y = (ndcg: number) => height - plot.bottom - ((height - plot.top - plot.bottom) * ndcg) / highest;
  const at = (time: number, ndcg: number) => `${x(time).toFixed(1)},${y(ndcg).toFixed(1)}`;
  const decimals = (step: number) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));

  const [xTicks, yTicks] = [ticks(longest, 8), ticks(highest, 6)];
  const axes = [
    ...yTicks.map(
      (value) =>
        `<line x1="${plot.left}" x2="${width - plot.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>` +
        `<text x="${plot.left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toFixed(decimals(yTicks[1]))}</text>`,
    ),
    ...xTicks.map(
      (value) =>
        `<text x="${x(value).toFixed(1)}" y="${height - plot.bottom + 18}" text-anchor="middle">${value.toFixed(decimals(xTicks[1]))}</text>`,
    ),
    `<text x="${plot.left}" y="14">validation NDCG@10</text>`,
    `<text x="${(plot.left + width - plot.right) / 2}" y="${height - 8}" text-anchor="middle">${unit} of training, validations among them</text>`,
  ];
  const lines = runs.map((run, i) => {
    const color = colors[i % colors.length];
    const points = pointsOf(run);
    const best = points.find(({ time }) => time === inUnit(secondsToBest(run)))!;
    const [bestX, bestY] = at(best.time, best.ndcg10).split(',');
    const legendY = height - plot.bottom - 10 - 18 * (runs.length - 1 - i);
    return (
      `<polyline points="${points.map(({ time, ndcg10 }) => at(time, ndcg10)).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>` +
      `<circle cx="${bestX}" cy="${bestY}" r="4" fill="${color}"/>` +
      `<text x="${width - plot.right - 8}" y="${legendY}" text-anchor="end" fill="${color}" font-weight="bold">${nameOf(run)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>Validation NDCG@10 over time: ${title}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...axes,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
};
