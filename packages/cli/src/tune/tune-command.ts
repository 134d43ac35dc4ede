import { join } from 'node:path';
import { writeFileAtomically } from '@recsys/data/node';
import type { FitOptions } from '@recsys/training';
import { halvingRungs, type Settings, type Trial, type TrialPlan, tune } from '@recsys/training/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { kindOf, type ModelKind } from '../models/index.js';
import {
  backendOptions,
  type DataSource,
  databaseOptions,
  dataOptions,
  declareOptionGroups,
  givenFlags,
  type LoadedSplit,
  loadSplit,
  mergeConfig,
  nameOf,
  type OptionSpecs,
  pickOptions,
  sourceOf,
  splitOptions,
  startBackend,
} from '../options/index.js';
import { Reporter } from '../reporter.js';
import {
  assertModelOptions,
  builtInOption,
  chosenKind,
  configOptions,
  fitOptions,
  interruptible,
  modelOptions,
  planRun,
  reportData,
  stopOnClosedOutput,
  type TrainOptions,
} from '../train/index.js';
import { parseDuration } from './duration.js';
import { type StartingPoint, searchSpace, trainDefaults } from './starting-point.js';
import { reportRecord, reportTable, roundsOf, trialsPicture } from './tune-report.js';
import { chooserFor, workerOptions } from './worker-options.js';

const tuneOptions = {
  trials: { flags: '--trials <n>', help: 'number of settings to try (default 20)', type: 'number' },
  budget: {
    flags: '--budget <time>',
    help: 'time for training and validation of all trials together, in all processes, such as 30m or 2h (default: no limit)',
    type: 'string',
  },
  eta: {
    flags: '--eta <n>',
    help: 'the best 1/n of the trials of a round go on, for n times as many epochs (default 3)',
    type: 'number',
  },
  out: {
    flags: '--out <directory>',
    help: 'directory for the state, the runs and the results (default tuning/DATA-MODEL-SEED)',
    type: 'string',
  },
} as const satisfies OptionSpecs;

const { refit: _, ...trialOptions } = fitOptions;
/** Flags of `recsys train` that a trial has no use for. */
const notForTrials = ['from', 'keepItems', 'refit'] as const;

/** Adds `recsys tune` to a program. */
export const addTuneCommand = (program: Command): void => {
  const command = program
    .command('tune')
    .description('Search for the settings that validate best, and write them for recsys train.')
    .argument('[data]', 'data as recsys train takes it')
    .option('--config <file>', 'JSON object of options, as for recsys train; flags override it')
    .option('--json', 'print one JSON object per line');
  declareOptionGroups(command, [
    ['Search:', tuneOptions, workerOptions],
    ['Model:', builtInOption, modelOptions],
    ['Training:', trialOptions],
    ['Data:', dataOptions, databaseOptions],
    ['Split:', splitOptions],
    ['Computing:', backendOptions],
  ]);
  command.addHelpText(
    'after',
    `
It tries hidden units, blocks, dropout rate, learning rate, maximal length, and the loss with its number of negatives. The first trial has the settings that recsys train would take, and the others are drawn around it at random. An option that is given, by a flag or in --config, is the same in all trials.
All trials are trained for a few epochs; the best third goes on for three times as many, and so on, until the last ones have --epochs (successive halving, Jamieson & Talwalkar 2016). Trials are compared by the metric of validation; the test part is never looked at.
With --budget, each round has an equal share of the time, and each trial of a round an equal share of what is left. Results then depend on the speed of the machine.
Stop it and run the same command again to go on; after Ctrl-C or a kill it ends as one that was never stopped. --budget may be another one then.
Run the same command as often as you like, at the same time, on machines that share the directory: each process trains trials that no other has, takes over those of processes that are gone, and ends with the same result. The times of all count for --budget, so four processes spend it in a quarter of the time. The engine must be the same on all machines; see RECSYS_ENGINE.
With --chooser optuna, the program optuna (pip install optuna, or Debian's python3-optuna) chooses each trial from the results so far, and all trials have --epochs. The database has the study; the directory has the rest, and must be shared all the same. SQLite is for one machine, PostgreSQL for several.
It writes best.json, for recsys train --config, trials.svg, a picture of all trials, and a run for each trial.

Examples:
  recsys tune ratings.csv --trials 20 --budget 30m --out tuning/movies
  recsys train ratings.csv --config tuning/movies/best.json --out runs/movies
  recsys tune ratings.csv --loss gbce --hidden-units 64 --epochs 60
  recsys tune ratings.csv --trials 100 --out /shared/tuning --storage postgresql://ann@db/optuna`,
  );
  // The settings to start from are chosen here and nowhere else.
  command.action((data: string | undefined) => tuneData(data, givenFlags(command), trainDefaults));
};

