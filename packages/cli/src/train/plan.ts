import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SASRec, SASRecOptions } from '@recsys/sasrec';
import { createLoss, type FitOptions, type Loss, lossNames, type Protocol, type Schedule } from '@recsys/training';
import { kebabCase, UsageError } from '../errors.js';
import {
  type DataSource,
  dataOptions,
  isSavedModel,
  type LoadedSplit,
  loadSavedModel,
  loadSplit,
  type ModelName,
  modelNameOf,
  models,
  nameOf,
  openRunWithData,
  pickOptions,
  type RunInfo,
  recordedSource,
  relativeTo,
  runDataOptions,
  splitOptions,
} from '../options/index.js';
import type { Reporter } from '../reporter.js';
import { configOptions, modelOptions, type TrainOptions } from './train-options.js';
import { reportData, reportStart } from './training-report.js';

/** A training run that is ready to start. */
export interface Plan {
  readonly model: SASRec;
  /** Makes another model of the kind. */
  readonly create: (options: SASRecOptions) => SASRec;
  readonly loaded: LoadedSplit;
  readonly runDirectory: string;
  readonly fit: FitOptions;
  readonly info: RunInfo;
}

/** Plans a new run from data and options. */
export const planNew = async (
  source: DataSource,
  { out, ...options }: TrainOptions & { readonly out?: string | undefined },
  reporter: Reporter,
): Promise<Plan> => {
  const { from: fromPath, keepItems = false } = options;
  if (keepItems && fromPath === undefined) throw new UsageError('usage', '--keep-items is for --from');
  const from = fromPath === undefined ? undefined : await loadSavedModel(fromPath, (reason) => reporter.remark(reason));
  const loaded = await reporter.during(`reading ${nameOf(source)}`, () =>
    loadSplit(
      source,
      pickOptions({ ...dataOptions, ...splitOptions }, options),
      keepItems ? from?.config.catalog.ids : undefined,
    ),
  );
  reportData(reporter, nameOf(source), loaded);
  const { seed = 0 } = options;
  const modelName: ModelName = options.model ?? 'sasrec';
  const presetName = options.preset;
  const base = presetName === undefined ? undefined : models[modelName].preset(presetName);
  const { protocol = base?.fit.validation ? (base.fit.validation.protocol ?? 'sampled') : 'sampled', k = [10] } =
    options;
  const runDirectory = out ?? join('runs', `${loaded.dataset}-${presetName ?? modelName}-${seed}`);
  if (existsSync(join(runDirectory, 'config.json'))) {
    throw new UsageError(
      'usage',
      `${runDirectory} already holds a run. Resume it with --resume ${runDirectory}, or choose another --out.`,
    );
  }
  const { catalog } = loaded.split;
  const info: RunInfo = {
    data: recordedSource(runDirectory, source),
    dataOptions: pickOptions({ ...dataOptions, ...splitOptions }, options),
    protocol,
    k,
    ...(options.refit && { refit: true }),
    ...(fromPath !== undefined && { from: relativeTo(runDirectory, fromPath) }),
    ...(keepItems && { keptItems: catalog.ids.filter((_, i) => catalog.counts?.[i] === 0) }),
  };
  if (from !== undefined) reportStart(reporter, fromPath!, catalog, from.config.catalog);
  const { catalog: _, ...fromConfig } = from?.config ?? { catalog: undefined };
  const { create } = models[modelName];
  const model = create({
    ...fromConfig,
    ...base?.model,
    ...pickOptions(modelOptions, options),
    seed,
    catalog,
  } as SASRecOptions);
  return {
    model,
    create,
    loaded,
    runDirectory,
    info,
    fit: {
      ...base?.fit,
      ...fitOptionsOf(options, protocol, k, base?.fit),
      ...(from && { from }),
      runInfo: { ...info },
    },
  };
};

/** Plans the rest of a run that was stopped. */
export const planResumed = async (
  runDirectory: string,
  given: Record<string, unknown>,
  reporter: Reporter,
): Promise<Plan> => {
  const changed = Object.keys(given).filter(
    (key) => (key in configOptions && !(key in runDataOptions)) || key === 'config',
  );
  if (changed.length > 0)
    throw new UsageError(
      'usage',
      `--resume uses the options of the run; remove ${changed.map((key) => `--${kebabCase(key)}`).join(', ')}`,
    );
  if (isSavedModel(runDirectory))
    throw new UsageError(
      'usage',
      `${runDirectory}: is a saved model or a checkpoint; --resume needs the directory of a whole run, with its config.json`,
    );
  const { config, info, source } = await openRunWithData(runDirectory, pickOptions(runDataOptions, given));
  const loaded = await reporter.during(`reading ${nameOf(source)}`, () =>
    loadSplit(source, info.dataOptions, info.keptItems),
  );
  reportData(reporter, nameOf(source), loaded);
  const { name, ...modelConfig } = config.model;
  const { create } = models[modelNameOf(runDirectory, name)];
  const model = create({
    ...(modelConfig as object),
    catalog: loaded.split.catalog,
  });
  const loss = recordedLoss(config.loss);
  // Only a refit still needs the model that the run started from.
  const from =
    info.refit && info.from !== undefined
      ? await loadSavedModel(join(runDirectory, info.from), (reason) => reporter.remark(reason))
      : undefined;
  return {
    model,
    create,
    loaded,
    runDirectory,
    info,
    fit: { ...(config.fit as unknown as FitOptions), loss, resume: true, ...(from && { from }), runInfo: { ...info } },
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
    ...(schedule !== undefined && { schedule: schedules[schedule] }),
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
const recordedLoss = ({ name, numNegatives }: { name: string; numNegatives: number }): Loss => {
  const sampled = lossNames.filter((known) => known !== 'cross-entropy');
  const made =
    numNegatives === 0 ? [createLoss('cross-entropy')] : sampled.map((known) => createLoss(known, { numNegatives }));
  const loss = made.find((own) => own.name === name);
  if (loss === undefined)
    throw new UsageError('usage', `the run was trained with the loss ${name}, which this command does not have`);
  return loss;
};

const definedOnly = <T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
