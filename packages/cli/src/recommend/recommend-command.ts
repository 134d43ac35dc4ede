import { readFileSync } from 'node:fs';
import type { Id } from '@recsys/data';
import { type CatalogFilter, catalogFilter, type Recommendation, recommend, type SequentialModel } from '@recsys/model';
import type { FileRecommendOptions } from '@recsys/model/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { loadSavedModel, modelFileOption } from '../models/index.js';
import {
  backendOptions,
  declareOptions,
  type OptionSpecs,
  pickOptions,
  runDataOptions,
  startBackend,
} from '../options/index.js';
import { Reporter } from '../reporter.js';
import { historiesOfFile, historiesOfUsers } from './history-source.js';
import { historyOfUser, itemsIn, sequencesOfUsers } from './one-history.js';
import { recommendFile } from './recommend-file.js';
import { checkShardFlags, recommendShards, shardOptions } from './recommend-shards.js';

const recommendOptions = {
  history: {
    flags: '--history <items>',
    help: 'items of a history, oldest first, separated by commas',
    type: 'string',
  },
  user: { flags: '--user <id>', help: "a user of the run's data; uses their whole history", type: 'string' },
  input: {
    flags: '--input <file>',
    help: 'a file of histories: JSON lines (.gz too), or Parquet with a list column "history"; - is standard input; see below',
    type: 'string',
  },
  output: {
    flags: '--output <file>',
    help: 'with --input or --all-users: file for the JSON lines (default: standard output)',
    type: 'string',
  },
  onError: {
    flags: '--on-error <what>',
    help: 'with --input and --inputs: what to do with a bad line (default throw); skip writes null for it',
    type: 'string',
    choices: ['throw', 'skip'],
  },
  k: { flags: '--k <n>', help: 'number of items (default 10, or the whole catalog if smaller)', type: 'number' },
  candidates: {
    flags: '--candidates <items>',
    help: 'recommend only these items, separated by commas; those that the model does not know are skipped',
    type: 'string',
  },
  candidatesFile: {
    flags: '--candidates-file <file>',
    help: 'recommend only the items in this file, one per line',
    type: 'string',
  },
  exclude: { flags: '--exclude <items>', help: 'never recommend these items, separated by commas', type: 'string' },
  excludeFile: {
    flags: '--exclude-file <file>',
    help: 'never recommend the items in this file, one per line',
    type: 'string',
  },
  fallback: {
    flags: '--fallback <how>',
    help: 'what a history without an item that the model knows gets: popular items, or none (default: an error)',
    type: 'string',
    choices: ['popular', 'none'],
  },
  diversity: {
    flags: '--diversity <n>',
    help: 'how much to prefer items unlike those before them in the list, 0 to 1 (default 0)',
    type: 'number',
  },
  times: {
    flags: '--times <list>',
    help: 'with --history, for a model that uses times: when each item was met, in seconds since 1970, separated by commas',
    type: 'string',
  },
  at: {
    flags: '--at <time>',
    help: 'for a model that uses times: the time of the request, in seconds since 1970 (default now)',
    type: 'number',
  },
  ...shardOptions,
  ...modelFileOption,
  ...runDataOptions,
} as const satisfies OptionSpecs;

/** Adds `recsys recommend` to a program. */
export const addRecommendCommand = (program: Command): void => {
  const command = program
    .command('recommend')
    .description('Recommend the next items for a history, a known user, or a file of histories.')
    .argument('<model>', 'run directory, saved model or checkpoint')
    .option('--all-users', "recommend for every user of the run's data, one JSON line each; with --output too")
    .option('--include-seen', 'allow items of the history in the list')
    .option('--restart', 'with --output: discard unfinished output and start over')
    .option('--overwrite', 'with --output: replace a file that already exists')
    .option('--json', 'print one JSON object per line');
  declareOptions(declareOptions(command, recommendOptions), backendOptions);
  command.addHelpText(
    'after',
    `
Items that the model does not know are skipped, with a message on standard error.

With --user and --all-users, the data of the run is read again; --data, --database and --sql say where it is if it has moved. For a saved model they are needed.

Each line of --input is an array of items, oldest first, or { "history": [...] }, optionally with an "id" or "user", and, for a model that uses times, with "times" (seconds since 1970, one for each item) and "at" (the time of the request; else --at, or now). Line n of the output belongs to line n of the input: an array of { "item", "score" }, or { "id" (or "user"): ..., "recommendations": [...] } if the input line has one. In Parquet, these are columns, and each row is one line.

With --output, run a command that was stopped or killed again to resume it; the result has the same bytes. Until it is complete, the lines are in OUTPUT.partial, and OUTPUT.partial.json records the input, model and options. They must be the same to resume; only --on-error may change. One process at a time can write an output.

With --inputs and --outputs, each file is a shard, numbered from 0 in the order of the names, and has one output of the same name. Any number of processes on any number of machines that share the folders may run at once: shards that are done are skipped, those of machines that are gone are taken over, and the last one writes OUTPUTS/manifest.json, with the sha256 of each. The outputs have the same bytes however often they were tried. All must have the same model, options and engine; RECSYS_ENGINE chooses one for machines that differ.

Examples:
  recsys recommend runs/movies --history 296,318,593 --k 10
  recsys recommend runs/movies --user 42
  recsys recommend runs/movies --input histories.jsonl --output lists.jsonl
  recsys recommend runs/movies --all-users --candidates-file in-stock.txt \\
    --output tonight.jsonl
  recsys recommend runs/movies --inputs histories --outputs lists --shard auto
  zcat histories.jsonl.gz | recsys recommend runs/movies --input -`,
  );
  command.action(recommendFor);
};

