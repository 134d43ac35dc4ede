import {
  cachedDataSet,
  type DataSetName,
  dataSets,
  getDataSet,
  readInteractions,
  writeInteractions,
} from '@recsys/data';
import type { Command } from 'commander';
import { cacheOption } from './load-split.js';
import { UsageError } from './options.js';
import { formatCount, Reporter } from './reporter.js';

/** Adds `sasrec data get` to the command `sasrec data`. */
export const addDataGetCommand = (data: Command): void => {
  data
    .command('get')
    .description('Download a public data set, and prepare it as the SASRec paper did.')
    .argument('[name]', `one of ${dataSets.map(({ name }) => name).join(', ')}`)
    .option('--list', 'list the data sets, and which are in the cache')
    .option('--cache <directory>', 'where to keep it (default: RECSYS_CACHE, or .cache/recsys in your home)')
    .option('--archive <file>', 'take this archive and download nothing')
    .option('--output <file>', 'also write it there; the ending says how: .csv, .parquet, .arrow, .txt')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  sasrec data get ml-1m
  sasrec data get ml-1m --archive Downloads/ml-1m.zip --output ml-1m.txt
  sasrec data get --list
What is in the cache can be named in place of a file: sasrec train ml-1m --preset paper`,
    )
    .action(async (name: string | undefined, given: GetOptions) => {
      const reporter = new Reporter({ json: given.json === true });
      if ((name === undefined) !== (given.list === true))
        throw new UsageError('give the name of a data set, or --list');
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
  for (const { name, title, terms, citation, counts } of dataSets) {
    const path = await cachedDataSet(name as DataSetName, cacheOption(given.cache));
    const text = [title, ...formatCounts(counts), ...(path === undefined ? [] : ['in the cache'])].join(' · ');
    const event = { name, title, terms, citation, ...counts, ...(path !== undefined && { path }) };
    reporter.report('data', `${name.padEnd(15)} ${text}`, event);
  }
};

const get = async (name: string, { cache, archive, output }: GetOptions, reporter: Reporter): Promise<void> => {
  const dataSet = dataSets.find((known) => known.name === name);
  if (dataSet === undefined)
    throw new UsageError(`no data set ${JSON.stringify(name)}; sasrec data get --list has those there are`);
  const { title, terms, citation, counts } = dataSet;
  reporter.report('data', title, { name, title });
  reporter.report('terms', terms, { terms });
  reporter.report('cite', citation, { citation });
  const path = await getDataSet(dataSet, {
    ...cacheOption(cache),
    ...(archive !== undefined && { archive }),
    onProgress: (bytes, total = bytes) =>
      reporter.progress('download', bytes, total, `${(bytes / 2 ** 20).toFixed(1)} MiB`),
  }).finally(() => reporter.stopBar());
  if (output !== undefined) await writeInteractions(await readInteractions(path), output);
  const written = output ?? path;
  reporter.report('wrote', [written, ...formatCounts(counts)].join(' · '), { path: written, ...counts });
};

const formatCounts = ({ users, items, interactions }: (typeof dataSets)[number]['counts']): string[] => [
  `${formatCount(users)} users`,
  `${formatCount(items)} items`,
  `${formatCount(interactions)} interactions`,
];
