import {
  type EvaluationSet,
  featuresOfCatalog,
  type Id,
  type IdMap,
  type ItemFeatures,
  indexOfId,
  widthOf,
} from '@recsys/data';
import { HSTU } from '@recsys/hstu';
import { modelNameOf, type SequentialModel } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import {
  type BaselineComparison,
  type BestEpoch,
  compareToBaselines,
  type EpochRecord,
  type EvaluationResult,
  evaluate,
  type FitOptions,
  type FitResult,
  type LogLine,
  type TestRecord,
} from '@recsys/training';
import { RunDirectory } from '@recsys/training/node';
import { baselinesFor } from '../evaluate/index.js';
import { type LoadedSplit, type RunInfo, reportOrder } from '../options/index.js';
import { formatCount, formatProtocol, formatSeconds, indent, namedMetrics, type Reporter } from '../reporter.js';
import { adviceFor } from './advice.js';

/** Returns callbacks of `fit` that report each epoch, and show progress between. */
export const trainingReport = (reporter: Reporter, epochs: number): NonNullable<FitOptions['callbacks']>[number] => {
  let secondsBefore = 0;
  /** Batches of the epoch that were trained on before this process resumed it. */
  let batchesBefore = 0;
  let batchesOfEpoch = 1;
  return {
    onResume: ({ epoch, batch, step, seconds, refused }) => {
      secondsBefore = seconds;
      batchesBefore = batch;
      for (const { reason } of refused) reporter.remark(`skipped a damaged checkpoint: ${reason}`);
      const text = epoch > epochs ? `after all ${epochs} epochs` : `at epoch ${epoch}, batch ${batch}`;
      reporter.report('resumed', text, { epoch, batch, step });
    },
    onStep: ({ epoch, batch, batches, loss }) => {
      batchesOfEpoch = batches;
      reporter.progress(`epoch ${epoch}/${epochs}`, batch, batches, `loss ${loss.toFixed(4)}`);
    },
    onValidation: (done, total) => reporter.progress('validation', done, total),
    onEpoch: ({ epoch, loss, seconds, validation, ...rest }, best) => {
      // Of an epoch that was resumed, only a part was trained now.
      const share = (batchesOfEpoch - batchesBefore) / batchesOfEpoch || 1;
      const secondsPerEpoch = (seconds - secondsBefore) / share;
      secondsBefore = seconds;
      batchesBefore = 0;
      const width = String(epochs).length;
      const text = [
        `${String(epoch).padStart(width)}/${epochs}`,
        `loss ${loss.toFixed(4)}`,
        ...validationTexts({ epoch, validation, best }),
        formatSeconds(secondsPerEpoch),
        ...(epoch < epochs ? [`eta ${formatSeconds((epochs - epoch) * secondsPerEpoch)}`] : []),
      ].join('  ');
      const isBest = best?.epoch === epoch;
      const event = { epoch, loss, seconds, ...(validation && { validation }), ...rest };
      reporter.report('epoch', text, event, isBest ? { style: 'green' } : {});
    },
  };
};

/** Returns the metric that picks the best epoch, and which epoch that is so far; all metrics are in the log. */
const validationTexts = ({
  epoch,
  validation,
  best,
}: {
  epoch: number;
  validation: Readonly<Record<string, number>> | undefined;
  best: BestEpoch | undefined;
}): string[] => {
  if (best === undefined) return [];
  const { metric } = best;
  const remark = best.epoch === epoch ? 'best so far' : `best at ${best.epoch}`;
  const value = validation?.[metric]?.toFixed(4) ?? '';
  return [`${metric.toUpperCase()} ${value.padEnd(6)}`, remark.padEnd('best so far'.length)];
};

/** A run whose training has ended. */
interface TestedRun {
  readonly model: SequentialModel;
  readonly loaded: LoadedSplit;
  readonly runDirectory: string;
  readonly info: RunInfo;
  readonly fit: FitOptions;
}