const tuneData = async (
  data: string | undefined,
  given: Record<string, unknown>,
  startingPoint: StartingPoint,
): Promise<void> => {
  const { trials = 20, budget, eta, out } = pickOptions(tuneOptions, given);
  for (const [flag, value, least] of [
    ['--trials', trials, 1],
    ['--eta', eta, 2],
  ] as const)
    if (value !== undefined && !(Number.isInteger(value) && value >= least))
      throw new UsageError('usage', `${flag} must be an integer of at least ${least}, got ${value}`);
  const seconds = budget === undefined ? undefined : parseDuration('--budget', budget);
  const options: TrainOptions = mergeConfig(
    { ...configOptions, ...builtInOption },
    given,
    given.config as string | undefined,
  );
  for (const name of notForTrials)
    if (options[name] !== undefined) throw new UsageError('usage', `${name} is for recsys train, not for recsys tune`);
  const asked = options.model === undefined ? undefined : await kindOf(options.model);
  const kind = chosenKind({ ...options, asked });
  assertModelOptions(kind, options);
  const source = await sourceOf(data, pickOptions(databaseOptions, options));
  if (source === undefined) throw new UsageError('usage', 'give a data file, or --database with --sql');
  const reporter = new Reporter({ json: given.json === true });
  await startBackend(reporter, given);
  const loaded = await reporter.during(`reading ${nameOf(source)}`, () =>
    loadSplit(source, pickOptions({ ...dataOptions, ...splitOptions }, options)),
  );
  reportData(reporter, nameOf(source), loaded);
  const { seed = 0 } = options;
  const directory = out ?? join('tuning', `${loaded.dataset}-${options.preset ?? kind.name}-${seed}`);
  const worker = pickOptions(workerOptions, given);
  const chooser = chooserFor(worker, { directory, eta });
  const plan = planRun({ source, loaded, kind, options, runDirectory: directory });
  const start = startingPoint(plan);
  const { epochs } = plan.fit;
  const { metric = 'ndcg@10', every = 1 } = plan.fit.validation || {};
  const { numHeads = 1 } = plan.model.config as { numHeads?: number };
  plan.model.dispose();
  const rungs = chooser === undefined ? halvingRungs({ trials, epochs, eta: eta ?? 3 }) : [{ trials, epochs }];
  // A round ends with a validation, so the first must not be shorter than the time between two.
  const { validationEvery = Math.min(every, rungs[0].epochs) } = options;
  const common = { ...options, epochs, validationEvery, seed };
  const space = searchSpace(start, { ...options, numHeads }, loaded);
  reporter.report(
    'search',
    `${Object.keys(space).join(', ')} · trials: ${roundsOf(rungs)}${chooser ? ', chosen by Optuna' : ''}`,
    {
      ...{ directory, start, space, rungs },
      ...(chooser && { chooser: chooser.identity }),
    },
  );
  const controller = new AbortController();
  stopOnClosedOutput(controller);
  const search = () =>
    tune(loaded.split, {
      directory,
      start,
      space,
      trials,
      epochs,
      eta,
      seed,
      seconds,
      chooser,
      common: sharedBy({ ...common, model: kind.name }),
      leaseSeconds: worker.lease,
      signal: controller.signal,
      prepare: (trial) => planTrial(reporter, trial, { source, loaded, kind, options: common }),
      onRecord: (record, { settings }) => reportRecord(reporter, record, { metric, rungs: rungs.length, settings }),
      onWait: (left) =>
        reporter.report('waiting', `for ${left} ${left === 1 ? 'trial' : 'trials'} of other processes`, { left }),
    });
  const result = await interruptible(reporter, controller, search);
  if (result.stopped === 'aborted') {
    const text = `after ${result.trials.length} of ${trials} trials. Run the same command again to go on.`;
    reporter.report('stopped', text, { directory });
    process.exitCode ??= 130;
    return;
  }
  reportTable(reporter, result, metric);
  const [best, picture] = [join(directory, 'best.json'), join(directory, 'trials.svg')];
  const config = bestConfig(common, result.best!.settings);
  await writeFileAtomically(best, `${JSON.stringify(config, null, 2)}\n`);
  await writeFileAtomically(picture, trialsPicture(result, metric));
  reporter.report('picture', picture, { file: picture });
  reporter.report('saved', `${best}. Train with: recsys train ${nameOf(source)} --config ${best}`, { file: best });
};

/** Returns the model of a trial and how it is trained: as `recsys train` does with the same options. */
const planTrial = (
  reporter: Reporter,
  { trial, settings, directory }: Trial,
  parts: { source: DataSource; loaded: LoadedSplit; kind: ModelKind; options: TrainOptions },
): TrialPlan => {
  const options = { ...parts.options, ...settings } as TrainOptions;
  const { model, fit } = planRun({ ...parts, options, runDirectory: directory });
  const { epochs, ...rest } = fit;
  const onStep: NonNullable<FitOptions['callbacks']>[number]['onStep'] = ({ epoch, batch, batches, loss }) =>
    reporter.progress(`trial ${trial}, epoch ${epoch}/${epochs}`, batch, batches, `loss ${loss.toFixed(4)}`);
  return { model, fit: { ...rest, callbacks: [{ onStep }] } };
};

/** Returns options for `recsys train --config` that train the best trial again, bit for bit; the data is named by the command line. */
const bestConfig = ({ database: _, sql: __, ...options }: TrainOptions, settings: Settings): TrainOptions =>
  ({ ...options, ...settings }) as TrainOptions;

/** Returns the options that must be the same in all processes of a search; files may have other paths on other machines. */
const sharedBy = ({ database: _, sql: __, items: ___, ...options }: TrainOptions): Readonly<Record<string, unknown>> =>
  options;
