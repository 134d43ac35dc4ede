import type { EpochPoint } from '../../src/protocol/index.ts';
import type { Series } from './chart.tsx';
import { formatSeconds, inOrder } from './format.ts';

/** What curves are drawn over. */
export type XAxis = 'epoch' | 'time';

export const xAxes = [
  ['epoch', 'Epoch'],
  ['time', 'Time'],
] as const;

export const xOf = (axis: XAxis, { epoch, seconds }: EpochPoint): number => (axis === 'epoch' ? epoch : seconds);

/** Returns how a chart shows x. */
export const showing = (axis: XAxis) =>
  axis === 'epoch'
    ? { formatX: String, isWhole: true, xName: 'epoch' }
    : { formatX: formatSeconds, isWhole: false, xName: 'after' };

/** Returns the curve of the loss, or of a metric in the epochs that were validated. */
export const curveOf = (
  epochs: readonly EpochPoint[],
  { metric, axis, name, style }: { metric: string; axis: XAxis; name: string; style: number },
): Series => {
  const valueIn = (epoch: EpochPoint) => (metric === 'loss' ? epoch.loss : epoch.validation?.[metric]);
  const own = epochs.filter((epoch) => valueIn(epoch) !== undefined);
  return { name, style, x: own.map((epoch) => xOf(axis, epoch)), y: own.map(valueIn) };
};

/** Returns the metrics that validations have: those that look at ranks first. */
export const metricsIn = (logs: readonly (readonly EpochPoint[])[]): string[] => {
  const names = new Set(logs.flatMap((epochs) => epochs.flatMap(({ validation }) => Object.keys(validation ?? {}))));
  return inOrder([...names]);
};
