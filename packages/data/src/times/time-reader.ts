import {
  type EpochUnit,
  epochUnitOf,
  type InteractionOrder,
  isOfOurDays,
  smallestCount,
  type TimeKind,
} from './interaction-order.js';
import { type ExactTime, readIso8601 } from './iso-8601.js';

/** A time of a typed column, in nanoseconds since 1970. */
export class Instant {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

const notATime = 'is not a time: write ISO 8601, such as 2026-10-01T12:00:00Z, or a number';

const nameOf = (kind: TimeKind): string =>
  kind === 'iso-8601' ? 'is ISO 8601' : kind === 'date' ? 'is a date' : 'is a number';

/**
 * Reads the times of one source, which must all be of one kind and unit. It holds the time that it read last: an object per time would make reading
 * slower.
 *
 * @example
 * const reader = new TimeReader();
 * reader.column = 'ts';
 * reader.read(1_790_000_000); // undefined: nothing is wrong with it
 * reader.order; // { kind: 'epoch-seconds', column: 'ts' }
 */
export class TimeReader implements ExactTime {
  /** The time that was read last: milliseconds since 1970 for ISO 8601 and dates, else the number. */
  time = 0;
  rest = 0;
  /** Name of the column of times. */
  column: string | undefined;
  #kind: 'iso-8601' | 'date' | 'number' | undefined;
  #unit: EpochUnit | undefined;
  /** Whether the first time of that unit is one of our days. */
  #isOurs = false;
  /** Whether there are numbers that are no counts of that unit. */
  #hasOthers = false;
  /** Whether some time has more digits than a double keeps apart. */
  #isFiner = false;
  /** Numbers that need no closer look. */
  #from = Number.NaN;
  #to = Number.NaN;

  /**
   * Reads a time: a text, number, bigint, `Date` or `Instant`.
   * @returns what is wrong with the value, to follow it in a sentence; undefined if it was read.
   */
  read(value: unknown): string | undefined {
    if (typeof value === 'string') {
      const number = Number(value);
      // An empty text is 0, too.
      if (number >= this.#from && number < this.#to && value.length <= 15 && Number.isInteger(number) && number !== 0) {
        this.time = number;
        this.rest = 0;
        return undefined;
      }
      return this.#readText(value.trim());
    }
    if (typeof value === 'number') return Number.isFinite(value) ? this.#takeNumber(value, 0) : notATime;
    if (typeof value === 'bigint') return this.#readInteger(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? notATime : this.#takeDate(value.getTime(), 0);
    if (value instanceof Instant) return this.#readInstant(value.nanoseconds);
    return notATime;
  }

  /** Whether the times that were read are numbers. */
  get isNumber(): boolean {
    return this.#kind === 'number';
  }

  /** What puts the interactions in order whose times were read. */
  get order(): InteractionOrder {
    if (this.column === undefined) return { kind: 'file-order' };
    const isCount = this.#unit !== undefined && !this.#hasOthers;
    const kind = this.#kind === 'number' && isCount ? this.#unit!.kind : (this.#kind ?? 'number');
    return { kind, column: this.column, ...(this.#isFiner && { finer: true }) };
  }

  #readText(text: string): string | undefined {
    if (/^[+-]?\d+$/.test(text)) {
      const number = Number(text);
      return Number.isSafeInteger(number) ? this.#takeNumber(number, 0) : this.#readInteger(BigInt(text));
    }
    const [, sign, whole, fraction] = /^([+-]?)(\d+)\.(\d+)$/.exec(text) ?? [];
    if (whole !== undefined) {
      const number = Number(text);
      // Small numbers are exact enough. The difference has no rounding error, because the two are close.
      const rest = whole.length < 9 ? 0 : Number(`0.${fraction}`) - (Math.abs(number) - Number(whole));
      if (whole.length + fraction.length > 15) this.#isFiner = true;
      return this.#takeNumber(number, sign === '-' ? -rest : rest);
    }
    if (/^[+-]?(\d+\.?|\.\d+|\d+\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)))
      return this.#takeNumber(Number(text), 0);
    const iso = readIso8601(text, this);
    if (iso === 'read') {
      if (this.rest !== 0) this.#isFiner = true;
      return this.#problemWith('iso-8601');
    }
    if (iso === 'no-such-time') return 'is a day or time that does not exist';
    return /^\d{1,2}([/.-])\d{1,2}\1\d{2,4}\b/.test(text)
      ? 'does not say which of its numbers is the day and which the month: write ISO 8601, such as 2026-10-01'
      : notATime;
  }

  #readInteger(value: bigint): string | undefined {
    const number = Number(value);
    const rest = Number(value - BigInt(number));
    if (!Number.isSafeInteger(number)) this.#isFiner = true;
    return this.#takeNumber(number, rest);
  }

  #readInstant(nanoseconds: bigint): string | undefined {
    const below = ((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n; // of the millisecond
    const milliseconds = Number((nanoseconds - below) / 1_000_000n);
    const fine = Number(below);
    return this.#takeDate(milliseconds + Math.floor(fine / 1000) / 1000, (fine % 1000) / 1000);
  }

  #takeDate(time: number, rest: number): string | undefined {
    if (rest !== 0) this.#isFiner = true;
    this.time = time;
    this.rest = rest;
    return this.#problemWith('date');
  }

  #takeNumber(time: number, rest: number): string | undefined {
    const problem = this.#problemWith('number');
    if (problem !== undefined) return problem;
    if (!(time >= this.#from && time < this.#to)) {
      const unit = epochUnitOf(time);
      const isOurs = unit !== undefined && isOfOurDays(time, unit);
      if (unit === undefined) this.#hasOthers = true;
      else if (this.#unit === undefined) {
        this.#unit = unit;
        this.#isOurs = isOurs;
      } else if (isOurs && this.#isOurs)
        return `looks like ${unitName(unit)} since 1970, but earlier times look like ${unitName(this.#unit)}: write all in one unit, or as ISO 8601`;
      else this.#hasOthers = true;
      this.#from = this.#unit?.from ?? Number.NEGATIVE_INFINITY;
      this.#to = this.#unit?.to ?? smallestCount;
    }
    this.time = time;
    this.rest = rest;
    return undefined;
  }

  /** Returns what is wrong with a time of some kind after times of another kind. */
  #problemWith(kind: 'iso-8601' | 'date' | 'number'): string | undefined {
    this.#kind ??= kind;
    if (kind === this.#kind || (kind !== 'number' && this.#kind !== 'number')) return undefined;
    const earlier = { 'iso-8601': 'ISO 8601', date: 'dates', number: 'numbers' }[this.#kind];
    return `${nameOf(kind)}, but earlier times are ${earlier}: write all times in one way`;
  }
}

const unitName = ({ kind }: EpochUnit): string => kind.replace('epoch-', '');

/** Returns whether a value can hardly be anything but a time: ISO 8601, a date, or a count since 1970 of our days. */
export const isLikelyTime = (value: unknown): boolean => {
  const reader = new TimeReader();
  if (reader.read(value) !== undefined) return false;
  const unit = epochUnitOf(reader.time);
  return !reader.isNumber || (unit !== undefined && isOfOurDays(reader.time, unit));
};
