import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { modelNameOf as titleOf } from '@recsys/model';
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
  modelEntry,
  modelNameOf,
  modelOfPreset,
  nameOf,
  openRunWithData,
  pickOptions,
  type RunInfo,
  recordedSource,
  relativeTo,
  runDataOptions,
  splitOptions,
  type TrainableModel,
} from '../options/index.js';
import type { Reporter } from '../reporter.js';
import { fitOptionsOf, lossOf } from './fit-settings.js';
import { runName } from './run-names.js';
import { samplerNamed } from './samplers.js';
import { assertModelOptions, configOptions, modelOptions, type TrainOptions } from './train-options.js';
import { reportData, reportStart } from './training-report.js';

/** A training run that is ready to start. */
export interface Plan {
  readonly model: TrainableModel;
  /** Makes another model of the kind. */
  readonly create: (options: never) => TrainableModel;
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
  const modelName = chosenModel(options, from);
  assertModelOptions(modelName, options);
  const loaded = await reporter.during(`reading ${nameOf(source)}`, () =>
    loadSplit(
      source,
      pickOptions({ ...dataOptions, ...splitOptions }, options),
      keepItems ? from?.config.catalog.ids : undefined,
    ),
  );
  reportData(reporter, nameOf(source), loaded);
  const { seed = 0, negativeSampler = 'uniform' } = options;
  const entry = modelEntry(modelName);
  const presetName = options.preset;
  const base = presetName === undefined ? undefined : entry.preset(presetName as never);
  const { protocol = base?.fit.validation ? (base.fit.validation.protocol ?? 'sampled') : 'sampled', k = [10] } =
    options;
  const runDirectory = out ?? join('runs', runName(loaded.dataset, { ...options, model: modelName }));
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
    loss: lossOf({ loss: entry.loss, ...options }),
    ...(negativeSampler !== 'uniform' && { negativeSampler }),
    ...(options.refit && { refit: true }),
    ...(fromPath !== undefined && { from: relativeTo(runDirectory, fromPath) }),
    ...(keepItems && { keptItems: catalog.ids.filter((_, i) => catalog.counts?.[i] === 0) }),
  };
  if (from !== undefined) reportStart(reporter, fromPath!, catalog, from.config.catalog);
  const { catalog: _, ...fromConfig } = from?.config ?? { catalog: undefined };
  const { create } = entry;
  const model = create({
    ...fromConfig,
    ...base?.model,
    ...pickOptions(modelOptions, options),
    seed,
    catalog,
  } as never);
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

/**
 * Returns the model to train: the one that is asked for, else that of the run to start from, or of the preset.
 * @throws {UsageError} where these differ.
 */
const chosenModel = ({ model, preset, from: path }: TrainOptions, from: TrainableModel | undefined): ModelName => {
  const started = from && modelNameOf(path!, titleOf(from));
  const published = preset === undefined ? undefined : modelOfPreset(preset);
  const chosen = model ?? started ?? published ?? 'sasrec';
  if (started !== undefined && started !== chosen)
    throw new UsageError('usage', `--from ${path}: holds a ${started}, and the model is ${chosen}`);
  if (published !== undefined && published !== chosen)
    throw new UsageError('usage', `--preset ${preset}: has settings of ${published}, and the model is ${chosen}`);
  return chosen;
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
  const { create } = modelEntry(modelNameOf(runDirectory, name));
  const model = create({
    ...(modelConfig as object),
    catalog: loaded.split.catalog,
  } as never);
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
