import { UsageError } from '../errors.js';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/**
 * Returns the seconds of a duration, such as `90s`, `30m`, `1.5h` or `1h30m`; a number alone is seconds.
 * @throws {UsageError} on any other text, and on no time at all.
 */
export const parseDuration = (flag: string, text: string): number => {
  const isWhole = /^(\d+(\.\d+)?[smhd])+$/.test(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const seconds = isWhole
    ? parts.reduce((sum, [, count, unit]) => sum + Number(count) * secondsOf[unit], 0)
    : /^\d+(\.\d+)?$/.test(text)
      ? Number(text)
      : Number.NaN;
  if (seconds > 0) return seconds;
  throw new UsageError('usage', `${flag} must be a time such as 30m, 2h or 1h30m, got ${JSON.stringify(text)}`);
};
