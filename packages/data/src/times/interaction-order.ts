/** What times are: ISO 8601, dates of the source, counts of a unit since 1970, or other numbers, such as steps. */
export type TimeKind =
  | 'iso-8601'
  | 'date'
  | 'epoch-seconds'
  | 'epoch-milliseconds'
  | 'epoch-microseconds'
  | 'epoch-nanoseconds'
  | 'number';

/** What puts interactions in order. */
export interface InteractionOrder {
  /**
   * Kind of the times. Those of `iso-8601` and `date` are in milliseconds since 1970; the others are in the unit of the source. `file-order`: there are
   * no times, and the rows of a user are in time order.
   */
  readonly kind: TimeKind | 'file-order';
  /** Name of the column of times in the source. False if you said by `timestamp: false` that rows are in time order; absent if it has no times. */
  readonly column?: string | false;
  /** True if the source has finer times than `timestamp` can hold. Its rows were put in time order. */
  readonly finer?: true;
}

/** Numbers below this are no counts since 1970, but such as steps. */
export const smallestCount = 1e8;

/** Units of counts since 1970, told apart by their size: from March 1973 on, seconds are at least 1e8, milliseconds 1e11. */
const units = [
  { kind: 'epoch-seconds', from: smallestCount, perMillisecond: 1e-3 },
  { kind: 'epoch-milliseconds', from: 1e11, perMillisecond: 1 },
  { kind: 'epoch-microseconds', from: 1e14, perMillisecond: 1e3 },
  { kind: 'epoch-nanoseconds', from: 1e17, perMillisecond: 1e6 },
] as const;

/** A range of numbers that are counts of one unit since 1970. */
export interface EpochUnit {
  readonly kind: Exclude<TimeKind, 'iso-8601' | 'date' | 'number'>;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Returns the unit that a number counts since 1970, by its size; undefined for a small number. */
export const epochUnitOf = (time: number): EpochUnit | undefined => {
  if (time < smallestCount) return undefined;
  const place = units.findLastIndex(({ from }) => time >= from);
  const { kind, from } = units[place];
  return { kind, from, to: units[place + 1]?.from ?? Number.POSITIVE_INFINITY };
};

/** Returns whether a count since 1970 is from 1989 to 2102, as times of interactions are. */
export const isOfOurDays = (time: number, { from }: EpochUnit): boolean => time >= 6 * from && time < 42 * from;

/**
 * Returns the seconds in one unit of times of a kind; 1 for numbers that count no time of the calendar.
 *
 * @example
 * secondsPerUnit('iso-8601'); // 0.001
 */
export const secondsPerUnit = (kind: InteractionOrder['kind']): number => {
  if (kind === 'number' || kind === 'file-order') return 1;
  const { perMillisecond } = units.find((unit) => unit.kind === kind) ?? { perMillisecond: 1 };
  return 1e-3 / perMillisecond;
};

/** Returns a time as a day, such as `2026-10-01`, or as it is if it is not on the calendar. */
export const dayOf = (time: number, kind: InteractionOrder['kind']): string => {
  if (kind === 'number' || kind === 'file-order') return String(time);
  const { perMillisecond } = units.find((unit) => unit.kind === kind) ?? { perMillisecond: 1 };
  const date = new Date(time / perMillisecond);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace(/T.*$/, '');
};
