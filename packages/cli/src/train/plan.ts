import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SASRec, SASRecOptions } from '@recsys/sasrec';
import { createLoss, type FitOptions } from '@recsys/training';
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
import { fitOptionsOf, lossOf } from './fit-settings.js';
import { runName } from './run-names.js';
import { samplerNamed } from './samplers.js';
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
  const { seed = 0, negativeSampler = 'uniform' } = options;
  const modelName: ModelName = options.model ?? 'sasrec';
  const presetName = options.preset;
  const base = presetName === undefined ? undefined : models[modelName].preset(presetName);
  const { protocol = base?.fit.validation ? (base.fit.validation.protocol ?? 'sampled') : 'sampled', k = [10] } =
    options;
  const runDirectory = out ?? join('runs', runName(loaded.dataset, options));
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
    loss: lossOf(options),
    ...(negativeSampler !== 'uniform' && { negativeSampler }),
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
      ...fitOptionsOf(options, info, base?.fit),
      negativeSampler: samplerNamed(negativeSampler, loaded.split.train),
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
  const { name: lossName, ...lossOptions } = info.loss;
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
    fit: {
      ...(config.fit as unknown as FitOptions),
      loss: createLoss(lossName, lossOptions),
      negativeSampler: samplerNamed(info.negativeSampler ?? 'uniform', loaded.split.train),
      resume: true,
      ...(from && { from }),
      runInfo: { ...info },
    },
  };
};
