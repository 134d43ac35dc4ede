import { countItems, type OutputFormat, summarize, toSequences, writeInteractions } from '@recsys/data';
import type { Command } from 'commander';
import { dataOptions, declareOptions, locateData, pickOptions, readData } from '../options/index.js';
import { formatCount, Reporter } from '../reporter.js';
import { addDataGetCommand } from './data-get-command.js';
import { bars, doublingBins } from './distribution.js';

/** Adds `recsys data describe`, `recsys data convert` and `recsys data get` to a program. */
export const addDataCommand = (program: Command): void => {
  const data = program.command('data').description('Download, describe or convert interactions.');
  const describeCommand = data
    .command('describe')
    .description('Count users, items and interactions, and show their distributions.')
    .argument('<data>', 'file, folder or URL of interactions, or the name of a dataset of recsys data get')
    .option('--json', 'print one JSON object per line');
  declareOptions(describeCommand, dataOptions).addHelpText(
    'after',
    `
Examples:
  recsys data describe ratings.csv --user userId --item movieId --time timestamp
  recsys data describe ml-1m`,
  );
  describeCommand.action(async (data: string, given: Record<string, unknown>) => {
    await printSummary(await locateData(data), given, new Reporter({ json: given.json === true }));
  });

  const convertCommand = data
    .command('convert')
    .description('Write interactions as CSV, Parquet, Arrow or "user item timestamp" lines.')
    .argument('<input>', 'file, folder or URL of interactions, or the name of a dataset of recsys data get')
    .argument('<output>', 'file to write; its extension sets the format: .csv, .parquet, .arrow, .txt')
    .option('--json', 'print one JSON object per line');
  declareOptions(convertCommand, {
    ...dataOptions,
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
  recsys data convert reviews.jsonl.gz core.txt --k-core 5`,
  );
  convertCommand.action(async (input: string, output: string, given: Record<string, unknown>) => {
    const reporter = new Reporter({ json: given.json === true });
    const interactions = await readData(await locateData(input), pickOptions(dataOptions, given));
    await writeInteractions(interactions, output, given.to === undefined ? {} : { format: given.to as OutputFormat });
    const { size, skipped } = interactions;
    const remark = skipped > 0 ? ` · ${formatCount(skipped)} lines skipped` : '';
    reporter.report('wrote', `${output} · ${formatCount(size)} interactions${remark}`, {
      path: output,
      interactions: size,
      skipped,
    });
  });
  addDataGetCommand(data);
};

const printSummary = async (path: string, given: Record<string, unknown>, reporter: Reporter): Promise<void> => {
  const interactions = await readData(path, pickOptions(dataOptions, given));
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
  if (timeSpan) reporter.report('times', `${timeSpan.first} to ${timeSpan.last}`, { ...timeSpan });

  const sequences = toSequences(interactions);
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
