import { countItems, type OutputFormat, summarize, toSequences, writeInteractions } from '@recsys/data';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import {
  type DataSource,
  databaseOptions,
  dataOptions,
  declareOptions,
  nameOf,
  orderOf,
  pickOptions,
  readData,
  reportOrder,
  sourceOf,
} from '../options/index.js';
import { formatCount, Reporter } from '../reporter.js';
import { addDataGetCommand } from './data-get-command.js';
import { addDataPrepareCommand } from './data-prepare-command.js';
import { bars, doublingBins } from './distribution.js';

const sources =
  'file, folder or URL of interactions, - for standard input, or the name of a dataset of recsys data get';

/** Adds `recsys data describe`, `recsys data convert`, `recsys data prepare` and `recsys data get` to a program. */
export const addDataCommand = (program: Command): void => {
  const data = program.command('data').description('Download, describe, convert or prepare interactions.');
  const describeCommand = data
    .command('describe')
    .description('Count users, items and interactions, and show their distributions.')
    .argument('[data]', `${sources}; or leave it out and give --database`)
    .option('--json', 'print one JSON object per line');
  declareOptions(declareOptions(describeCommand, dataOptions), databaseOptions).addHelpText(
    'after',
    `
Examples:
  recsys data describe ratings.csv --user userId --item movieId --time timestamp
  recsys data describe ml-1m
  recsys data describe --database shop.duckdb \\
    --sql "select user_id, item_id, time from events"`,
  );
  describeCommand.action(async (data: string | undefined, given: Record<string, unknown>) => {
    const source = await sourceOf(data, pickOptions(databaseOptions, given));
    if (source === undefined) throw new UsageError('usage', 'give a data file, or --database with --sql');
    await printSummary(source, given, new Reporter({ json: given.json === true }));
  });

  const convertCommand = data
    .command('convert')
    .description('Write interactions as CSV, Parquet, Arrow or "user item timestamp" lines.')
    .usage('[options] [input] <output>')
    .argument('<input>', `${sources}; or leave it out and give --database`)
    .argument('[output]', 'file to write; its extension sets the format: .csv, .parquet, .arrow, .txt')
    .option('--json', 'print one JSON object per line');
  declareOptions(convertCommand, {
    ...dataOptions,
    ...databaseOptions,
    to: {
      flags: '--to <format>',
      help: 'format of the output (default: by its extension)',
      type: 'string',
      choices: ['text', 'csv', 'parquet', 'arrow'],
    },
  }).addHelpText(
    'after',
    `
Examples:
  recsys data convert ratings.csv ratings.parquet
  recsys data convert reviews.jsonl.gz core.txt --k-core 5
  recsys data convert --database postgres://ann@db/shop \\
    --sql "select user_id, item_id, time from orders" orders.parquet
  zcat events.jsonl.gz | recsys data convert - events.parquet`,
  );
  convertCommand.action(async (first: string, second: string | undefined, given: Record<string, unknown>) => {
    const [input, output] = second === undefined ? [undefined, first] : [first, second];
    const source = await sourceOf(input, pickOptions(databaseOptions, given));
    if (source === undefined)
      throw new UsageError('usage', 'give an input and an output, or --database with --sql and an output');
    const reporter = new Reporter({ json: given.json === true });
    const interactions = await reporter.during(`reading ${nameOf(source)}`, () =>
      readData(source, pickOptions(dataOptions, given)),
    );
    reportOrder(reporter, orderOf(interactions));
    const format = given.to === undefined ? {} : { format: given.to as OutputFormat };
    await reporter.during(`writing ${output}`, () => writeInteractions(interactions, output, format));
    const { size, skipped } = interactions;
    const remark = skipped > 0 ? ` · ${formatCount(skipped)} lines skipped` : '';
    reporter.report('wrote', `${output} · ${formatCount(size)} interactions${remark}`, {
      path: output,
      interactions: size,
      skipped,
    });
  });
  addDataPrepareCommand(data);
  addDataGetCommand(data);
};

const printSummary = async (source: DataSource, given: Record<string, unknown>, reporter: Reporter): Promise<void> => {
  const path = nameOf(source);
  const interactions = await reporter.during(`reading ${path}`, () =>
    readData(source, pickOptions(dataOptions, given)),
  );
  const { users, items, density, sequenceLength: length, timeSpan } = summarize(interactions);
  const counts = [
    `${formatCount(users)} users`,
    `${formatCount(items)} items`,
    `${formatCount(interactions.size)} interactions`,
  ];
  if (interactions.skipped > 0) counts.push(`${formatCount(interactions.skipped)} lines skipped`);
  reporter.report('data', [path, ...counts].join(' · '), {
    path,
    users,
    items,
    interactions: interactions.size,
    skipped: interactions.skipped,
    density,
    ...(timeSpan && { timeSpan }),
  });
  const [min, p25, median, p75, p95, max, mean] = (['min', 'p25', 'median', 'p75', 'p95', 'max', 'mean'] as const).map(
    (name) => Number(length[name].toFixed(1)),
  );
  const quantiles = `min ${min} · 25 % ${p25} · median ${median} · 75 % ${p75} · 95 % ${p95} · max ${max} · mean ${mean}`;
  reporter.report('length', quantiles, { ...length });
  const sequences = toSequences(interactions);
  reportOrder(reporter, orderOf(interactions, sequences));

  const lengths = sequences.ends.map((end, user) => end - sequences.offsets[user]);
  const distributions = [
    { name: 'lengths', title: 'users by number of interactions', bins: doublingBins(lengths) },
    {
      name: 'popularity',
      title: 'items by number of interactions',
      bins: doublingBins(countItems(sequences).subarray(1)),
    },
  ];
  for (const { name, title, bins } of distributions) {
    reporter.report(name, title, { bins }, { lines: bars(bins) });
  }
};
