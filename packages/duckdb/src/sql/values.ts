/**
 * Ids and times as `readInteractions` of `@recsys/data` reads them, so that what is prepared is what `toSequences` returns.
 */

/** Types whose text is that of the number. Those up to 32 bits are numbers in JavaScript too; wider ones become text there. */
const narrowIntegers = ['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'];
const wideIntegers = ['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT'];
const floats = ['FLOAT', 'DOUBLE'];

/** A column of ids: the expression of their text, null for what is no id, and whether the ids are numbers. */
interface IdExpression {
  readonly text: string;
  readonly kind: 'string' | 'number';
}

/** Returns the ids in a column, or undefined for a type that has no ids. */
export const idExpression = (column: string, type: string): IdExpression | undefined => {
  if (type === 'VARCHAR') return { text: `nullif(${column}, '')`, kind: 'string' };
  if (type === 'JSON') {
    const isId = `json_type(${column}) in ('VARCHAR', 'BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT')`;
    return { text: `case when ${isId} then nullif(${column} ->> '$', '') end`, kind: 'string' };
  }
  if (type === 'UUID' || type.startsWith('ENUM') || wideIntegers.includes(type) || /^DECIMAL\(\d+,0\)$/.test(type))
    return { text: `${column}::varchar`, kind: 'string' };
  if (narrowIntegers.includes(type)) return { text: `${column}::varchar`, kind: 'number' };
  if (floats.includes(type)) {
    const isWhole = `${column}::double = trunc(${column}::double) and abs(${column}::double) < 2::double ** 53`;
    return { text: `case when ${isWhole} then ${column}::bigint::varchar end`, kind: 'number' };
  }
  return undefined;
};

/** How times are stored: of a type for times, as numbers, or as text, which may be numbers or ISO 8601. */
export type TimeForm = 'instant' | 'nanoseconds' | 'integer' | 'float' | 'decimal' | 'text';

/** Returns how a column of some type stores times, or undefined if it has none. */
export const timeFormOf = (type: string): TimeForm | undefined => {
  if (type === 'TIMESTAMP_NS') return 'nanoseconds';
  if (type === 'DATE' || type.startsWith('TIMESTAMP')) return 'instant';
  if (narrowIntegers.includes(type) || wideIntegers.includes(type)) return 'integer';
  if (floats.includes(type)) return 'float';
  if (type.startsWith('DECIMAL')) return 'decimal';
  return type === 'VARCHAR' || type === 'JSON' ? 'text' : undefined;
};

/** Returns times as the table of the source keeps them, until it is known what they are. */
export const rawTime = (column: string, type: string): string => {
  const form = timeFormOf(type);
  if (form === 'nanoseconds') return `epoch_ns(${column})`;
  if (form === 'instant') return `epoch_us(${type === 'TIMESTAMP WITH TIME ZONE' ? column : `${column}::timestamp`})`;
  return form === 'text' ? `trim(${type === 'JSON' ? `${column} ->> '$'` : column})` : column;
};

/** Expressions of the column `raw` of the source. */
export interface ParsedTimes {
  /** The time as a double, in milliseconds since 1970 for what is on the calendar, else as the number is; null for what is no time. */
  readonly time: string;
  /** What tells times apart that are equal as doubles. Absent if there is nothing. */
  readonly exact?: string | undefined;
}

const integer = "'[+-]?[0-9]+'";
const number = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'";
const iso =
  "'[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)? ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)?)?'";

/** Conditions on the texts of times, for the choice between `number` and `iso`. */
export const isNumber = `regexp_full_match(raw, ${number})`;
export const isIso = `regexp_full_match(raw, ${iso})`;

/** ISO 8601 as DuckDB reads it: with seconds, a point before the fraction, at most 6 digits after it, and a zone with minutes. */
const plainIso = [
  ["'^(.{10})[t ]'", "'\\1T'"],
  ["' ?(UTC|z|Z)$'", "'Z'"],
  ["'T([0-9]{2})( ?[Z+-]|$)'", "'T\\1:00\\2'"],
  ["'T([0-9]{2}:[0-9]{2})( ?[Z+-]|$)'", "'T\\1:00\\2'"],
  ["','", "'.'"],
  ["'([.][0-9]{6})[0-9]+'", "'\\1'"],
  ["'T(.*?) ?([+-][0-9]{2})$'", "'T\\1\\2:00'"],
  ["'T(.*?) ?([+-][0-9]{2})([0-9]{2})$'", "'T\\1\\2:\\3'"],
].reduce((text, [pattern, by]) => `regexp_replace(${text}, ${pattern}, ${by})`, 'raw');

/** Returns a floor division of an integer. */
const floored = (count: string, by: number): string => `((${count} - ((${count} % ${by}) + ${by}) % ${by}) // ${by})`;

/**
 * Returns the times of a source.
 *
 * @param isFiner whether some have more digits than a double keeps apart; only then they are compared by more than the double.
 */
export const parsedTimes = (
  form: TimeForm,
  { text, isFiner }: { text: 'number' | 'iso'; isFiner: boolean },
): ParsedTimes => {
  if (form === 'instant') return { time: 'raw::double / 1000' };
  if (form === 'nanoseconds') return { time: `${floored('raw', 1000)}::double / 1000`, exact: 'raw' };
  if (form === 'integer') return { time: 'raw::double', ...(isFiner && { exact: 'raw' }) };
  if (form === 'float') return { time: 'case when isfinite(raw) then raw::double end' };
  if (form === 'decimal') return { time: 'raw::varchar::double', ...(isFiner && { exact: 'raw' }) };
  if (text === 'number')
    return {
      time: `case when ${isNumber} then try_cast(raw as double) end`,
      ...(isFiner && { exact: "try_cast(ltrim(raw, '+') as decimal(38, 10))" }),
    };
  const micros = `epoch_us(try_cast(${plainIso} as timestamptz))`;
  return {
    time: `case when ${isIso} then ${micros}::double / 1000 end`,
    ...(isFiner && {
      exact: `${micros}::hugeint * 1000000000 + rpad(regexp_extract(raw, '[.,][0-9]{6}([0-9]{1,9})', 1), 9, '0')::hugeint`,
    }),
  };
};

/** Returns whether a time has more digits than a double keeps apart. */
export const isFinerThanDouble = (form: TimeForm, text: 'number' | 'iso'): string => {
  if (form === 'integer') return 'abs(raw::hugeint) > 9007199254740992';
  if (form === 'decimal') return 'length(raw::varchar) > 16';
  if (form !== 'text') return String(form === 'nanoseconds');
  if (text === 'iso') return "regexp_matches(raw, '[.,][0-9]{7}')";
  return `length(raw) > 15 and (regexp_full_match(raw, ${integer}) or regexp_full_match(raw, '[+-]?[0-9]+[.][0-9]+'))`;
};
