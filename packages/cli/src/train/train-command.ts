import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { type PresetName, preset, SASRec, type SASRecOptions } from '@recsys/sasrec';
import {
  createLoss,
  evaluate,
  type FitOptions,
  fit,
  type Loss,
  lossNames,
  markovChainBaseline,
  type Protocol,
  popularityBaseline,
  type Schedule,
} from '@recsys/training';
import { RunDirectory } from '@recsys/training/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { dataOptions, type LoadedSplit, loadSplit, locateData } from '../options/load-split.js';
import { declareOptions, type GivenOptions, mergeConfig, type OptionSpecs } from '../options/options.js';
import { openRun, type RunInfo } from '../options/run-info.js';
import { backendOptions, startBackend } from '../options/shared-options.js';
import { formatCount, formatMetrics, formatProtocol, formatSeconds, Reporter } from '../reporter.js';
import {
  configOptions,
  fitOptions,
  modelOptions,
  presetOption,
  sittingOptions,
  type TrainOptions,
} from './train-options.js';

/** Adds `recsys train` to a program. */
export const addTrainCommand = (program: Command): void => {
  const command = program
    .command('train')
    .description('Train SASRec on a file of interactions, validate as it goes, and test the best epoch once.')
    .argument(
      '[data]',
      'file of interactions: "user item [timestamp]" lines, CSV, TSV, MovieLens; plain, gzip or zip; or a dataset of recsys data get',
    )
    .option('--out <directory>', 'where to keep the run (default runs/NAME-PRESET-SEED)')
    .option('--resume <run>', 'go on with a run that was stopped')
    .option('--data <file>', 'with --resume: the data, where it has moved')
    .option('--config <file>', 'JSON object of options by their names in camel case; flags win')
    .option('--json', 'print one JSON object a line');
  for (const specs of [presetOption, modelOptions, fitOptions, dataOptions, sittingOptions, backendOptions]) {
    declareOptions(command, specs);
  }
  command.addHelpText(
    'after',
    `
Examples:
  recsys train ratings.csv --user userId --item movieId --time timestamp --out runs/movies
  recsys train ml-1m.txt --preset paper --seed 1
  recsys train --resume runs/movies
Ctrl-C saves a checkpoint and leaves with exit code 130; the run can be resumed.`,
  );
  command.action((data: string | undefined, given: Record<string, unknown>) => train(data, given));
};

const train = async (data: string | undefined, given: Record<string, unknown>): Promise<void> => {
  const reporter = new Reporter({ json: given.json === true });
  const resumed = given.resume as string | undefined;
  if ((data === undefined) === (resumed === undefined))
    throw new UsageError('usage', 'give a data file, or --resume RUN; one of the two');
  const sitting = mergeConfig(sittingOptions, given, undefined);
  await startBackend(reporter, given);
  const plan =
    resumed === undefined ? await planNew(data!, given, reporter) : await planResumed(resumed, given, reporter);
  const { model, loaded, runDirectory, info } = plan;
  reportModel(reporter, model);

  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    reporter.remark('stopping after this step; once more to stop at once');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const result = await fit(model, loaded.split, {
    ...plan.fit,
    ...sitting,
    runDirectory,
    signal: controller.signal,
    callbacks: [trainingReport(reporter, plan.fit.epochs)],
  });
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  if (result.stopped !== 'epochs' && result.stopped !== 'patience') {
    reporter.report(
      'stopped',
      `${result.stopped} at step ${formatCount(result.steps)}. Go on with: recsys train --resume ${runDirectory}`,
      {
        reason: result.stopped,
        steps: result.steps,
        run: runDirectory,
      },
    );
    if (result.stopped === 'aborted') process.exitCode = 130;
    return;
  }
  await reportTest(reporter, plan, info, result.best?.epoch ?? result.epochs);
  reporter.report('saved', runDirectory, { run: runDirectory });
};

interface Plan {
  readonly model: SASRec;
  readonly loaded: LoadedSplit;
  readonly runDirectory: string;
  readonly fit: FitOptions;
  readonly info: RunInfo;
}

