/**
 * A time as two numbers, because a time may be finer than a double can hold. Of two times, the one with the smaller `time` is earlier; if these are
 * equal, the one with the smaller `rest`.
 */
export interface ExactTime {
  time: number;
  rest: number;
}

const extended =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)? ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/;
const basic = /^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(?:(\d\d)(?:(\d\d)(?:[.,](\d+))?)?)?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * Reads a day or time in ISO 8601, such as `2026-10-01`, `2026-10-01T10:00:00.25+02:00` or `20261001T100000Z`, as milliseconds since 1970. There may be
 * a space in place of the `T`, and `UTC` in place of the `Z`. Without a zone it is UTC.
 *
 * @param into gets the time, which is exact to a microsecond, and the rest of it.
 * @returns `read`, `no-such-time` for a day or hour that does not exist, or `other` for a text that is not ISO 8601.
 */
export const readIso8601 = (text: string, into: ExactTime): 'read' | 'no-such-time' | 'other' => {
  const match = extended.exec(text) ?? basic.exec(text);
  if (match === null) return 'other';
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const offset = offsetOf(match[8]);
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    !Number.isNaN(offset);
  if (!exists) return 'no-such-time';
  const fraction = match[7] ?? '';
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999; the calendar repeats every 400 years.
  const milliseconds =
    Date.UTC(year + 400, month - 1, day, hour, minute, second) - millisecondsIn400Years - 60_000 * offset;
  into.time = milliseconds + Number(fraction.slice(0, 6).padEnd(6, '0')) / 1000;
  into.rest = fraction.length > 6 ? Number(`0.${fraction.slice(6)}`) : 0;
  return 'read';
};

const millisecondsIn400Years = 146_097 * 86_400_000;

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** Returns the offset of a zone from UTC in minutes, or NaN for one that does not exist. */
const offsetOf = (zone: string | undefined): number => {
  if (zone === undefined || zone.length < 3 || zone === 'UTC') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))];
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (zone.startsWith('-') ? -1 : 1) * (60 * hours + minutes);
};
