import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countData, type ItemFeatures, type UserSequences } from '@recsys/data';
import type { SequentialModel } from '@recsys/model';
import { createLoss, type FitOptions, type ModelSize, recommendedSettings } from '@recsys/training';
import { kebabCase, UsageError } from '../errors.js';
import {
  builtIns,
  builtInWithPreset,
  kindOf,
  kindOfRun,
  loadSavedModel,
  type ModelKind,
  openSavedModel,
  optionsFor,
} from '../models/index.js';
import {
  type DataSource,
  dataOptions,
  isSavedModel,
  itemOptions,
  type LoadedSplit,
  loadSplit,
  nameOf,
  openRunWithData,
  pickOptions,
  type RunInfo,
  readItems,
  readItemsOfRun,
  recordedItems,
  recordedSource,
  relativeTo,
  runDataOptions,
  splitOptions,
} from '../options/index.js';
import type { Reporter } from '../reporter.js';
import { type Base, epochsOf, fitOptionsOf, lossOf } from './fit-settings.js';
import { runName } from './run-names.js';
import { samplerFor } from './samplers.js';
import { assertModelOptions, configOptions, flagsOfModel, type TrainOptions } from './train-options.js';
import { reportData, reportItems, reportStart } from './training-report.js';

/** A training run that is ready to start. */
export interface Plan {
  readonly model: SequentialModel;
  /** Makes another model of the kind. */
  readonly create: ModelKind['create'];
  /** Features of items, if the model has some. */
  readonly features: ItemFeatures | undefined;
  readonly loaded: LoadedSplit;
  readonly runDirectory: string;
  readonly fit: FitOptions;
  readonly info: RunInfo;
}

/** Where a new run is, and how long it is trained. */
interface NewRun {
  /** Default: named by the data and the settings. */
  readonly out?: string | undefined;
  /** Whether the directory may hold a run that was stopped. Default false. */
  readonly mayExist?: boolean;
  /** Epochs, as a share of those that the options or the recipe say. Default 1. */
  readonly epochsShare?: number;
  /** Where it is tracked, as the run keeps it. Default nowhere. */
  readonly track?: string[] | undefined;
  /** The loss of every n-th step is logged, as the run keeps it. Default: of epochs alone. */
  readonly logSteps?: number | undefined;
}

/** Plans a new run from data and options. */
export const planNew = async (
  source: DataSource,
  { out, mayExist = false, epochsShare, track, logSteps, ...options }: TrainOptions & NewRun,
  reporter: Reporter,
): Promise<Plan> => {
  const { from: fromPath, keepItems = false } = options;
  if (keepItems && fromPath === undefined) throw new UsageError('usage', '--keep-items is for --from');
  const asked = options.model === undefined ? undefined : await kindOf(options.model);
  const opened =
    fromPath === undefined
      ? undefined
      : await openSavedModel(fromPath, (reason) => reporter.remark(reason), asked?.module?.path);
  const from = opened?.model;
  const kind = chosenKind({ ...options, asked }, opened?.kind);
  assertModelOptions(kind, options);
  const itemFlags = pickOptions(itemOptions, options);
  if (itemFlags.items !== undefined && kind.name !== 'sasrec')
    throw new UsageError('usage', `--items is for sasrec, and the model is ${kind.name}`);
  const features = await reporter.during(`reading ${itemFlags.items}`, () => readItems(itemFlags));
  if (features === undefined && from !== undefined && 'features' in from.config)
    throw new UsageError('usage', `${fromPath}: has features of items; give them by --items`);
  const kept = keepItems ? (from?.config.catalog.ids ?? []) : [];
  const loaded = await reporter.during(`reading ${nameOf(source)}`, () =>
    loadSplit(source, pickOptions({ ...dataOptions, ...splitOptions }, options), [...kept, ...(features?.ids ?? [])]),
  );
  reportData(reporter, nameOf(source), loaded);
  if (features !== undefined) reportItems(reporter, itemFlags.items!, features, loaded.split.catalog);
  const runDirectory = out ?? join('runs', runName(loaded.dataset, kind, options));
  if (!mayExist && existsSync(join(runDirectory, 'config.json'))) {
    throw new UsageError(
      'usage',
      `${runDirectory} already holds a run. Resume it with --resume ${runDirectory}, or choose another --out.`,
    );
  }
  if (from !== undefined) reportStart(reporter, fromPath!, loaded.split.catalog, from.config.catalog);
  return planRun({ source, loaded, kind, options, runDirectory, from, features, epochsShare, track, logSteps });
};

interface RunParts {
  readonly source: DataSource;
  readonly loaded: LoadedSplit;
  readonly kind: ModelKind;
  readonly options: TrainOptions;
  readonly runDirectory: string;
  /** The model of `options.from`. */
  readonly from?: SequentialModel | undefined;
  /** The features of `options.items`. */
  readonly features?: ItemFeatures | undefined;
  /** Epochs, as a share of those that the options or the recipe say. Default 1. */
  readonly epochsShare?: number | undefined;
  readonly track?: string[] | undefined;
  readonly logSteps?: number | undefined;
}

