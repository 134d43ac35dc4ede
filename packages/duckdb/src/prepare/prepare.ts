import { join } from 'node:path';
import { orderInWords } from '@recsys/data/node';
import { Database } from '../database/index.js';
import type { Manifest, PreparedShard } from '../directory/index.js';
import { PrepareError } from '../errors.js';
import { steps } from '../sql/index.js';
import { openSource, type Source } from './open-source.js';
import { assertPrepareOptions, type PrepareOptions } from './options.js';
import { describeFile, inWorkplace, type Workplace, writeManifest } from './output.js';
import { type Inspected, inspectSource } from './read-times.js';

/** Interactions of a shard, if the number of shards is not given. */
const interactionsPerShard = 4_000_000;

/**
 * Prepares interactions for training with DuckDB, out of core: gives ids their indices, takes the k-core, puts each user's interactions in order,
 * and writes them in shards of disjoint users. `readPrepared` then returns what `toSequences` of `@recsys/data` returns for the same rows.
 *
 * The output is there whole or not at all. Scratch files, of some times the size of the source, stand beside it and are removed at the end.
 *
 * @returns the manifest of the output.
 * @throws {PrepareError} `bad-option`; `bad-data`, `unordered` or `no-extension` for a source that cannot be read; `exists` for an output that is there;
 *   `out-of-memory`, `cannot-write` or `query-failed` for a step that failed.
 * @throws {DataError} for missing files and columns, as `readInteractions` does.
 * @example
 * const { counts } = await prepare({
 *   from: 'events/*.parquet',
 *   columns: { user: 'user_id', item: 'product_id', timestamp: 'happened_at' },
 *   minInteractions: 5,
 *   out: 'prepared',
 *   memory: '4GB',
 * });
 * counts.interactions; // 61284022
 */
export const prepare = async (options: PrepareOptions): Promise<Manifest> => {
  assertPrepareOptions(options);
  const { out, overwrite = false, memory, threads } = options;
  return inWorkplace(out, overwrite, async (place) => {
    const database = await Database.open({ path: place.scratch, spill: place.spill, memory, threads });
    try {
      return await prepareIn(database, place, options);
    } finally {
      database.close();
    }
  });
};

const prepareIn = async (database: Database, place: Workplace, options: PrepareOptions): Promise<Manifest> => {
  const { filters = {}, onError = 'throw', columns, onProgress } = options;
  const source = await openSource(database, options);
  onProgress?.({ step: 'reading' });
  await database.run(steps.readSource(source.relation, source.columns, conditionsOf(source, options)));
  const inspected = await inspectSource(database, source, { onError, timesAreOff: columns?.timestamp === false });
  const { times, rows, skipped } = inspected;
  if (times === undefined && (filters.from ?? filters.to) !== undefined)
    throw new PrepareError('bad-option', 'prepare: filters.from and filters.to need times, and there are none');

  onProgress?.({ step: 'ids', interactions: rows - skipped });
  await database.run(steps.codeIds('user'));
  await database.run(steps.codeIds('item'));
  await database.run('set preserve_insertion_order = false'); // rows have their places now
  await database.run(steps.codeEvents(times, filters));
  await drop(database, 'source');

  const passes = await takeCore(database, options);
  const hasTimes = times !== undefined;
  onProgress?.({ step: 'numbering' });
  await database.run('set preserve_insertion_order = true');
  await database.run(steps.number('user', hasTimes));
  await database.run(steps.number('item', hasTimes));
  onProgress?.({ step: 'sorting' });
  await database.run(steps.sort(hasTimes, times?.exact !== undefined));
  await drop(database, 'events', 'user_ids', 'item_ids');
  return writeOutput(database, place, { options, source, inspected, passes });
};

const conditionsOf = ({ rating }: Source, { filters = {} }: PrepareOptions): string[] => {
  const { where, minRating } = filters;
  return [
    ...(where === undefined ? [] : [where]),
    ...(minRating === undefined ? [] : [`${rating}::double >= ${minRating}`]),
  ];
};

const drop = async (database: Database, ...tables: readonly string[]): Promise<void> => {
  for (const table of tables) await database.run(`drop table ${table}`);
  await database.run('checkpoint'); // their blocks are used again
};