const recommendFor = async (path: string, given: Record<string, unknown>): Promise<void> => {
  const options = pickOptions(recommendOptions, given);
  const { history, user, input, inputs, output, fallback, diversity } = options;
  const allUsers = given.allUsers === true ? true : undefined;
  if ([history, user, input, inputs, allUsers].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError('usage', 'give exactly one of --history, --user, --input, --inputs and --all-users');
  }
  const shards = checkShardFlags(options);
  const isBatch = input !== undefined || allUsers === true;
  if (output !== undefined && !isBatch) throw new UsageError('usage', '--output needs --input or --all-users');
  if (output !== undefined && input === '-')
    throw new UsageError(
      'usage',
      '--output needs an --input that can be read again to resume; save standard input to a file, or remove --output',
    );
  if (/\.(parquet|gz)$/.test(output ?? ''))
    throw new UsageError('usage', `--output ${output}: the output is plain JSON lines; use the extension .jsonl`);
  if (options.times !== undefined && history === undefined) throw new UsageError('usage', '--times needs --history');
  if (options.onError !== undefined && input === undefined && inputs === undefined)
    throw new UsageError('usage', '--on-error needs --input or --inputs');
  if ((given.restart || given.overwrite) && output === undefined)
    throw new UsageError('usage', '--restart and --overwrite need --output');
  // In a batch, standard output is for the lines alone.
  const reporter = new Reporter({ json: given.json === true, quiet: isBatch });
  await startBackend(reporter, given);
  const model = await loadSavedModel(path, (reason) => reporter.remark(reason), options.model);
  const { k = Math.min(10, model.config.catalog.ids.length) } = options;
  const settings: FileRecommendOptions = {
    k,
    excludeSeen: given.includeSeen !== true,
    candidates: filterOf(model, reporter, {
      flag: '--candidates',
      list: options.candidates,
      file: options.candidatesFile,
    }),
    exclude: filterOf(model, reporter, { flag: '--exclude', list: options.exclude, file: options.excludeFile }),
    fallback,
    diversity,
    at: options.at,
  };
  const { onError = 'throw' } = options;
  if (shards !== undefined) {
    await recommendShards(model, shards, { settings, onError, reporter });
    return;
  }
  if (isBatch) {
    const source =
      input === undefined ? historiesOfUsers(await sequencesOfUsers(path, given, reporter)) : historiesOfFile(input);
    const [restart, overwrite] = [given.restart === true, given.overwrite === true];
    const destination = output === undefined ? undefined : { output, restart, overwrite };
    await recommendFile(model, source, { settings, onError, destination, reporter });
    return;
  }
  const { items, times } =
    history === undefined
      ? await historyOfUser(path, user!, given, reporter)
      : { items: itemsIn('--history', history), times: options.times && timesIn(options.times) };
  const shown = items.slice(-10).join(', ');
  reporter.report('history', items.length > 10 ? `… ${shown}` : shown, { history: items });
  const onUnknownItems = (items: Id[]) =>
    reporter.remark(`skipped items that the model does not know: ${items.join(', ')}`);
  const onFallback = () => reporter.remark('the model knows no item of this history: these are popular items');
  printTable(
    reporter,
    recommend(model, items, {
      ...settings,
      times: times || undefined,
      onUnknownItems,
      ...(fallback === 'popular' && { onFallback }),
    }),
  );
};

/** Returns the items of `--candidates` and `--candidates-file`, or of `--exclude` and its file; undefined if neither is given. */
const filterOf = (
  model: SequentialModel,
  reporter: Reporter,
  { flag, list, file }: { flag: string; list: string | undefined; file: string | undefined },
): CatalogFilter | undefined => {
  if (list === undefined && file === undefined) return undefined;
  const fromFile = file === undefined ? [] : linesIn(file);
  const ids = [...(list === undefined ? [] : itemsIn(flag, list)), ...fromFile];
  const filter = catalogFilter(model.config.catalog, ids);
  const { unknown } = filter;
  if (flag === '--candidates' && filter.items.length === 0)
    throw new UsageError('usage', 'the model knows none of the --candidates');
  if (unknown.length > 0) {
    const more = unknown.length > 5 ? ', …' : '';
    reporter.remark(
      `${flag}: skipped ${unknown.length} items that the model does not know: ${unknown.slice(0, 5).join(', ')}${more}`,
    );
  }
  return filter;
};

const linesIn = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '');
  } catch (cause) {
    throw new UsageError('usage', `${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
};

const timesIn = (text: string): number[] =>
  text.split(',').map((time) => {
    const value = Number(time.trim() || Number.NaN);
    if (Number.isFinite(value)) return value;
    throw new UsageError('usage', `--times must be numbers separated by commas, got ${JSON.stringify(text)}`);
  });

const printTable = (reporter: Reporter, recommendations: readonly Recommendation[]): void => {
  const width = Math.max(...recommendations.map(({ item }) => String(item).length));
  recommendations.forEach(({ item, score }, index) => {
    const rank = index + 1;
    const text = `${String(item).padEnd(width)} ${score.toFixed(4).padStart(9)}`;
    reporter.report(String(rank).padStart(4), text, { event: 'recommendation', rank, item, score });
  });
};
