import type { Interactions } from '../table/interactions.js';
import type { NumberColumn } from '../table/number-column.js';
import { dayOf, type InteractionOrder } from '../times/index.js';

const kinds: Readonly<Record<InteractionOrder['kind'], string>> = {
  'iso-8601': 'ISO 8601',
  date: 'dates',
  'epoch-seconds': 'epoch seconds',
  'epoch-milliseconds': 'epoch milliseconds',
  'epoch-microseconds': 'epoch microseconds',
  'epoch-nanoseconds': 'epoch nanoseconds',
  number: 'numbers',
  'file-order': 'file order',
};

/**
 * Returns what puts interactions in order, in words: the column, what its times are, and the first and last day (UTC).
 *
 * @example
 * describeOrder(await readInteractions('orders.csv')); // 'event_time (ISO 8601), 2026-10-01 to 2026-10-30'
 * describeOrder(await readInteractions('clicks.txt')); // 'file order (no time column)'
 */
export const describeOrder = ({ table, order }: Interactions): string => {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (order.kind === 'file-order') return orderInWords(order, [first, last]);
  const times = table.column('timestamp') as unknown as NumberColumn;
  table.scan((row) => {
    const time = times[row!];
    if (time < first) first = time;
    if (time > last) last = time;
  });
  return orderInWords(order, [first, last]);
};

/**
 * Returns an order in words, as `describeOrder` does, of data that is not in memory.
 *
 * @param span the first and the last time, in the unit of the source.
 * @example
 * orderInWords({ kind: 'epoch-seconds', column: 'ts' }, [0, 86_400]); // 'ts (epoch seconds), 1970-01-01 to 1970-01-02'
 */
export const orderInWords = ({ kind, column }: InteractionOrder, [first, last]: readonly [number, number]): string => {
  if (kind === 'file-order') return `file order (${column === false ? 'times are not used' : 'no time column'})`;
  const span = first > last ? '' : `, ${dayOf(first, kind)} to ${dayOf(last, kind)}`;
  return `${column} (${kinds[kind]})${span}`;
};
