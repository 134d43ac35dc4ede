import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { type Id, idAt, indexOfId } from '@recsys/data';
import type { Recommendation, RecommendOptions } from '@recsys/training';
import type { Command } from 'commander';
import { SASRec } from '../sasrec.js';
import { declareOptions, mergeConfig, type OptionSpecs, UsageError } from './options.js';
import { Reporter } from './reporter.js';
import { loadRunSplit, openRun } from './run-info.js';
import { backendOptions, startBackend } from './shared-options.js';

const recommendOptions = {
  history: {
    flags: '--history <items>',
    help: 'items of a history, oldest first, with commas between',
    type: 'string',
  },
  user: { flags: '--user <id>', help: "a user of the run's data, by all of their history", type: 'string' },
  input: {
    flags: '--input <file>',
    help: 'JSON lines: an array of items, or { "history": [...] }, each',
    type: 'string',
  },
  output: {
    flags: '--output <file>',
    help: 'with --input: where the JSON lines go (default: printed)',
    type: 'string',
  },
  k: { flags: '--k <n>', help: 'how many items (default 10)', type: 'number' },
  candidates: { flags: '--candidates <items>', help: 'recommend only these, with commas between', type: 'string' },
  data: { flags: '--data <file>', help: "with --user: the run's data, where it has moved", type: 'string' },
} as const satisfies OptionSpecs;

/** Histories scored at a time. */
const batchSize = 256;

/** Adds `sasrec recommend` to a program. */
export const addRecommendCommand = (program: Command): void => {
  const command = program
    .command('recommend')
    .description('Recommend the next items for a history, a known user, or a file of histories.')
    .argument('<run>', 'directory that sasrec train or model.save made')
    .option('--include-seen', 'items of the history may be recommended again')
    .option('--json', 'print one JSON object a line');
  declareOptions(declareOptions(command, recommendOptions), backendOptions);
  command.addHelpText(
    'after',
    `
Items the model does not know are passed over, and said so on the error stream.

Examples:
  sasrec recommend runs/movies --history 296,318,593 --k 10
  sasrec recommend runs/movies --user 42
  sasrec recommend runs/movies --input histories.jsonl --output recommendations.jsonl`,
  );
  command.action(recommendFor);
};

const recommendFor = async (path: string, given: Record<string, unknown>): Promise<void> => {
  const options = mergeConfig(recommendOptions, given, undefined);
  const { history, user, input, output, k = 10, candidates } = options;
  if ([history, user, input].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError('give one of --history, --user and --input');
  }
  if (output !== undefined && input === undefined) throw new UsageError('--output goes with --input');
  // With --input, standard output is for the lines alone.
  const reporter = new Reporter({ json: given.json === true, quiet: input !== undefined });
  await startBackend(reporter, given);
  const model = await SASRec.load(path);
  const settings: RecommendOptions = {
    k,
    excludeSeen: given.includeSeen !== true,
    ...(candidates !== undefined && { candidates: candidates.split(',') }),
    onUnknownItems: (items, index) =>
      reporter.remark(`history ${index + 1}: passed over items the model does not know: ${items.join(', ')}`),
  };
  if (input !== undefined) {
    await recommendFile(model, input, output, settings, reporter);
    return;
  }
  const items =
    history === undefined ? await historyOf(path, user!, options.data) : history.split(',').map((item) => item.trim());
  const shown = items.slice(-10).join(', ');
  reporter.report('history', items.length > 10 ? `… ${shown}` : shown, { history: items });
  printTable(reporter, model.recommend(items, settings));
};

const printTable = (reporter: Reporter, recommendations: readonly Recommendation[]): void => {
  recommendations.forEach(({ item, score }, place) => {
    reporter.report(String(place + 1).padStart(4), `${String(item).padEnd(24)} ${score.toFixed(4)}`, { item, score });
  });
};

const historyOf = async (path: string, user: string, data: string | undefined): Promise<Id[]> => {
  const { split } = await loadRunSplit(await openRun(path, data));
  const { sequences } = split.test;
  const row = indexOfId(sequences.users, user);
  if (row < 0)
    throw new UsageError(`--user ${user} is not one of the ${sequences.users.ids.length} users of the run's data`);
  const items = sequences.items.subarray(sequences.offsets[row], sequences.ends[row]);
  return Array.from(items, (item) => idAt(split.items, item));
};

/** Recommends for each line of a file, a block at a time. */
const recommendFile = async (
  model: SASRec,
  input: string,
  output: string | undefined,
  settings: RecommendOptions,
  reporter: Reporter,
): Promise<void> => {
  const sink = output === undefined ? process.stdout : createWriteStream(output);
  let block: Id[][] = [];
  let number = 0;
  const flush = async () => {
    const first = number - block.length;
    const recommendations = model.recommend(block, {
      ...settings,
      onUnknownItems: (items, index) => settings.onUnknownItems!(items, first + index),
    });
    await write(sink, recommendations.map((items) => `${JSON.stringify(items)}\n`).join(''));
    block = [];
  };
  for await (const line of createInterface({ input: createReadStream(input), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    block.push(parseHistory(input, number, line));
    if (block.length === batchSize) await flush();
  }
  if (block.length > 0) await flush();
  if (sink !== process.stdout) {
    sink.end();
    await once(sink, 'finish');
  }
  reporter.remark(`recommended for ${number} histories`);
};

const write = async (sink: Writable, text: string): Promise<void> => {
  if (!sink.write(text)) await once(sink, 'drain');
};

const parseHistory = (file: string, number: number, line: string): Id[] => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new UsageError(`${file}:${number}: is not JSON: ${(cause as Error).message}`, { cause });
  }
  const history = Array.isArray(value) ? value : (value as { history?: unknown } | null)?.history;
  if (
    !Array.isArray(history) ||
    history.length === 0 ||
    !history.every((id) => typeof id === 'string' || typeof id === 'number')
  ) {
    throw new UsageError(
      `${file}:${number}: must be a non-empty array of items, or { "history": [...] }, got ${line.slice(0, 60)}`,
    );
  }
  return history;
};
