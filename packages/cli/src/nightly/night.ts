import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CheckpointError, modelArtifacts, type SequentialModel } from '@recsys/model';
import { ModelsDirectory, type ModelVersion } from '@recsys/model/node';
import { compareModels, type ModelComparison, TrainingError } from '@recsys/training';
import { fingerprintOf } from '@recsys/training/node';
import { loadSavedModel } from '../models/index.js';
import type { DataSource } from '../options/index.js';
import { formatCount, formatDifference, indent, type Reporter } from '../reporter.js';
import {
  interruptible,
  isFinished,
  type Plan,
  planNew,
  reportModel,
  reportTraining,
  type TrainOptions,
} from '../train/index.js';
import { type NightStart, removeRun, startOf, trainNight } from './train-night.js';
import { type Rules, type Verdict, verdictOn } from './verdict.js';

/** How a night is spent. */
interface NightOptions extends Rules {
  /** The folder of models. */
  readonly models: string;
  readonly train: TrainOptions;
  readonly fromScratch: boolean;
  /** Epochs of a training that starts from the current model; undefined: a third of those of one from scratch. */
  readonly warmEpochs: number | undefined;
  /** How many versions stay. */
  readonly keep: number;
  /** Whether the new model is published whatever the comparison says. */
  readonly force: boolean;
}

/** How a night ended. */
type NightEnd = 'published' | 'refused' | 'stopped';

/** Trains on from the current model of a folder, compares the two, and publishes the new one unless it is worse. */
export const runNight = async (
  source: DataSource,
  options: NightOptions,
  reporter: Reporter,
  controller: AbortController,
): Promise<NightEnd> => {
  const models = await ModelsDirectory.open(options.models);
  try {
    const night = new Night(models, options, reporter, controller);
    return await night.run(source);
  } finally {
    await models.release();
  }
};

/** Makes the version before the current one of a folder current again, and says so. */
export const rollBack = async (folder: string, reporter: Reporter): Promise<void> => {
  const models = await ModelsDirectory.open(folder);
  try {
    const left = await models.current().catch(() => undefined);
    const { name, replaces } = await models.rollBack();
    reporter.report('current', `${name} again${left === undefined ? '' : `, in place of ${left.name}`}`, {
      version: name,
      replaces,
      reason: 'rollback',
    });
  } finally {
    await models.release();
  }
};

/** One night: the steps, each of which can be killed and done again. */
class Night {
  readonly #models: ModelsDirectory;
  readonly #options: NightOptions;
  readonly #reporter: Reporter;
  readonly #controller: AbortController;

  constructor(models: ModelsDirectory, options: NightOptions, reporter: Reporter, controller: AbortController) {
    this.#models = models;
    this.#options = options;
    this.#reporter = reporter;
    this.#controller = controller;
  }