const planNew = async (named: string, given: Record<string, unknown>, reporter: Reporter): Promise<Plan> => {
  const data = await locateData(named);
  const options = mergeConfig(configOptions, withoutDefaults(given), given.config as string | undefined);
  const loaded = await loadSplit(data, pick(options, dataOptions));
  reportData(reporter, data, loaded);
  const { seed = 0 } = options;
  const presetName = options.preset as PresetName | undefined;
  const base = presetName === undefined ? undefined : preset(presetName);
  const { protocol = base?.fit.validation ? (base.fit.validation.protocol ?? 'sampled') : 'sampled', k = [10] } =
    options;
  const runDirectory =
    (given.out as string | undefined) ?? join('runs', `${loaded.dataset}-${presetName ?? 'sasrec'}-${seed}`);
  if (existsSync(join(runDirectory, 'config.json'))) {
    throw new UsageError(
      'usage',
      `${runDirectory} holds a run already. Go on with it by --resume ${runDirectory}, or choose another --out.`,
    );
  }
  const info: RunInfo = { data: relativeTo(runDirectory, data), dataOptions: pick(options, dataOptions), protocol, k };
  const model = new SASRec({
    ...base?.model,
    ...pick(options, modelOptions),
    seed,
    catalog: loaded.split.catalog,
  } as SASRecOptions);
  return {
    model,
    loaded,
    runDirectory,
    info,
    fit: { ...base?.fit, ...fitOptionsOf(options, protocol, k, base?.fit), runInfo: { ...info } },
  };
};

const planResumed = async (runDirectory: string, given: Record<string, unknown>, reporter: Reporter): Promise<Plan> => {
  const changed = Object.keys(withoutDefaults(given)).filter((key) => key in configOptions || key === 'config');
  if (changed.length > 0)
    throw new UsageError('usage', `--resume takes the run's own options; leave out ${changed.join(', ')}`);
  const { config, info, dataPath } = await openRun(runDirectory, given.data as string | undefined);
  const loaded = await loadSplit(dataPath, info.dataOptions);
  reportData(reporter, dataPath, loaded);
  const { name: _, ...modelConfig } = config.model;
  const model = new SASRec({ ...(modelConfig as object), catalog: loaded.split.catalog });
  const loss = recordedLoss(config.loss);
  return {
    model,
    loaded,
    runDirectory,
    info,
    fit: { ...(config.fit as FitOptions), loss, resume: true, runInfo: { ...info } },
  };
};

const fitOptionsOf = (
  options: TrainOptions,
  protocol: Protocol,
  k: number[],
  base: Partial<FitOptions> | undefined,
): FitOptions => {
  const { epochs = 200, seed = 0, weightDecay, schedule, warmUpSteps = 1000, loss = 'bce' } = options;
  const { metric = `ndcg@${k[0]}`, validationEvery, validationSampleTargets, patience } = options;
  const schedules: Record<string, Schedule> = {
    constant: { kind: 'constant' },
    'warm-up': { kind: 'warm-up', steps: warmUpSteps },
    'one-cycle': { kind: 'one-cycle' },
  };
  return {
    epochs,
    seed,
    ...definedOnly({
      batchSize: options.batchSize,
      learningRate: options.learningRate,
      clipNorm: options.clipNorm,
      embeddingL2: options.embeddingL2,
      sampling: options.sampling,
      checkpointEvery: options.checkpointEvery,
    }),
    ...(schedule !== undefined && { schedule: schedules[schedule]! }),
    adam: { ...base?.adam, ...(weightDecay !== undefined && { weightDecay }) },
    loss: createLoss(loss, definedOnly({ numNegatives: options.numNegatives })),
    validation: {
      ...(base?.validation || undefined),
      protocol,
      k,
      metric,
      ...definedOnly({ every: validationEvery, sampleTargets: validationSampleTargets, patience }),
    },
  };
};

/** Returns the loss that a run recorded. */
const recordedLoss = ({ name, numNegatives }: { name: string; numNegatives: number }): Loss =>
  lossNames
    .map((known) => createLoss(known, numNegatives > 0 ? { numNegatives } : {}))
    .find((loss) => loss.name === name)!;

