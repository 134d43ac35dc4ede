import type { Command } from 'commander';
import { dataOptions, declareOptions, loadDuckDB, type OptionSpecs, pickOptions } from '../options/index.js';
import { formatCount, formatSeconds, Reporter } from '../reporter.js';

const { user, item, time, rating, onError, minRating, kCore, kCorePasses } = dataOptions;
const columnOptions = { user, item, time, rating, onError, minRating, kCore, kCorePasses };

const prepareOptions = {
  table: { flags: '--table <name>', help: 'table of a database, such as public.events', type: 'string' },
  format: {
    flags: '--format <name>',
    help: 'file format (default: by the extension)',
    type: 'string',
    choices: ['parquet', 'csv', 'tsv', 'json'],
  },
  where: {
    flags: '--where <sql>',
    help: 'keep rows for which this condition of SQL holds; columns of CSV are text',
    type: 'string',
  },
  shards: {
    flags: '--shards <n>',
    help: 'number of shards (default: one for each 4 million interactions)',
    type: 'number',
  },
  memory: {
    flags: '--memory <size>',
    help: 'memory that DuckDB may use, such as 4GB (default: 80 % of the memory of the machine)',
    type: 'string',
  },
  threads: { flags: '--threads <n>', help: 'threads of DuckDB (default: one per core)', type: 'number' },
  overwrite: { flags: '--overwrite', help: 'replace a prepared directory', type: 'boolean' },
} as const satisfies OptionSpecs;

/** Adds `recsys data prepare` to the command `recsys data`. */
export const addDataPrepareCommand = (data: Command): void => {
  const command = data
    .command('prepare')
    .description('Prepare interactions that do not fit in memory for training, with DuckDB.')
    .argument(
      '<from...>',
      'Parquet, CSV, TSV or JSON: files, a folder, or a pattern in quotes; or a database: shop.duckdb, sqlite:shop.db, postgres://user@host/shop',
    )
    .requiredOption('--output <directory>', 'directory to write')
    .option('--json', 'print one JSON object per line');
  declareOptions(declareOptions(command, columnOptions), prepareOptions).addHelpText(
    'after',
    `
Examples:
  recsys data prepare 'events/*.parquet' --output prepared --k-core 5 --memory 4GB
  recsys data prepare shop.duckdb --table events --output prepared \\
    --where "event = 'purchase'"
  recsys train prepared --out runs/shop`,
  );
  command.action(async (from: string[], given: Record<string, unknown> & { output: string }) => {
    const { prepare } = await loadDuckDB('recsys data prepare');
    const reporter = new Reporter({ json: given.json === true });
    const columns = pickOptions(columnOptions, given);
    const { where, ...options } = pickOptions(prepareOptions, given);
    const start = performance.now();
    const { counts, shards, orderInWords } = await prepare({
      from: from.length === 1 ? from[0] : from,
      out: given.output,
      ...options,
      columns: {
        ...(columns.user !== undefined && { user: columns.user }),
        ...(columns.item !== undefined && { item: columns.item }),
        ...(columns.time !== undefined && { timestamp: columns.time }),
        ...(columns.rating !== undefined && { rating: columns.rating }),
      },
      filters: {
        ...(where !== undefined && { where }),
        ...(columns.minRating !== undefined && { minRating: columns.minRating }),
      },
      minInteractions: columns.kCore,
      passes: columns.kCorePasses,
      onError: columns.onError,
      onProgress: ({ step, done = 0, total, interactions }) => {
        const left = interactions === undefined ? '' : `${formatCount(interactions)} interactions`;
        reporter.progress(
          step === 'k-core' ? `k-core, pass ${done}` : step,
          total === undefined ? 0 : done,
          total,
          left,
        );
      },
    }).finally(() => reporter.stopBar());
    reporter.report('order', orderInWords, { description: orderInWords });
    const seconds = (performance.now() - start) / 1000;
    const { users, items, interactions, passes, read, skipped } = counts;
    const texts = [
      given.output,
      `${formatCount(users)} users`,
      `${formatCount(items)} items`,
      `${formatCount(interactions)} of ${formatCount(read)} interactions`,
      `${formatCount(shards.length)} shard${shards.length === 1 ? '' : 's'}`,
      formatSeconds(seconds),
      ...(skipped > 0 ? [`${formatCount(skipped)} rows skipped`] : []),
    ];
    reporter.report('wrote', texts.join(' · '), {
      path: given.output,
      users,
      items,
      interactions,
      read,
      skipped,
      passes,
      shards: shards.length,
      seconds,
    });
  });
};
