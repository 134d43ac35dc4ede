/** A value with its 95 % interval. */
interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** Returns a metric with four decimals: `0.0487`. */
export const formatMetric = (value: number): string => value.toFixed(4);

/** Returns an interval: `[0.044, 0.053]`. */
export const formatInterval = ({ low, high }: Pick<Estimate, 'low' | 'high'>): string =>
  `[${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** Returns a metric with its interval: `0.0487 [0.044, 0.053]`. */
export const formatEstimate = (estimate: Estimate): string =>
  `${formatMetric(estimate.value)} ${formatInterval(estimate)}`;

const minus = '\u2212';

const signed = (value: number, decimals: number): string =>
  `${value < 0 ? minus : '+'}${Math.abs(value).toFixed(decimals)}`;

/** Returns a difference with its sign and its interval: `+0.0310 [+0.026, +0.036]`. */
export const formatDifference = ({ value, low, high }: Estimate): string =>
  `${signed(value, 4)} [${signed(low, 3)}, ${signed(high, 3)}]`;

/** Returns a p-value for a table: `< 0.001` or `0.042`. */
export const formatPValue = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** Returns a p-value in a sentence: `p < 0.001` or `p = 0.042`. */
export const formatPhraseP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

/** Returns a share, 0 to 1, in percent, which no line break splits: `12.3 %`. */
export const formatPercent = (share: number): string => {
  const percent = 100 * share;
  return `${percent !== 0 && percent < 1 ? percent.toPrecision(2) : percent.toFixed(percent < 10 ? 1 : 0)}\u00a0%`;
};

/** Returns a duration in the unit that a person would use: `4.2 seconds`, `12 minutes`, `3.5 hours`. */
export const durationText = (seconds: number): string => {
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${(seconds / 3600).toFixed(1)} hours`;
};

/** Returns texts as an English list: `a, b and c`. */
export const listOf = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts[texts.length - 1]}`;
