import { type Id, modelNameOf } from '@recsys/model';
import { type Explanation, SASRec } from '@recsys/sasrec';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { itemTableOptions, openItemTable } from '../items/index.js';
import { loadSavedModel } from '../models/index.js';
import {
  backendOptions,
  declareOptions,
  type OptionSpecs,
  pickOptions,
  runDataOptions,
  startBackend,
} from '../options/index.js';
import { writeText } from '../pictures/index.js';
import { historyOfUser, itemsIn } from '../recommend/index.js';
import { indent, Reporter } from '../reporter.js';
import { type HeatMap, type HeatMapLine, heatMaps } from './heat-maps.js';

const explainOptions = {
  history: {
    flags: '--history <items>',
    help: 'items of a history, oldest first, separated by commas',
    type: 'string',
  },
  user: { flags: '--user <id>', help: "a user of the run's data; uses their whole history", type: 'string' },
  k: {
    flags: '--k <n>',
    help: 'number of recommendations (default 10, or the whole catalog if smaller)',
    type: 'number',
  },
  out: { flags: '--out <file>', help: 'write heat-maps of the attention weights to this file, as SVG', type: 'string' },
  newest: {
    flags: '--newest <n>',
    help: 'how many of the newest items of the history the picture shows (default 20)',
    type: 'number',
  },
  ...itemTableOptions,
} as const satisfies OptionSpecs;

/** Returns what an item is called. */
type NameOf = (item: Id) => string;

/** How many reasons are printed for each recommendation. */
const mostReasons = 3;

/** Adds `recsys explain` to a program. */
export const addExplainCommand = (program: Command): void => {
  const command = program
    .command('explain')
    .description('Show which items of a history speak for each recommendation, and what the model attends to.')
    .argument('<model>', 'run directory, saved model or checkpoint')
    .option('--json', 'print one JSON object per line, with all attention weights');
  for (const specs of [explainOptions, runDataOptions, backendOptions]) declareOptions(command, specs);
  command.addHelpText(
    'after',
    `
The percentages after "because of" are shares of items of the history in a recommendation. The share of an item is how much the newest state attends to it, by attention rollout over all blocks and heads (Abnar & Zuidema 2020), times how like the recommended item it is (the cosine of their embeddings; 0 if negative), divided by the sum over the history.
They tell what the model looked at, not what would change without an item: rollout leaves out values, layer norms and feed-forward networks, and favours the newest item. To see what an item does, leave it out of --history.
The picture has a heat-map for each block and head, and one of the shares. It is for light and dark pages, and shows numbers under the mouse.

Examples:
  recsys explain runs/movies --history 296,318,593 --out attention.svg
  recsys explain runs/movies --user 42 --items movies.csv --out attention.svg`,
  );
  command.action(explainFor);
};

const explainFor = async (path: string, given: Record<string, unknown>): Promise<void> => {
  const { history, user, out, newest, k: wanted, ...table } = pickOptions(explainOptions, given);
  if ((history === undefined) === (user === undefined))
    throw new UsageError('usage', 'give either --history or --user');
  if (newest !== undefined && !(Number.isInteger(newest) && newest >= 1))
    throw new UsageError('usage', `--newest must be an integer of at least 1, got ${newest}`);
  if (newest !== undefined && out === undefined) throw new UsageError('usage', '--newest needs --out');
  const reporter = new Reporter({ json: given.json === true });
  const { nameOf } = await openItemTable(path, table, (reason) => reporter.remark(reason));
  await startBackend(reporter, given);
  const model = await loadSavedModel(path, (reason) => reporter.remark(reason));
  if (!(model instanceof SASRec))
    throw new UsageError(
      'usage',
      `${path}: holds a ${modelNameOf(model)}; explain is for SASRec, whose attention weights sum to 1`,
    );
  const items =
    history === undefined ? (await historyOfUser(path, user!, given, reporter)).items : itemsIn('--history', history);
  const explanation = model.explain(items, {
    k: wanted ?? Math.min(10, model.config.catalog.ids.length),
    onUnknownItems: (unknown) => reporter.remark(`skipped items that the model does not know: ${unknown.join(', ')}`),
  });
  reportExplanation(reporter, explanation, nameOf);
  if (out === undefined) return;
  writeText(out, explanationPicture(explanation, { newest, nameOf }));
  reporter.report('picture', out, { file: out });
};

const reportExplanation = (
  reporter: Reporter,
  { items, weights, rollout, because }: Explanation,
  nameOf: NameOf,
): void => {
  const shown = items.slice(-5).map(nameOf).join(', ');
  reporter.report('history', items.length > 5 ? `… ${shown}` : shown, { history: items, rollout, weights });
  because.forEach(({ item, score, reasons }, index) => {
    const rank = index + 1;
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    const most = reasons.slice(0, mostReasons).map((reason) => `${nameOf(reason.item)} ${percent(reason.share)}`);
    const lines = [
      `${indent}${most.length === 0 ? 'no item of the history is like it' : `because of ${most.join(', ')}`}`,
    ];
    const event = { event: 'recommendation', rank, item, score, reasons };
    reporter.report(String(rank).padStart(4), `${nameOf(item)}  ${score.toFixed(4)}`, event, { lines });
  });
};

/** Returns the picture of an explanation: a line of maps for each block, and the shares. */
const explanationPicture = (
  { items, weights, because }: Explanation,
  { newest = 20, nameOf }: { newest?: number | undefined; nameOf: NameOf },
): string => {
  const first = Math.max(0, items.length - newest);
  const names = items.slice(first).map(nameOf);
  const ofHeads = weights.map(
    (heads, block): HeatMapLine =>
      heads.map(
        (rows, head): HeatMap => ({
          title: heads.length === 1 ? `Block ${block + 1}` : `Block ${block + 1}, head ${head + 1}`,
          rows: names,
          columns: names,
          values: rows.slice(first).map((row, i) => row.slice(first, first + i + 1)),
        }),
      ),
  );
  const shares: HeatMap = {
    title: 'Because you watched: shares of the history in each recommendation',
    rows: because.map(({ item }) => nameOf(item)),
    columns: names,
    values: because.map(({ reasons }) => {
      const shareOf = new Map(reasons.map(({ item, share }) => [item, share]));
      // An item that is there more than once has its share at the newest place.
      return items.map((item, j) => (items.lastIndexOf(item) === j ? (shareOf.get(item) ?? 0) : 0)).slice(first);
    }),
  };
  const hidden = first === 0 ? '' : ` The newest ${names.length} of ${items.length} items are shown.`;
  return heatMaps([...ofHeads, ...(because.length === 0 ? [] : [[shares]])], {
    title: 'Attention weights',
    note: `A row says how much that item attends to the items of the columns; it sums to 1.${hidden}`,
  });
};
