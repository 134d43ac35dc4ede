import type { RunStatus, SettingValue } from '../../src/protocol/index.ts';

/** `12,345`. */
export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** `0.4127`. */
export const formatMetric = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(4));

/** `NDCG@10`. */
export const metricName = (name: string): string => (name === 'loss' ? 'Loss' : name.toUpperCase());

const kinds = ['ndcg', 'hr', 'mrr'];

/** Returns names of metrics in the order in which they are shown. */
export const inOrder = (metrics: readonly string[]): string[] =>
  [...metrics].sort(
    (a, b) => kinds.findIndex((kind) => a.startsWith(kind)) - kinds.findIndex((kind) => b.startsWith(kind)),
  );

/** `42 s`, `3 min 20 s`, `2 h 05 min`. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${String(minutes).padStart(2, '0')} min` : `${minutes} min ${whole % 60} s`;
};

/** `just now`, `5 min ago`, `3 days ago`. */
export const formatAgo = (time: number, now: number): string => {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 60) return 'just now';
  const [size, unit] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'min'],
  ].find(([own]) => seconds >= (own as number)) as [number, string];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count > 1 && unit !== 'min' ? 's' : ''} ago`;
};

/** `35 %`. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.005 ? '< 1 %' : `${Math.round(share * 100)} %`;

export const statusText: Readonly<Record<RunStatus, string>> = {
  training: 'training',
  finished: 'finished',
  stopped: 'stopped',
  unreadable: 'unreadable',
};

/** What a protocol ranks a target among. */
export const protocolText = (protocol: string): string =>
  ({ full: 'among all items', sampled: 'among sampled items', 'sampled-per-item': 'among fixed samples' })[protocol] ??
  protocol;

/** A setting as a person reads it. */
export const settingText = (value: SettingValue | undefined): string => {
  if (value === undefined) return '–';
  return value === false ? 'off' : value === true ? 'on' : String(value);
};
