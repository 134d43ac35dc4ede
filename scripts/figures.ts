import type { Figures } from './reproduced-runs.ts';

/** Returns a metric as tables show it: `.1904`. */
export const figure = (value: number): string => value.toFixed(4).replace(/^0/, '');

export const both = ({ hr10, ndcg10 }: Figures): string => `${figure(hr10)} / ${figure(ndcg10)}`;

export const withInterval = (value: number, [low, high]: readonly [number, number]): string =>
  `${figure(value)} [${figure(low)}, ${figure(high)}]`;

export const difference = (ours: number, theirs: number): string =>
  `${ours >= theirs ? '+' : '−'}${figure(Math.abs(ours - theirs))}`;

/** Returns a number with commas between thousands, such as `1,234`. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Returns a number without its fraction, with commas between thousands. */
export const whole = (value: number): string => count(Math.round(value));

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Returns the mean of values, with their standard deviation if there are several. */
export const meanWithSpread = (values: readonly number[]): string => {
  const center = mean(values);
  if (values.length === 1) return figure(center);
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
  return `${figure(center)} ± ${figure(Math.sqrt(variance))}`;
};

export const minutes = (seconds: number): string =>
  seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;

/** Returns a table in Markdown. */
export const tableOf = (columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export const groupBy = <T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
};
