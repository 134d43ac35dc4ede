import type { ReportRun } from '@recsys/report';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { itemTableOptions, openItemTable } from '../items/index.js';
import {
  backendOptions,
  dataOfModel,
  declareOptions,
  type LoadedSplit,
  nameOf,
  type OptionSpecs,
  pickOptions,
  runDataOptions,
  startBackend,
} from '../options/index.js';
import { writeText } from '../pictures/index.js';
import { formatCount, Reporter } from '../reporter.js';
import { openReportedRuns, type ReportedRun } from './reported-run.js';
import { testedParts } from './tested-parts.js';

const reportOptions = {
  output: { flags: '--output <file>', help: 'where the page is written (default report.html)', type: 'string' },
  title: { flags: '--title <text>', help: 'title of the page (default: the names of the runs)', type: 'string' },
  ...itemTableOptions,
  colorBy: {
    flags: '--color-by <column>',
    help: 'with --items: column that colours the map of items (default: category or genres)',
    type: 'string',
  },
  protocol: {
    flags: '--protocol <name>',
    help: "candidates for each target (default: the first run's)",
    type: 'string',
    choices: ['sampled', 'sampled-per-item', 'full'],
  },
  k: { flags: '--k <list>', help: "cut-offs of the metrics, such as 5,10 (default: the first run's)", type: 'numbers' },
  sampleTargets: {
    flags: '--sample-targets <n>',
    help: 'test on a seeded sample of n targets (default: at most 20,000, fewer in a large catalog)',
    type: 'number',
  },
  ...runDataOptions,
} as const satisfies OptionSpecs;

/** Adds `recsys report` to a program. */
export const addReportCommand = (program: Command): void => {
  const command = program
    .command('report')
    .description('Write a page on one run or several: whether it worked, curves, metrics, recommendations, settings.')
    .argument('<runs...>', 'run directories; several must have the same data and the same split')
    .option('--json', 'print one JSON object per line');
  declareOptions(declareOptions(command, reportOptions), backendOptions);
  command.addHelpText(
    'after',
    `
The page is one HTML file for light and dark, wide and narrow screens. It runs no scripts and loads nothing. The same runs give the same bytes.
A run that is still in training, or was killed, gets its curves and settings alone; so does one that a program of yours made.

Examples:
  recsys report runs/movies
  recsys report runs/movies --items movies.csv --output movies.html
  recsys report runs/movies runs/movies-gbce --output compared.html`,
  );
  command.action(reportRuns);
};

const reportRuns = async (paths: readonly string[], given: Record<string, unknown>): Promise<void> => {
  const { output = 'report.html', title, colorBy, ...options } = pickOptions(reportOptions, given);
  if (options.sampleTargets !== undefined && !(Number.isInteger(options.sampleTargets) && options.sampleTargets >= 1))
    throw new UsageError('usage', `--sample-targets must be an integer of at least 1, got ${options.sampleTargets}`);
  const reporter = new Reporter({ json: given.json === true });
  const runs = await openReportedRuns(paths);
  const table = await openItemTable(runs[0].path, pickOptions(itemTableOptions, given), (reason) =>
    reporter.remark(reason),
  );
  const readable = runs.find(({ info }) => info !== undefined);
  const tested = runs.filter(({ info, isTested }) => info !== undefined && isTested);
  if (tested.length > 0) await startBackend(reporter, given);
  // Loaded here: no other command draws.
  const { createReport, describeData, sampleScores } = await import('@recsys/report');
  const loaded = readable && (await loadData(readable, given, reporter));
  const data = loaded && describeData(loaded.split, { source: loaded.dataset, order: loaded.order.text });
  const made =
    loaded !== undefined && tested.length > 0
      ? await testedParts(tested, reporter, {
          loaded,
          data: data!,
          protocol: options.protocol ?? tested[0].info!.protocol,
          k: options.k ?? tested[0].info!.k,
          sampleTargets: options.sampleTargets,
          groups: table.groupsBy(colorBy),
          sampleScores,
        })
      : undefined;
  const page = createReport({
    title: title ?? runs.map(({ name }) => name).join(', '),
    nameOf: table.nameOf,
    ...(data && { data }),
    ...(made && { baselines: made.baselines, notes: made.notes }),
    runs: runs.map((run) => ({ ...partsOfFiles(run), ...made?.parts.get(run.path) })),
  });
  writeText(output, page);
  const kilobytes = Math.ceil(Buffer.byteLength(page) / 1000);
  reporter.report('report', `${output} · ${formatCount(kilobytes)} KB`, { file: output, kilobytes });
};

const loadData = async (
  { path }: ReportedRun,
  given: Record<string, unknown>,
  reporter: Reporter,
): Promise<LoadedSplit> => {
  const { source, load } = await dataOfModel(path, pickOptions(runDataOptions, given));
  return reporter.during(`reading ${nameOf(source)}`, load);
};

/** Returns what a report shows of the files of a run alone. */
const partsOfFiles = ({ name, config, info, epochs, best, isTested }: ReportedRun): ReportRun => {
  const { format: _, ...settings } = config;
  const reason =
    info === undefined
      ? 'a program made this run, so the command knows neither its data nor its model; createReport of @recsys/report takes both'
      : isTested
        ? undefined
        : 'the run has no test yet, as its training has not ended';
  return {
    name,
    ...(config.model?.name !== undefined && { model: config.model.name }),
    epochs,
    best,
    settings,
    ...(reason !== undefined && { absent: { results: reason } }),
  };
};
