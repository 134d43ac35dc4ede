import { fit } from '@recsys/training';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import type { ModelKind } from '../models/index.js';
import {
  backendOptions,
  databaseOptions,
  dataOptions,
  declareOptionGroups,
  givenFlags,
  itemOptions,
  mergeConfig,
  type OptionSpecs,
  pickOptions,
  sourceOf,
  splitOptions,
  startBackend,
} from '../options/index.js';
import {
  assertAsManyRanks,
  distributedOptions,
  openRanks,
  type Ranks,
  reporterOf,
  reportTraffic,
  resumeCommand,
  shareCores,
} from '../ranks/index.js';
import { formatCount } from '../reporter.js';
import { trackersOf, trackOptions, tracksOf, trackTest } from '../track/index.js';
import { interruptible, isFinished, stopOnClosedOutput } from './interruptible.js';
import { planNew, planResumed } from './plan.js';
import { isFirst, refit } from './refit.js';
import { newestRun } from './run-names.js';
import {
  budgetOptions,
  configOptions,
  fitOptions,
  flagsOfModel,
  modelOptions,
  presetOption,
  startOptions,
} from './train-options.js';
import { reportModel, reportTest, reportTraining, trainingReport } from './training-report.js';

/** Adds `recsys train` to a program. @param own the model of the user's own that the command line names. */
export const addTrainCommand = (program: Command, own?: ModelKind): void => {
  const modelFlags = own === undefined ? modelOptions : flagsOfModel(own);
  const command = program
    .command('train')
    .description('Train a model on a file of interactions, validate after each epoch, and test the best epoch once.')
    .argument(
      '[data]',
      'file of interactions: "user item [timestamp]" lines, CSV, TSV, MovieLens; plain, gzip or zip; - for standard input; a directory of recsys data prepare; or a dataset of recsys data get',
    )
    .option(
      '--out <directory>',
      'run directory (default runs/DATA-MODEL-SETTINGS-SEED, with the preset and the flags that were given)',
    )
    .option('--resume [run]', 'resume a run that was stopped; without a name, the newest one in runs')
    .option('--data <file>', 'with --resume: the data, if it has moved; - is standard input')
    .option('--config <file>', 'JSON object of options, with names in camel case; flags override it')
    .option('--json', 'print one JSON object per line');
  declareOptionGroups(command, [
    ['Model:', presetOption, startOptions, modelFlags],
    ['Training:', fitOptions, budgetOptions, trackOptions],
    ['Data:', dataOptions, databaseOptions],
    ['Items:', itemOptions],
    ['Split:', splitOptions],
    ['Computing:', backendOptions, distributedOptions],
  ]);
  command.addHelpText(
    'after',
    `
Examples:
  recsys train ratings.csv --out runs/movies
  recsys train ratings.csv --user userId --item movieId --time timestamp
  recsys train ml-1m.txt --preset paper --seed 1
  recsys train --database postgres://ann@db/shop --out runs/shop \\
    --sql "select user_id, product_id, bought_at from orders" \\
    --user user_id --item product_id --time bought_at
  gzip -dc events.csv.gz | recsys train - --out runs/events
  recsys train ratings.csv --items movies.csv --item-id movieId \\
    --item-categories genres
  recsys train --resume runs/movies
  recsys train ratings.csv --track mlflow+http://localhost:5000#movies
  recsys train ratings.csv --model ./my-model.ts --help
  recsys train today.csv --from runs/yesterday --epochs 3 --out runs/today
  mpirun -n 2 recsys train ratings.csv --out runs/movies --distributed

A run keeps the URL of its database without the password, and the query. It reads them again when it is resumed or evaluated; the result must be the same then.
Ctrl-C saves a checkpoint and exits with code 130; the run can be resumed.`,
  );
  command.action((data: string | undefined) => train(data, givenFlags(command), modelFlags));
};

const train = async (
  data: string | undefined,
  given: Record<string, unknown>,
  modelFlags: OptionSpecs,
): Promise<void> => {
  const ranks = await openRanks(given);
  await trainOn(ranks, data, { given, modelFlags });
  await ranks?.close(); // a rank that ends without it, after an error, ends all of them
};

const trainOn = async (
  ranks: Ranks,
  data: string | undefined,
  { given, modelFlags }: { given: Record<string, unknown>; modelFlags: OptionSpecs },
): Promise<void> => {
  const reporter = reporterOf(ranks, { json: given.json === true });
  const resumed = given.resume === true ? newestRun('runs') : (given.resume as string | undefined);
  const specs = { ...configOptions, ...modelFlags, ...trackOptions } as typeof configOptions & typeof trackOptions;
  const all =
    resumed === undefined
      ? mergeConfig(specs, given, given.config as string | undefined)
      : pickOptions(trackOptions, given);
  const { track: wanted, ...options } = all;
  const track = wanted === undefined ? undefined : tracksOf(wanted);
  const source = resumed === undefined ? await sourceOf(data, pickOptions(databaseOptions, options)) : undefined;
  if (resumed === undefined ? source === undefined : data !== undefined)
    throw new UsageError('usage', 'give either a data file, --database with --sql, or --resume RUN');
  if (ranks !== undefined && [source, given.data].includes('-'))
    throw new UsageError(
      'usage',
      '--distributed needs data that each rank can read, and standard input has one reader',
    );
  const budget = pickOptions(budgetOptions, given);
  const controller = new AbortController();
  stopOnClosedOutput(controller);
  await shareCores(reporter, ranks);
  await startBackend(reporter, given);
  const plan =
    resumed === undefined
      ? await planNew(
          source!,
          { ...options, out: given.out as string | undefined, track, logSteps: budget.logSteps },
          reporter,
        )
      : await planResumed(resumed, given, reporter);
  const { model, loaded, runDirectory } = plan;
  if (resumed !== undefined) assertAsManyRanks(ranks, runDirectory, plan.fit.parts);
  const parallel = ranks && { communicator: ranks, parts: plan.fit.parts ?? ranks.size };
  reportModel(reporter, model);
  reportTraining(reporter, { ...plan.fit, ...parallel }, plan.info.loss);
  // A resumed run is tracked where it was, unless this time it is told otherwise. One of several ranks tracks.
  const trackersFor = trackersOf(
    isFirst({ ...parallel }) ? (track ?? plan.info.track ?? []) : [],
    runDirectory,
    reporter,
  );
  const trackers = trackersFor(runDirectory);

  const ended = await interruptible(reporter, controller, async () => {
    const result = await fit(model, loaded.split, {
      ...plan.fit,
      ...budget,
      ...parallel,
      runDirectory,
      signal: controller.signal,
      callbacks: [trainingReport(reporter, plan.fit.epochs), ...trackers],
    });
    reportTraffic(reporter, ranks, result.history.at(-1)?.gradientBytes);
    if (!isFinished(result)) return result;
    const limits = { ...budget, ...parallel, signal: controller.signal };
    if (isFirst(limits)) await trackTest(trackers, await reportTest(reporter, plan, result));
    if (plan.info.refit !== true) return result;
    return refit(reporter, plan, result.best?.epoch ?? result.epochs, { limits, trackersFor });
  });
  if (!isFinished(ended)) {
    reporter.report(
      'stopped',
      `${ended.stopped} at step ${formatCount(ended.steps)}. Resume with: ${resumeCommand(runDirectory, ranks)}`,
      {
        reason: ended.stopped,
        steps: ended.steps,
        run: runDirectory,
      },
    );
    if (ended.stopped === 'aborted') process.exitCode ??= 130;
    return;
  }
  reporter.report('saved', runDirectory, { run: runDirectory });
};