/** Tests the model and the baselines on the same candidates, says how they compare, adds the test to the run's log, and returns it. */
export const reportTest = async (
  reporter: Reporter,
  run: TestedRun,
  { best, epochs, stopped }: Pick<FitResult, 'best' | 'epochs' | 'stopped'>,
): Promise<TestRecord> => {
  const { model, loaded, runDirectory, info } = run;
  const { test, train } = loaded.split;
  const evaluated = (name: string, subject: Subject) => evaluateAs(reporter, name, subject, test, info);
  const ofBaselines: Record<string, EvaluationResult> = {};
  const logged: Record<string, EvaluationResult['metrics']> = {};
  for (const { name, inText, create } of baselinesFor(train)) {
    const result = await evaluated(name, create(train));
    ofBaselines[inText] = result;
    logged[name] = result.metrics;
    const { text, lines } = namedMetrics(name, result);
    reporter.report('baseline', text, { name, metrics: result.metrics }, { lines });
  }
  reportBest(reporter, await validatedEpochs(runDirectory));
  const result = await evaluated('test', model);
  const epoch = best?.epoch ?? epochs;
  const record = testRecord(result, epoch);
  await logTest(runDirectory, { ...record, baselines: logged });
  const { text, lines } = namedMetrics(modelNameOf(model), result);
  reporter.report(
    'test',
    text,
    { ...record },
    {
      lines: [...lines, `${indent}${formatProtocol(result)}, epoch ${epoch}`],
      style: 'bold',
    },
  );
  reportVerdict(reporter, compareToBaselines(result, ofBaselines), adviceFor(run, { best, stopped }));
  return record;
};

type Subject = Parameters<typeof evaluate>[0];

/** Evaluates a model or a baseline by the protocol of a run, and shows progress under a name. */
export const evaluateAs = (
  reporter: Reporter,
  name: string,
  subject: Subject,
  set: EvaluationSet,
  { protocol, k }: Pick<RunInfo, 'protocol' | 'k'>,
): Promise<EvaluationResult> =>
  evaluate(subject, set, { protocol, k, onProgress: (done, total) => reporter.progress(name, done, total) });

/** A test as a run's log has it, with the metrics of each baseline on the same candidates. */
type LoggedTest = TestRecord & { readonly baselines?: Readonly<Record<string, EvaluationResult['metrics']>> };

export const testRecord = ({ protocol, numTargets, metrics }: EvaluationResult, epoch: number): TestRecord => ({
  protocol,
  numTargets,
  epoch,
  metrics,
});

/** Adds a test to a run's log. */
export const logTest = async (runDirectory: string, record: LoggedTest): Promise<void> => {
  await (await RunDirectory.open(runDirectory)).log({ event: 'test', ...record });
};

type ValidatedEpoch = EpochRecord & Required<Pick<EpochRecord, 'validation'>>;

/** Returns the epochs in a run's log that were validated. */
const validatedEpochs = async (runDirectory: string): Promise<ValidatedEpoch[]> => {
  const log = (await (await RunDirectory.open(runDirectory)).readLog()) as LogLine[];
  return log.filter(
    (line): line is ValidatedEpoch & { event: 'epoch' } => line.event === 'epoch' && line.validation !== undefined,
  );
};

/** Reports the best epoch by each metric: where they differ, the choice of the metric matters. */
const reportBest = (reporter: Reporter, epochs: readonly ValidatedEpoch[]): void => {
  if (epochs.length === 0) return;
  const best = Object.fromEntries(
    Object.keys(epochs[0].validation).map((metric) => {
      const { epoch, validation } = epochs.reduce((a, b) => (b.validation[metric] > a.validation[metric] ? b : a));
      return [metric, { epoch, value: validation[metric] }];
    }),
  );
  const text = Object.entries(best).map(
    ([metric, { epoch, value }]) => `${metric.toUpperCase()} ${value.toFixed(4)} at epoch ${epoch}`,
  );
  reporter.report('best', `${text.slice(0, 2).join(' · ')} (validation)`, best);
};

/** Says whether the model is better than the best baseline, and if not what to try. */
const reportVerdict = (reporter: Reporter, comparison: BaselineComparison, advice: string): void => {
  const { text, ...event } = comparison;
  const isAbove = comparison.verdict === 'above';
  reporter.report(
    'verdict',
    isAbove ? text : `${text}: ${advice}`,
    { ...event, ...(!isAbove && { advice }) },
    { style: isAbove ? 'green' : 'yellow' },
  );
};

