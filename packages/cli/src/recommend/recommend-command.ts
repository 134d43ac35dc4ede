import { historyOf, type Id, indexOfId } from '@recsys/data';
import type { Recommendation, RecommendOptions } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { declareOptions, mergeConfig, type OptionSpecs } from '../options/options.js';
import { loadRunSplit, openRun } from '../options/run-info.js';
import { backendOptions, startBackend } from '../options/shared-options.js';
import { Reporter } from '../reporter.js';
import { recommendFile } from './recommend-file.js';

const recommendOptions = {
  history: {
    flags: '--history <items>',
    help: 'items of a history, oldest first, with commas between',
    type: 'string',
  },
  user: { flags: '--user <id>', help: "a user of the run's data, by all of their history", type: 'string' },
  input: {
    flags: '--input <file>',
    help: 'a file of histories: JSON lines (.gz too), or Parquet with a list column "history"; see below',
    type: 'string',
  },
  output: {
    flags: '--output <file>',
    help: 'with --input: where the JSON lines go (default: printed)',
    type: 'string',
  },
  onError: {
    flags: '--on-error <what>',
    help: 'with --input: what to do with a bad line (default throw); skip answers it with null',
    type: 'string',
    choices: ['throw', 'skip'],
  },
  k: { flags: '--k <n>', help: 'how many items (default 10, or all of a smaller catalog)', type: 'number' },
  candidates: { flags: '--candidates <items>', help: 'recommend only these, with commas between', type: 'string' },
  data: { flags: '--data <file>', help: "with --user: the run's data, where it has moved", type: 'string' },
} as const satisfies OptionSpecs;

/** Adds `recsys recommend` to a program. */
export const addRecommendCommand = (program: Command): void => {
  const command = program
    .command('recommend')
    .description('Recommend the next items for a history, a known user, or a file of histories.')
    .argument('<run>', 'directory that recsys train or model.save made')
    .option('--include-seen', 'items of the history may be recommended again')
    .option('--restart', 'with --output: begin anew what was begun and not ended')
    .option('--overwrite', 'with --output: replace a file that is there')
    .option('--json', 'print one JSON object a line');
  declareOptions(declareOptions(command, recommendOptions), backendOptions);
  command.addHelpText(
    'after',
    `
Items the model does not know are passed over, and said so on the error stream.

Each line of --input is an array of items, oldest first, or { "history": [...] }, perhaps with an "id" or "user". Line n of the output answers
line n of the input: an array of { "item", "score" }, or { "id" (or "user"): ..., "recommendations": [...] } where the input line has one.
Parquet has these as columns, with a row for a line.

With --output, a command that was stopped or killed goes on when it is given again, and ends with the same bytes. Until then the lines are in
OUTPUT.partial, and OUTPUT.partial.json says what they were made from; another input, model or option is refused. --on-error may change.
One process at a time writes an output.

Examples:
  recsys recommend runs/movies --history 296,318,593 --k 10
  recsys recommend runs/movies --user 42
  recsys recommend runs/movies --input histories.jsonl --output recommendations.jsonl`,
  );
  command.action(recommendFor);
};

const recommendFor = async (path: string, given: Record<string, unknown>): Promise<void> => {
  const options = mergeConfig(recommendOptions, given, undefined);
  const { history, user, input, output, candidates } = options;
  if ([history, user, input].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError('usage', 'give one of --history, --user and --input');
  }
  if (output !== undefined && input === undefined) throw new UsageError('usage', '--output goes with --input');
  if (/\.(parquet|gz)$/.test(output ?? ''))
    throw new UsageError('usage', `--output ${output}: JSON lines are written, and plain; name it .jsonl`);
  if (options.onError !== undefined && input === undefined)
    throw new UsageError('usage', '--on-error goes with --input');
  if ((given.restart || given.overwrite) && output === undefined)
    throw new UsageError('usage', '--restart and --overwrite go with --output');
  // With --input, standard output is for the lines alone.
  const reporter = new Reporter({ json: given.json === true, quiet: input !== undefined });
  const backend = await startBackend(reporter, given);
  const model = await SASRec.load(path);
  const { k = Math.min(10, model.config.catalog.ids.length) } = options;
  const settings: RecommendOptions = {
    k,
    excludeSeen: given.includeSeen !== true,
    ...(candidates !== undefined && { candidates: itemsIn('--candidates', candidates) }),
    onUnknownItems: (items) => reporter.remark(`passed over items the model does not know: ${items.join(', ')}`),
  };
  if (input !== undefined) {
    const { onError = 'throw' } = options;
    const [restart, overwrite] = [given.restart === true, given.overwrite === true];
    const destination = output === undefined ? undefined : { output, backend, restart, overwrite };
    await recommendFile(model, input, { settings, onError, destination, reporter });
    return;
  }
  const items = history === undefined ? await historyOfUser(path, user!, options.data) : itemsIn('--history', history);
  const shown = items.slice(-10).join(', ');
  reporter.report('history', items.length > 10 ? `… ${shown}` : shown, { history: items });
  printTable(reporter, model.recommend(items, settings));
};

const itemsIn = (flag: string, text: string): string[] => {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes(''))
    throw new UsageError('usage', `${flag} must be items with commas between, got ${JSON.stringify(text)}`);
  return items;
};

const printTable = (reporter: Reporter, recommendations: readonly Recommendation[]): void => {
  recommendations.forEach(({ item, score }, place) => {
    reporter.report(String(place + 1).padStart(4), `${String(item).padEnd(24)} ${score.toFixed(4)}`, { item, score });
  });
};

const historyOfUser = async (path: string, user: string, data: string | undefined): Promise<Id[]> => {
  const { split } = await loadRunSplit(await openRun(path, data));
  const { sequences } = split.test;
  if (indexOfId(sequences.users, user) < 0)
    throw new UsageError(
      'usage',
      `--user ${user} is not one of the ${sequences.users.ids.length} users of the run's data`,
    );
  return historyOf(sequences, user);
};
