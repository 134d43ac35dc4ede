/**
 * The steps of `prepare`, each a statement on tables of the scratch database. Rows are never gathered into lists: that does not spill to the disk.
 *
 * `source`    user_id, item_id, raw                rows as they were read, in their order: `rowid` is the number of a row
 * `user_ids`  id                                   distinct ids; the code of an id is its `rowid`
 * `item_ids`  id
 * `events`    user_code, item_code, place[, time][, exact]
 * `users`     code, id, interactions               in the order of `toSequences`; the index of a user is the `rowid`
 * `items`     code, id, interactions               the index of an item is the `rowid` + 1
 * `sorted`    user_index, item_index[, time]       by user, time and place
 */
import { literal } from './quoting.js';
import type { Relation } from './relations.js';
import type { ParsedTimes } from './values.js';

/** Version of these statements: two directories with the same version, options and source hold the same. */
export const version = 1;

/** Expressions of what is read. */
interface SourceColumns {
  readonly user: string;
  readonly item: string;
  /** Absent: the rows of each user are in time order. */
  readonly time?: string | undefined;
}

/** The column of times as the statements have it; absent if there are none. */
type Times = (ParsedTimes & { readonly isFiner?: string }) | undefined;

const list = (...columns: readonly (string | false | undefined)[]): string =>
  columns.filter((column) => column !== undefined && column !== false).join(', ');

export const readSource = (
  relation: Relation,
  { user, item, time }: SourceColumns,
  conditions: readonly string[],
): string => `create table source as
  select ${list(`${user} as user_id`, `${item} as item_id`, time && `${time} as raw`)}
  from ${relation}
  where ${['true', ...conditions].map((condition) => `(${condition})`).join(' and ')}`;

/** Of the texts of times: how many are numbers, and how many ISO 8601. */
export const countTexts = (isNumber: string, isIso: string): string =>
  `select count_if(${isNumber})::double, count_if(${isIso})::double from source`;

/** A condition on rows of `readRows`: that they are no interactions. */
const isBad = (times: Times): string => `(user_id is null or item_id is null${times ? ' or time is null' : ''})`;

/** The rows of the source, with their times. */
const rows = (times: Times): string => `(
    select ${list(
      'rowid as place, user_id, item_id',
      times && `raw, ${times.time} as time`,
      times?.exact && `${times.exact} as exact`,
      times?.isFiner && `${times.isFiner} as finer`,
    )} from source
  )`;

/** How many rows there are, how many are no interactions, the range of the times, and whether some are finer than a double. */
export const inspect = (times: Times): string =>
  `select ${list('count(*)::double', `count_if(${isBad(times)})::double`, times && 'min(time), max(time), bool_or(finer)')}
  from ${rows(times)}`;

/** The first row that is no interaction. */
export const firstBad = (times: Times): string =>
  `select ${list('place::double, user_id, item_id', times && 'raw::varchar')} from ${rows(times)}
  where ${isBad(times)} order by place limit 1`;

/** How many runs of one user there are, and how many users: more runs, where other rows come between those of a user. */
export const countRuns = `select count_if(user_id is distinct from before)::double, count(distinct user_id)::double
  from (select user_id, lag(user_id) over () as before from source)`;

export const codeIds = (what: 'user' | 'item'): string =>
  `create table ${what}_ids as select distinct ${what}_id as id from source where ${what}_id is not null`;

/** Joins lose the order of rows, so each keeps its place. */
export const codeEvents = (
  times: Times,
  { from, to }: { from?: number | undefined; to?: number | undefined } = {},
): string =>
  `create table events as
  select ${list(
    'u.rowid::integer as user_code, i.rowid::integer as item_code, place',
    times && 'time',
    times?.exact && 'exact',
  )}
  from ${rows(times)}
  join user_ids u on user_id = u.id
  join item_ids i on item_id = i.id
  where ${[
    times ? 'time is not null' : 'true',
    ...(from === undefined ? [] : [`time >= ${from}::double`]),
    ...(to === undefined ? [] : [`time < ${to}::double`]),
  ].join(' and ')}`;

/** Users or items with too few interactions, by counts taken before either are removed, as `kCore` does. */
export const findThin = (what: 'user' | 'item', least: number): string =>
  `create or replace table thin_${what}s as
  select ${what}_code, count(*) as interactions from events group by ${what}_code having interactions < ${least}`;

/** Most interactions that are to be removed: some may be counted twice. */
export const countThin = `select (coalesce((select sum(interactions) from thin_users), 0)
  + coalesce((select sum(interactions) from thin_items), 0))::double`;

/** Many are removed by copying the others. */
export const copyOthers = `create table kept as
  select * from events anti join thin_users using (user_code) anti join thin_items using (item_code)`;

/** Few are removed where they are, which writes less. */
export const deleteThin = `delete from events
  where user_code in (select user_code from thin_users) or item_code in (select item_code from thin_items)`;

/**
 * Texts in the order of JavaScript, which compares UTF-16: characters beyond U+FFFF, as pairs of U+D800 to U+DFFF, come before those from U+E000 on.
 */
const inOrderOfJavaScript = (text: string): string =>
  `regexp_replace(${text}, '([\\x{E000}-\\x{FFFF}])', chr(1114111) || '\\1', 'g')`;

/** Users and items are numbered by their earliest time, and by their id where these are equal; without times, as they come. */
export const number = (what: 'user' | 'item', hasTimes: boolean): string => `create table ${what}s as
  select code, id, interactions
  from (
    select ${what}_code as code, count(*) as interactions, min(${hasTimes ? 'time' : 'place'}) as earliest
    from events group by ${what}_code
  ) join ${what}_ids ids on ids.rowid = code
  order by earliest, ${inOrderOfJavaScript('id')}`;

export const sort = (hasTimes: boolean, isFiner: boolean): string => `create table sorted as
  select ${list('u.rowid::integer as user_index, (i.rowid + 1)::integer as item_index', hasTimes && 'time')}
  from events join users u on u.code = user_code join items i on i.code = item_code
  order by ${list('u.rowid', hasTimes && 'time', isFiner && 'exact', 'place')}`;

/** Numbers of interactions, in the order of the users. */
export const countsOfUsers = 'select interactions::integer from users';

/** Rows of the users `from` to `to - 1`, as a file. */
export const writeShard = (path: string, { from, to, hasTimes }: { from: number; to: number; hasTimes: boolean }) =>
  `copy (
    select ${list('user_index as "user", item_index as "item"', hasTimes && 'time')} from sorted
    where user_index >= ${from} and user_index < ${to}
  ) to ${literal(path)} (format parquet, compression zstd)`;

export const writeIds = (what: 'user' | 'item', path: string): string =>
  `copy (select (rowid + ${what === 'item' ? 1 : 0})::integer as "index", id, interactions::integer as interactions from ${what}s)
  to ${literal(path)} (format parquet, compression zstd)`;