/** Reports what is in the data, and what puts it in order. */
export const reportData = (reporter: Reporter, path: string, loaded: LoadedSplit): void => {
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
  reportOrder(reporter, loaded.order);
};

/** Reports the features of items, and how many items have no interactions yet. */
export const reportItems = (reporter: Reporter, path: string, features: ItemFeatures, catalog: IdMap): void => {
  const columns = features.columns.length;
  const width = widthOf(features.dense);
  const isKnown = (id: Id) => (catalog.counts?.[indexOfId(catalog, id) - 1] ?? 0) > 0;
  const added = features.ids.filter((id) => !isKnown(id)).length;
  const missing = catalog.ids.length - featuresOfCatalog(features, catalog).found;
  const names = [...features.columns, ...features.dense].map(({ feature }) => feature);
  const text = [
    path,
    [...new Set(names)].join(', '),
    `${formatCount(columns + width)} numbers for each of ${formatCount(features.ids.length)} items`,
    `${formatCount(added)} without interactions`,
    ...(missing > 0 ? [`${formatCount(missing)} items of the data have no features`] : []),
  ].join(' · ');
  reporter.report('items', text, { path, columns, width, items: features.ids.length, new: added, missing });
};

/** Reports the model that training starts from, and how its catalog differs. */
export const reportStart = (reporter: Reporter, path: string, catalog: IdMap, earlier: IdMap): void => {
  const kept = catalog.ids.filter((id) => indexOfId(earlier, id) > 0).length;
  const [added, left] = [catalog.ids.length - kept, earlier.ids.length - kept];
  const counts = `${formatCount(kept)} items kept · ${formatCount(added)} new · ${formatCount(left)} left`;
  reporter.report('from', `${path} · ${counts}`, { path, kept, added, left });
};

/** Reports how the model will be trained. */
export const reportTraining = (
  reporter: Reporter,
  { epochs, batchSize, parts = 1, learningRate, schedule, windows }: FitOptions,
  loss: RunInfo['loss'],
): void => {
  const { name, numNegatives } = loss;
  const text = [
    numNegatives === undefined ? name : `${name} with ${formatCount(numNegatives)} negatives`,
    `${formatCount(epochs)} ${epochs === 1 ? 'epoch' : 'epochs'}`,
    ...(batchSize === undefined ? [] : [`batches of ${parts === 1 ? '' : `${parts} × `}${batchSize}`]),
    ...(learningRate === undefined
      ? []
      : [`learning rate ${learningRate}${schedule === undefined ? '' : `, ${schedule.kind}`}`]),
    ...(windows ? ['whole histories'] : []),
  ];
  reporter.report('training', text.join(' · '), { epochs, batchSize, parts, learningRate, schedule, windows, loss });
};

/** Reports the configuration and the size of the model. */
export const reportModel = (reporter: Reporter, model: SequentialModel): void => {
  const { catalog: _, features: __, ...config } = model.config as SequentialModel['config'] & { features?: unknown };
  const weights = model.trainableWeights().reduce((sum, { variable }) => sum + variable.size, 0);
  const text = [...settingsOf(model, config), `${formatCount(weights)} weights`].join(' · ');
  reporter.report('model', text, { ...config, weights });
};

/** Returns the name and the main settings of a model, in words where the library knows it. */
const settingsOf = (model: SequentialModel, own: object): string[] => {
  if (!(model instanceof SASRec || model instanceof HSTU))
    return [modelNameOf(model), ...Object.entries(own).map(([key, value]) => `${key} ${JSON.stringify(value)}`)];
  const { config, usesTimes }: (SASRec | HSTU) & SequentialModel = model;
  const { hiddenUnits, numBlocks, numHeads, maxLength, dropoutRate } = config;
  return [
    `${modelNameOf(model)} ${'wiring' in config ? `${config.wiring} wiring` : usesTimes ? 'with times' : 'without times'}`,
    `${hiddenUnits} units`,
    `${numBlocks} blocks`,
    `${numHeads} ${numHeads === 1 ? 'head' : 'heads'}`,
    `maxLength ${maxLength}`,
    `dropout ${dropoutRate}`,
  ];
};