  async run(source: DataSource): Promise<NightEnd> {
    const current = await this.#models.current().catch(adviseRollback);
    let leftover = await startOf(this.#training);
    // The run is removed after its model was made current: one that is still there belongs to a process that was killed between the two.
    const wasPublished =
      leftover !== undefined &&
      leftover.replaces === current?.replaces &&
      leftover.fingerprint === current.about.fingerprint;
    if (wasPublished) {
      await removeRun(this.#training);
      leftover = undefined;
    }
    const plan = await this.#plan(source, current);
    const { fingerprint } = fingerprintOf(plan.loaded.split.train);
    if (wasPublished && current.about.fingerprint === fingerprint) {
      await this.#tidyUp(current, 'this data was published before the process was stopped');
      return 'published';
    }
    return this.#trainAndPublish(plan, { current, leftover });
  }

  get #training(): string {
    return join(this.#models.path, 'training');
  }

  #plan(source: DataSource, current: ModelVersion | undefined): Promise<Plan> {
    const { train, fromScratch, warmEpochs } = this.#options;
    const isWarm = current !== undefined && !fromScratch;
    const { keepItems, ...fresh } = train;
    return planNew(
      source,
      {
        ...fresh,
        ...(isWarm && { from: current.directory, keepItems }),
        ...(isWarm && (warmEpochs === undefined ? { epochsShare: 1 / 3 } : { epochs: warmEpochs })),
        out: this.#training,
        mayExist: true,
      },
      this.#reporter,
    );
  }

  async #trainAndPublish(
    plan: Plan,
    { current, leftover }: { current: ModelVersion | undefined; leftover: NightStart | undefined },
  ): Promise<NightEnd> {
    const reporter = this.#reporter;
    reportModel(reporter, plan.model);
    reportTraining(reporter, plan.fit, plan.info.loss);
    try {
      const result = await interruptible(reporter, this.#controller, () =>
        trainNight(reporter, plan, {
          leftover,
          current: current?.name,
          isTested: current === undefined,
          signal: this.#controller.signal,
        }),
      );
      if (!isFinished(result)) {
        const text = `${result.stopped} at step ${formatCount(result.steps)}. The same command goes on`;
        reporter.report('stopped', text, { reason: result.stopped, steps: result.steps });
        return 'stopped';
      }
    } catch (error) {
      if (!(error instanceof TrainingError) || error.code !== 'diverged') throw error;
      return this.#refuse(`the training diverged: ${error.problem}`, current);
    }
    const model = plan.info.refit ? await loadSavedModel(join(this.#training, 'refit'), () => undefined) : plan.model;
    const comparison = current && (await this.#compare(plan, model, current));
    const verdict = this.#verdict(comparison, current);
    if (!verdict.isPublished) return this.#refuse(verdict.reason, current);
    const version = await this.#models.publish(await modelArtifacts(model), this.#about(plan, comparison));
    await this.#tidyUp(version, verdict.reason);
    return 'published';
  }

  /** Compares a model with the current one; undefined when there is no target that both can rank. */
  async #compare(plan: Plan, model: SequentialModel, current: ModelVersion): Promise<ModelComparison | undefined> {
    const reporter = this.#reporter;
    const earlier = plan.fit.from ?? (await loadSavedModel(current.directory, () => undefined));
    const { protocol, k } = plan.info;
    const { metric } = plan.fit.validation as { metric?: ModelComparison['metric'] };
    try {
      const compared = await compareModels(model, earlier, plan.loaded.split.test, {
        protocol,
        k,
        metric,
        onProgress: (done, total) => reporter.progress('comparison', done, total),
      });
      this.#reportComparison(compared, current.name);
      return compared;
    } catch (error) {
      if (error instanceof TrainingError && error.code === 'empty-set') return undefined;
      throw error;
    }
  }

  #reportComparison({ metric, model, earlier, difference, pValue, leftOut }: ModelComparison, current: string): void {
    const [value, low, high] = [difference.value, difference.low, difference.high].map(formatDifference);
    const { numTargets } = model;
    const left = leftOut.newItems + leftOut.unknownHistories;
    const [now, before] = [model, earlier].map(({ metrics }) => metrics[metric].value);
    const targets = [
      `${formatCount(numTargets)} targets`,
      ...(left > 0 ? [`${formatCount(left)} more are not compared, because ${current} cannot rank them`] : []),
    ].join('; ');
    this.#reporter.report(
      'compared',
      `${metric.toUpperCase()} ${now.toFixed(4)}, ${current} ${before.toFixed(4)}: ${value} [${low}, ${high}]  p ${pValue.toFixed(3)}`,
      {
        metric,
        new: model.metrics,
        current: earlier.metrics,
        version: current,
        difference,
        pValue,
        numTargets,
        leftOut,
      },
      { lines: [`${indent}${targets}`] },
    );
  }

  #verdict(comparison: ModelComparison | undefined, current: ModelVersion | undefined): Verdict {
    if (current === undefined) return { isPublished: true, reason: 'the first version' };
    const { force } = this.#options;
    const verdict =
      comparison === undefined
        ? { isPublished: false, reason: `no target of the test can be ranked by ${current.name} too` }
        : verdictOn(comparison, current.name, this.#options);
    return verdict.isPublished || !force ? verdict : { isPublished: true, reason: `${verdict.reason}, but --force` };
  }

  /** What a version says of itself. */
  #about({ info, fit, loaded }: Plan, comparison: ModelComparison | undefined): Record<string, unknown> {
    const { fingerprint, ...counts } = fingerprintOf(loaded.split.train);
    return {
      publishedAt: new Date().toISOString(),
      from: info.from === undefined ? null : basename(info.from),
      fingerprint,
      data: counts,
      epochs: fit.epochs,
      ...(comparison && {
        comparison: {
          metric: comparison.metric,
          new: comparison.model.metrics[comparison.metric].value,
          replaced: comparison.earlier.metrics[comparison.metric].value,
          pValue: comparison.pValue,
          numTargets: comparison.model.numTargets,
        },
      }),
    };
  }

  /** Removes what a night leaves, and says what was published. */
  async #tidyUp({ name, replaces }: ModelVersion, reason: string): Promise<void> {
    const removed = await this.#models.prune(this.#options.keep);
    await removeRun(this.#training); // last: as long as it is there, a process that was killed knows what it did
    this.#reporter.report(
      'current',
      `${name}: ${reason}`,
      { version: name, replaces, reason: 'published', verdict: reason, removed },
      {
        style: 'green',
        lines: removed.length === 0 ? [] : [`${indent}removed ${removed.join(', ')}`],
      },
    );
  }

  /** Says why a model is not published, and keeps its run to be looked at. */
  async #refuse(reason: string, current: ModelVersion | undefined): Promise<NightEnd> {
    const refused = join(this.#models.path, 'refused');
    await removeRun(refused);
    await rename(this.#training, refused);
    const goesOn = current === undefined ? 'nothing is published' : `${current.name} stays the current one`;
    this.#reporter.report(
      'refused',
      `${reason}; ${goesOn}. The run is ${refused}`,
      { reason, version: current?.name, run: refused },
      { style: 'yellow' },
    );
    return 'refused';
  }
}

/** Says how a damaged version can be left. */
const adviseRollback = (error: unknown): never => {
  if (!(error instanceof CheckpointError) || error.code !== 'damaged') throw error;
  const advice = { option: 'rollback', purpose: 'to go back to the version before it' };
  throw new CheckpointError('damaged', `${error.problem}.`, { cause: error, advice });
};
