import {
  cachedDataset,
  type DatasetName,
  datasets,
  getDataset,
  readInteractions,
  writeInteractions,
} from '@recsys/data';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { cacheOption } from '../options/index.js';
import { formatCount, Reporter } from '../reporter.js';

/** Adds `recsys data get` to the command `recsys data`. */
export const addDataGetCommand = (data: Command): void => {
  data
    .command('get')
    .description('Download a public dataset and prepare it as in the SASRec paper.')
    .argument('[name]', `one of ${datasets.map(({ name }) => name).join(', ')}`)
    .option('--list', 'list the datasets and show which are in the cache')
    .option('--cache <directory>', 'cache directory (default: RECSYS_CACHE, or .cache/recsys in your home directory)')
    .option('--archive <file>', 'use this archive instead of a download')
    .option(
      '--output <file>',
      'also write the dataset to this file; its extension sets the format: .csv, .parquet, .arrow, .txt',
    )
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      `
Examples:
  recsys data get ml-1m
  recsys data get ml-1m --archive Downloads/ml-1m.zip --output ml-1m.txt
  recsys data get --list
A dataset in the cache can be used in place of a file: recsys train ml-1m --preset paper`,
    )
    .action(async (name: string | undefined, given: GetOptions) => {
      const reporter = new Reporter({ json: given.json === true });
      if ((name === undefined) !== (given.list === true))
        throw new UsageError('usage', 'give either the name of a dataset or --list');
      if (name === undefined) await listDataSets(reporter, given);
      else await get(name, given, reporter);
    });
};

interface GetOptions {
  readonly list?: boolean;
  readonly cache?: string;
  readonly archive?: string;
  readonly output?: string;
  readonly json?: boolean;
}

const listDataSets = async (reporter: Reporter, given: GetOptions): Promise<void> => {
  for (const { name, title, terms, citation, counts } of datasets) {
    const path = await cachedDataset(name as DatasetName, cacheOption(given.cache));
    const text = [title, ...formatCounts(counts), ...(path === undefined ? [] : ['in the cache'])].join(' · ');
    const event = { name, title, terms, citation, ...counts, ...(path !== undefined && { path }) };
    reporter.report('data', `${name.padEnd(15)} ${text}`, event);
  }
};

const get = async (name: string, { cache, archive, output }: GetOptions, reporter: Reporter): Promise<void> => {
  const dataset = datasets.find((known) => known.name === name);
  if (dataset === undefined)
    throw new UsageError(
      'usage',
      `unknown dataset ${JSON.stringify(name)}; recsys data get --list lists the known ones`,
    );
  const { title, terms, citation, counts } = dataset;
  reporter.report('data', title, { name, title });
  reporter.report('terms', terms, { terms });
  reporter.report('cite', citation, { citation });
  const path = await getDataset(dataset, {
    ...cacheOption(cache),
    ...(archive !== undefined && { archive }),
    onProgress: (bytes, total) => reporter.progress('download', bytes, total, `${(bytes / 2 ** 20).toFixed(1)} MiB`),
  }).finally(() => reporter.stopBar());
  if (output !== undefined) await writeInteractions(await readInteractions(path), output);
  const written = output ?? path;
  reporter.report('wrote', [written, ...formatCounts(counts)].join(' · '), { path: written, ...counts });
};

const formatCounts = ({ users, items, interactions }: (typeof datasets)[number]['counts']): string[] => [
  `${formatCount(users)} users`,
  `${formatCount(items)} items`,
  `${formatCount(interactions)} interactions`,
];