/** Plans a run on data that is loaded. */
export const planRun = ({
  source,
  loaded,
  kind,
  options: given,
  runDirectory,
  from,
  features,
  epochsShare,
  track = [],
  logSteps,
}: RunParts): Plan => {
  const { seed = 0, negativeSampler = 'uniform', from: fromPath, keepItems = false } = given;
  const { catalog, train } = loaded.split;
  const { create, definition, module } = kind;
  const published = presetOf(kind, given.preset);
  const { catalog: _, ...fromConfig } = from?.config ?? { catalog: undefined };
  const modelOptions = {
    ...(from === undefined && published === undefined && definition.recommended?.(countData(train))),
    ...fromConfig,
    ...published?.model,
    ...pickOptions(flagsOfModel(kind), given),
    ...(features && { features }),
    seed,
    catalog,
  };
  const model = create(optionsFor(kind, modelOptions));
  const baseFor = (epochs: number | undefined) => published ?? recommendedBase(train, model, epochs);
  const shared = epochsShare && Math.ceil(epochsShare * (epochsOf(given) ?? baseFor(undefined).fit.epochs ?? 1));
  const options = { ...given, ...(shared && { epochs: shared }) };
  const base = baseFor(epochsOf(options));
  const info: RunInfo = {
    data: recordedSource(runDirectory, source),
    dataOptions: pickOptions({ ...dataOptions, ...splitOptions }, options),
    protocol: options.protocol ?? (base.fit.validation || undefined)?.protocol ?? 'sampled',
    k: options.k ?? [Math.min(10, catalog.ids.length)],
    loss: lossOf(options, base),
    ...(negativeSampler !== 'uniform' && { negativeSampler }),
    ...(options.refit && { refit: true }),
    ...(fromPath !== undefined && { from: relativeTo(runDirectory, fromPath) }),
    ...((keepItems || features !== undefined) && {
      keptItems: catalog.ids.filter((_, i) => catalog.counts?.[i] === 0),
    }),
    ...(track.length > 0 && { track }),
    ...(logSteps !== undefined && { logSteps }),
    ...(module && { module: { path: relativeTo(runDirectory, module.path), sha256: module.sha256 } }),
    ...(features && { items: recordedItems(runDirectory, pickOptions(itemOptions, options))! }),
  };
  return {
    model,
    create,
    features,
    loaded,
    runDirectory,
    info,
    fit: {
      ...base.fit,
      ...fitOptionsOf(options, info, base.fit),
      negativeSampler: samplerFor(info, train, { hasFeatures: features !== undefined }),
      ...(from && { from }),
      ...(logSteps !== undefined && { logSteps }),
      runInfo: { ...info },
    },
  };
};

/** Returns the settings of a published model; undefined for those of the recipe. */
const presetOf = (kind: ModelKind, preset: TrainOptions['preset']): Base | undefined => {
  if (preset === undefined || preset === 'recommended') return undefined;
  const loss = { name: kind.loss };
  return { ...kind.preset(preset as never), loss, sampledLoss: loss };
};

/** Returns the settings that suit the data and a model of this size. */
const recommendedBase = (train: UserSequences, model: SequentialModel, epochs: number | undefined): Base => {
  const { loss, ...fit } = recommendedSettings(train, model.config as ModelSize, { epochs });
  return { model: {}, fit, loss, sampledLoss: { name: 'shared-cross-entropy', logQ: true } };
};

/**
 * Returns the kind of model to train: the one that is asked for, else that of the run to start from, or of the preset.
 * @throws {UsageError} where these differ.
 */
export const chosenKind = (
  { asked, preset, from: path }: Pick<TrainOptions, 'preset' | 'from'> & { readonly asked: ModelKind | undefined },
  started?: ModelKind,
): ModelKind => {
  const published = preset === undefined ? undefined : builtInWithPreset(preset); // undefined for the recipe, which is of any model
  const chosen = asked ?? started ?? published ?? builtIns.sasrec;
  if (started !== undefined && started.definition.name !== chosen.definition.name)
    throw new UsageError('usage', `--from ${path}: holds a ${started.name}, and the model is ${chosen.name}`);
  if (published !== undefined && published.name !== chosen.name)
    throw new UsageError(
      'usage',
      `--preset ${preset}: has settings of ${published.name}, and the model is ${chosen.name}`,
    );
  return chosen;
};

/** Plans the rest of a run that was stopped. */
export const planResumed = async (
  runDirectory: string,
  given: Record<string, unknown>,
  reporter: Reporter,
): Promise<Plan> => {
  const changed = Object.keys(given).filter(
    (key) => (key in configOptions && !(key in runDataOptions) && key !== 'model') || key === 'config',
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
  const kind = await kindOfRun(runDirectory, name, {
    given: given.model as string | undefined,
    onRemark: (remark) => reporter.remark(remark),
  });
  const { create } = kind;
  const features = await reporter.during(`reading ${info.items?.path}`, () => readItemsOfRun(runDirectory, info.items));
  const model = create({
    ...(modelConfig as object),
    ...(features && { features }),
    catalog: loaded.split.catalog,
  });
  const { name: lossName, ...lossOptions } = info.loss;
  // Only a refit still needs the model that the run started from.
  const from =
    info.refit && info.from !== undefined
      ? await loadSavedModel(join(runDirectory, info.from), (reason) => reporter.remark(reason), kind.module?.path)
      : undefined;
  return {
    model,
    create,
    features,
    loaded,
    runDirectory,
    info,
    fit: {
      ...(config.fit as unknown as FitOptions),
      loss: createLoss(lossName, lossOptions),
      negativeSampler: samplerFor(info, loaded.split.train, { hasFeatures: features !== undefined }),
      resume: true,
      ...(from && { from }),
      ...(info.logSteps !== undefined && { logSteps: info.logSteps }),
      runInfo: { ...info },
    },
  };
};