const countOf = async (database: Database, table: string): Promise<number> =>
  (await database.row<[number]>(`select count(*)::double from ${table}`))![0];

/** Removes users and items with too few interactions. Returns the number of passes that removed some. */
const takeCore = async (
  database: Database,
  { minInteractions = 1, passes = 'until-stable', onProgress }: PrepareOptions,
): Promise<number> => {
  const interactions = await countOf(database, 'events');
  for (let pass = 1; ; pass++) {
    const left = await countOf(database, 'events');
    if (left === 0)
      throw new PrepareError(
        'bad-data',
        `prepare: none of ${interactions} interactions is left with minInteractions ${minInteractions}`,
      );
    if (minInteractions === 1 || (passes === 'single' && pass > 1)) return pass - 1;
    onProgress?.({ step: 'k-core', done: pass, interactions: left });
    await database.run(steps.findThin('user', minInteractions));
    await database.run(steps.findThin('item', minInteractions));
    const [thin] = (await database.row<[number]>(steps.countThin))!;
    if (thin === 0) return pass - 1;
    if (thin < left / 16) {
      await database.run(steps.deleteThin);
      continue;
    }
    await database.run(steps.copyOthers);
    await drop(database, 'events');
    await database.run('alter table kept rename to events');
  }
};

interface Finished {
  readonly options: PrepareOptions;
  readonly source: Source;
  readonly inspected: Inspected;
  readonly passes: number;
}

const writeOutput = async (
  database: Database,
  { output }: Workplace,
  { options, source, inspected, passes }: Finished,
): Promise<Manifest> => {
  const { rows, skipped, order, span, timeUnit, times } = inspected;
  const interactions = await countOf(database, 'sorted');
  const total = options.shards ?? Math.ceil(interactions / interactionsPerShard);
  const parts = await cutUsers(database, interactions, total);
  const shards: PreparedShard[] = [];
  for (const [i, part] of parts.entries()) {
    options.onProgress?.({ step: 'writing', done: i, total: parts.length });
    const file = `part-${numbered(i)}-of-${numbered(parts.length)}.parquet`;
    const to = part.firstUser + part.users;
    const hasTimes = times !== undefined;
    await database.run(steps.writeShard(join(output, file), { from: part.firstUser, to, hasTimes }));
    shards.push({ ...(await describeFile(output, file)), ...part });
  }
  await database.run(steps.writeIds('user', join(output, 'users.parquet')));
  await database.run(steps.writeIds('item', join(output, 'items.parquet')));
  const [duckdb] = (await database.row<[string]>('select version()'))!;
  const { columns, filters, minInteractions, onError, table } = options;
  const manifest: Manifest = {
    format: 1,
    versions: { sql: steps.version, duckdb },
    options: JSON.parse(
      JSON.stringify({
        columns,
        filters,
        minInteractions,
        passes: options.passes,
        onError,
        table,
        shards: options.shards,
      }),
    ),
    counts: {
      read: rows,
      skipped,
      interactions,
      users: await countOf(database, 'users'),
      items: await countOf(database, 'items'),
      passes,
    },
    order,
    orderInWords: orderInWords(order, span),
    timeUnit,
    ids: source.idKinds,
    users: await describeFile(output, 'users.parquet'),
    items: await describeFile(output, 'items.parquet'),
    shards,
  };
  await writeManifest(output, manifest);
  return manifest;
};

const numbered = (index: number): string => String(index).padStart(5, '0');

/** Cuts the users into ranges with about as many interactions each. There are at most as many ranges as users. */
const cutUsers = async (
  database: Database,
  interactions: number,
  shards: number,
): Promise<{ firstUser: number; users: number; interactions: number }[]> => {
  const parts: { firstUser: number; users: number; interactions: number }[] = [];
  let part = { firstUser: 0, users: 0, interactions: 0 };
  let done = 0;
  for await (const [counts] of database.columns(steps.countsOfUsers)) {
    for (const count of counts as number[]) {
      part.users += 1;
      part.interactions += count;
      done += count;
      if (done * shards < interactions * (parts.length + 1)) continue;
      parts.push(part);
      part = { firstUser: part.firstUser + part.users, users: 0, interactions: 0 };
    }
  }
  if (part.users > 0) parts.push(part);
  return parts;
};