const trainingReport = (reporter: Reporter, epochs: number): NonNullable<FitOptions['callbacks']>[number] => {
  let secondsBefore = 0;
  return {
    onResume: ({ epoch, batch, step }, refused) => {
      for (const { reason } of refused) reporter.remark(`passed over a damaged checkpoint: ${reason}`);
      reporter.report('resumed', `at epoch ${epoch}, batch ${batch}`, { epoch, batch, step });
    },
    onStep: ({ epoch, batch, batches, loss }) =>
      reporter.progress(`epoch ${epoch}/${epochs}`, batch, batches, `loss ${loss.toFixed(4)}`),
    onValidation: (done, total) => {
      if (done < total) reporter.progress('validation', done, total);
      else reporter.stopBar();
    },
    onEpoch: ({ epoch, loss, seconds, validation, ...rest }, best) => {
      const metrics = Object.entries(validation ?? {}).map(
        ([name, value]) => `${name.toUpperCase()} ${value.toFixed(4)}`,
      );
      const remark =
        best === null
          ? ''
          : best.epoch === epoch
            ? '  best so far'
            : `  (best ${best.value.toFixed(4)} at ${best.epoch})`;
      const took = seconds - secondsBefore;
      secondsBefore = seconds;
      const left = formatSeconds((epochs - epoch) * took);
      reporter.report(
        'epoch',
        `${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${metrics.join('  ')}${remark}  ${formatSeconds(took)}/epoch  eta ${left}`,
        {
          epoch,
          loss,
          seconds,
          ...(validation && { validation }),
          ...rest,
        },
      );
    },
  };
};

/** Tests the model and the baselines on the same candidates, and adds the result to the run's log. */
const reportTest = async (
  reporter: Reporter,
  { model, loaded, runDirectory }: Plan,
  info: RunInfo,
  epoch: number,
): Promise<void> => {
  const { protocol, k } = info;
  const { test, train } = loaded.split;
  for (const [name, baseline] of [
    ['popularity', popularityBaseline(train)],
    ['Markov chain', markovChainBaseline(train)],
  ] as const) {
    const result = await evaluate(baseline, test, { protocol, k });
    reporter.report('baseline', `${formatMetrics(result)}   ${name}`, { name, metrics: result.metrics });
  }
  const result = await evaluate(model, test, {
    protocol,
    k,
    onProgress: (done, total) => (done < total ? reporter.progress('test', done, total) : reporter.stopBar()),
  });
  const record = { protocol, numTargets: result.numTargets, epoch, metrics: result.metrics };
  await (await RunDirectory.open(runDirectory)).log({ event: 'test', ...record });
  reporter.report('test', `${formatMetrics(result)}   ${formatProtocol(result)}, epoch ${epoch}`, record);
};

const reportData = (reporter: Reporter, path: string, loaded: LoadedSplit): void => {
  const { users, items, interactions, medianLength, skipped } = loaded;
  const parts = [
    path,
    `${formatCount(users)} users`,
    `${formatCount(items)} items`,
    `${formatCount(interactions)} interactions`,
    `median length ${medianLength}`,
  ];
  if (skipped > 0) parts.push(`${formatCount(skipped)} lines skipped`);
  reporter.report('data', parts.join(' · '), { path, users, items, interactions, medianLength, skipped });
};

const reportModel = (reporter: Reporter, model: SASRec): void => {
  const { catalog: _, ...config } = model.config;
  const weights = model.trainableWeights().reduce((sum, { variable }) => sum + variable.size, 0);
  const { wiring, hiddenUnits, numBlocks, numHeads, maxLength } = config;
  const text = [
    `SASRec ${wiring} wiring`,
    `${hiddenUnits} units`,
    `${numBlocks} blocks`,
    `${numHeads} ${numHeads === 1 ? 'head' : 'heads'}`,
    `maxLength ${maxLength}`,
    `${formatCount(weights)} weights`,
  ];
  reporter.report('model', text.join(' · '), { ...config, weights });
};

/** Returns the options that are among the specs. */
const pick = <Specs extends OptionSpecs>(
  options: Readonly<Record<string, unknown>>,
  specs: Specs,
): GivenOptions<Specs> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => key in specs)) as GivenOptions<Specs>;

const definedOnly = <T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };

/** Returns flags without those that commander sets by itself: a `--no-` flag that was not given is true. */
const withoutDefaults = (given: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== true));

/** Returns a path from a directory, so that both can be moved together. */
const relativeTo = (directory: string, path: string): string => {
  const from = relative(resolve(directory), resolve(path));
  return isAbsolute(from) ? path : from;
};
