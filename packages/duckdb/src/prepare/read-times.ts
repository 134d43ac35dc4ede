import type { InteractionOrder } from '@recsys/data';
import { secondsPerUnit, TimeReader } from '@recsys/data/node';
import type { Database } from '../database/index.js';
import { PrepareError } from '../errors.js';
import { isFinerThanDouble, isIso, isNumber, type ParsedTimes, parsedTimes, steps } from '../sql/index.js';
import type { Source } from './open-source.js';

/** What the rows of a source are. */
export interface Inspected {
  readonly rows: number;
  readonly skipped: number;
  readonly order: InteractionOrder;
  /** First and last time; infinite without times. */
  readonly span: readonly [number, number];
  /** Seconds in one unit of the times. */
  readonly timeUnit: number;
  /** Expressions of the times; undefined if there are none. */
  readonly times: ParsedTimes | undefined;
}

/**
 * Looks at the table `source`: what its times are, and which rows are no interactions.
 * @throws {PrepareError} `bad-data` on a row that is no interaction, `unordered` if nothing says what came first.
 */
export const inspectSource = async (
  database: Database,
  source: Source,
  { onError, timesAreOff }: { onError: 'throw' | 'skip'; timesAreOff: boolean },
): Promise<Inspected> => {
  const { time, name } = source;
  const text = time?.form === 'text' ? await textOf(database) : 'number';
  const looked = time && {
    ...parsedTimes(time.form, { text, isFiner: false }),
    isFiner: isFinerThanDouble(time.form, text),
  };
  const [rows, bad, first, last, hasFiner] = (await database.row<[number, number, number?, number?, boolean?]>(
    steps.inspect(looked),
  ))!;
  if (bad > 0 && (onError === 'throw' || bad === rows)) await refuseFirstBad(database, source, looked);
  if (rows === 0) throw new PrepareError('bad-data', `${name}: has no interactions`);
  if (time === undefined) {
    if (!timesAreOff) await assertUserByUser(database, name);
    const order: InteractionOrder = { kind: 'file-order', ...(timesAreOff && { column: false as const }) };
    return {
      rows,
      skipped: bad,
      order,
      span: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      timeUnit: 1,
      times: undefined,
    };
  }
  const span = [first!, last!] as const;
  const order = { ...orderOf(name, time, text, span), ...(hasFiner && { finer: true as const }) };
  const times = parsedTimes(time.form, { text, isFiner: hasFiner === true });
  return { rows, skipped: bad, order, span, timeUnit: secondsPerUnit(order.kind), times };
};

/** Returns what the texts of times are, by what most of them are. */
const textOf = async (database: Database): Promise<'number' | 'iso'> => {
  const [numbers, iso] = (await database.row<[number, number]>(steps.countTexts(isNumber, isIso)))!;
  return iso > numbers ? 'iso' : 'number';
};

/** Returns what puts interactions in order; the unit of numbers is known by their range. */
const orderOf = (
  name: string,
  { column, form }: NonNullable<Source['time']>,
  text: 'number' | 'iso',
  span: readonly [number, number],
): InteractionOrder => {
  if (form === 'instant' || form === 'nanoseconds') return { kind: 'date', column };
  if (form === 'text' && text === 'iso') return { kind: 'iso-8601', column };
  const reader = new TimeReader();
  reader.column = column;
  for (const end of span) {
    const problem = reader.read(end);
    if (problem !== undefined) throw new PrepareError('bad-data', `${name}: ${end} in column "${column}" ${problem}`);
  }
  const { kind } = reader.order;
  return { kind, column };
};

const refuseFirstBad = async (
  database: Database,
  { name }: Source,
  times: Parameters<typeof steps.firstBad>[0],
): Promise<never> => {
  const [place, user, item, raw] = (await database.row<[number, string | null, string | null, string | null]>(
    steps.firstBad(times),
  ))!;
  const problem =
    user === null
      ? 'user is missing, or not an id'
      : item === null
        ? 'item is missing, or not an id'
        : `${raw === null ? 'the time is missing' : `the time ${JSON.stringify(raw)} is none`}: write ISO 8601, such as 2026-10-01T12:00:00Z, or a number, and all in one way`;
  throw new PrepareError('bad-data', `${name}: row ${place + 1}: ${problem}.`, {
    advice: { option: 'onError', value: 'skip', purpose: 'to skip such rows' },
  });
};

const assertUserByUser = async (database: Database, name: string): Promise<void> => {
  const [runs, users] = (await database.row<[number, number]>(steps.countRuns))!;
  if (runs === users) return;
  throw new PrepareError(
    'unordered',
    `${name}: has no column of times, and the rows of users are mixed; so it is unknown what came first.`,
    {
      advice: {
        option: 'columns.timestamp',
        purpose: 'to name a column of times',
        or: { option: 'columns.timestamp', value: false, purpose: 'if the rows of each user are in time order' },
      },
    },
  );
};
