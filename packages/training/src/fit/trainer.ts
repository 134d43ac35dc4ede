import type { SequenceBatch, Split, TrainBatchSource } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import type { NamedVariable } from '@recsys/layers';
import {
  assertHasTimes,
  assertSameCatalog,
  assignWeights,
  CheckpointError,
  copyWeights,
  maxLengthOf,
  modelArtifacts,
  type SequentialModel,
} from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { TrainingError } from '../errors.js';
import { evaluate } from '../evaluation/index.js';
import { metricNames } from '../evaluation/metric-estimates.js';
import { binaryCrossEntropy, type Loss, withEmbeddingL2 } from '../losses/index.js';
import { nextTask } from '../next-task.js';
import { Adam, type AdamState, clipByGlobalNorm, scheduleFactor } from '../optimizers/index.js';
import { recommendedFit } from '../recipe/index.js';
import type { TrainingProgress } from '../runs/checkpoint.js';
import type { RefusedCheckpoint, RunDirectory } from '../runs/index.js';
import { type FitOptions, type FitSettings, fitSchema, fitSettingsSchema, recordedSettings } from './fit-options.js';
import type { BestEpoch, EpochRecord, FitResult } from './records.js';
import { type TrainingData, trainingDataOf } from './training-data.js';
import { WeightAverage } from './weight-average.js';
import { assertUsableWeights, readWeights, type Weights, writeWeights } from './weights.js';

/** One run of training: batches, steps, validation, early stopping, checkpoints. Borrows the model and owns the optimizer. */
class Trainer {
  readonly #model: SequentialModel;
  readonly #split: Split;
  readonly #data: TrainingData;
  readonly #options: z.output<typeof fitSchema>;
  readonly #settings: FitSettings;
  readonly #loss: Loss;
  readonly #weights: readonly NamedVariable[];
  readonly #batches: number;
  readonly #adam: Adam;
  readonly #average: WeightAverage | undefined;
  readonly #history: EpochRecord[] = [];
  #run: RunDirectory | undefined;
  #progress: TrainingProgress = {
    epoch: 1,
    batch: 0,
    step: 0,
    lossSum: 0,
    seconds: 0,
    best: null,
    validationsSinceBest: 0,
    finished: null,
    logBytes: 0,
  };
  #bestWeights: Weights | undefined;
  #lastCheckpoint: string | undefined;
  #startedAt = 0;
  #secondsBefore = 0;

  constructor(model: SequentialModel, split: Split, options: FitOptions) {
    this.#model = model;
    this.#split = split;
    this.#options = parseOptions('fit', fitSchema, options, { ErrorClass: TrainingError });
    const settings = Object.keys(fitSettingsSchema.shape).map((key) => [key, this.#options[key as keyof FitSettings]]);
    this.#settings = Object.fromEntries(settings);
    const { validation, resume, runDirectory, embeddingL2, weightAverage, shards } = this.#options;
    this.#data = trainingDataOf(split.train, shards);
    assertSameCatalog('fit', model, split.catalog);
    if (shards !== undefined) assertSameCatalog('fit', model, shards.catalog);
    assertHasTimes('fit', model, split.train);
    if (validation !== false) assertMetric(validation.metric, validation.k);
    if (resume && runDirectory === undefined)
      throw new TrainingError('bad-option', 'fit: resume needs runDirectory, the directory of the run');
    const loss = this.#options.loss ?? binaryCrossEntropy();
    this.#loss = withEmbeddingL2(this.#data.lossFor(loss), embeddingL2);
    if (this.#loss.negativeSampler !== undefined && this.#options.negativeSampler !== undefined)
      throw new TrainingError(
        'bad-option',
        `fit: the loss ${this.#loss.name} draws its negatives itself; remove negativeSampler`,
      );
    const { batchSize, windows } = this.#options;
    this.#batches = this.#data.countBatches({ batchSize, windows, maxLength: maxLengthOf(model) });
    this.#weights = model.trainableWeights();
    this.#adam = new Adam(this.#weights, this.#options.adam);
    if (weightAverage !== false) this.#average = new WeightAverage(this.#weights, weightAverage.decay);
  }

  async train(): Promise<FitResult> {
    let source: TrainBatchSource | undefined;
    try {
      await this.#openRun();
      this.#startedAt = this.#options.clock();
      this.#secondsBefore = this.#progress.seconds;
      let stopped: FitResult['stopped'] | null = this.#progress.finished;
      source = this.#batchSource();
      while (stopped === null) stopped = await this.#trainEpoch(source);
      if (this.#bestWeights !== undefined) writeWeights(this.#weights, this.#bestWeights);
      else this.#average?.show();
      const { epoch, step, seconds } = this.#progress;
      return { stopped, epochs: epoch - 1, steps: step, seconds, best: this.#best(), history: this.#history };
    } finally {
      this.#adam.dispose();
      await source?.close();
      await this.#run?.release();
    }
  }

  #batchSource(): TrainBatchSource {
    const { batchSize, seed, sampling, windows, batchThread } = this.#options;
    const { negativeSampler = this.#loss.negativeSampler } = this.#options;
    return this.#data.source({
      batchSize,
      maxLength: maxLengthOf(this.#model),
      numNegatives: this.#loss.numNegatives,
      sharedNegatives: this.#loss.sharedNegatives ?? false,
      seed,
      sampling,
      windows,
      times: this.#model.usesTimes === true,
      thread: batchThread,
      ...(negativeSampler !== undefined && { negativeSampler }),
    });
  }

  /** Trains to the end of the epoch. Returns why training ends, or null if there is another epoch. */
  async #trainEpoch(source: TrainBatchSource): Promise<FitResult['stopped'] | null> {
    const { epoch } = this.#progress;
    const { epochs, learningRate, schedule } = this.#options;
    let rate = learningRate;
    for await (const batch of source.epoch(epoch, this.#progress.batch)) {
      const interruption = this.#interruption();
      if (interruption !== null) {
        // Before the weights are read: rows that have not taken all steps must be so when the run resumes.
        const optimizer = this.#run && this.#adam.state();
        assertUsableWeights(this.#weights, this.#progress.step);
        this.#progress.seconds = this.#seconds();
        await this.#checkpoint(optimizer);
        return interruption;
      }
      rate = learningRate * scheduleFactor(schedule, this.#progress.step, epochs * this.#batches);
      const loss = this.#step(batch, rate);
      this.#progress.step += 1;
      this.#progress.batch += 1;
      this.#progress.lossSum += loss;
      if (this.#takesIn('step')) {
        this.#adam.settle();
        this.#average?.add();
      }
      const { step, batch: number } = this.#progress;
      await this.#logStep(loss, rate);
      for (const { onStep } of this.#options.callbacks)
        onStep?.({ epoch, batch: number, batches: this.#batches, step, loss });
      await nextTask(); // lets signals, timers and progress bars run
    }
    return this.#endEpoch(rate);
  }

  /** Writes a step to the run's log, if it is one of those that were asked for. */
  async #logStep(loss: number, learningRate: number): Promise<void> {
    const { logSteps } = this.#options;
    const { epoch, step } = this.#progress;
    if (this.#run === undefined || logSteps === undefined || step % logSteps !== 0) return;
    this.#progress.logBytes = await this.#run.log({ event: 'step', epoch, step, loss, learningRate });
  }

  /** Takes one step on a batch and returns its loss. */
  #step(batch: SequenceBatch, learningRate: number): number {
    const { clipNorm } = this.#options;
    const { step, epoch } = this.#progress;
    const options = { training: true, step };
    const { value, grads } = tf.variableGrads(
      () => tf.tidy(() => this.#loss.compute(this.#model, this.#model.encode(batch, options), batch, options)),
      this.#weights.map(({ variable }) => variable),
    );
    const [loss] = value.dataSync();
    try {
      if (!Number.isFinite(loss)) {
        throw new TrainingError(
          'diverged',
          `fit: the loss is ${loss} at step ${step} (epoch ${epoch}, batch ${this.#progress.batch + 1} of ${this.#batches}).`,
          { advice: { option: 'clipNorm', value: 1, purpose: 'to limit the gradients, or lower the learning rate' } },
        );
      }
      tf.tidy(() => this.#adam.apply(clipNorm === false ? grads : clipByGlobalNorm(grads, clipNorm), learningRate));
    } finally {
      tf.dispose([value, grads]);
    }
    return loss;
  }

  async #endEpoch(learningRate: number): Promise<'epochs' | 'patience' | null> {
    const { epochs, validation, checkpointEvery, callbacks } = this.#options;
    this.#adam.settle();
    if (this.#takesIn('epoch')) this.#average?.add();
    const progress = this.#progress;
    const { epoch, step } = progress;
    const loss = progress.lossSum / progress.batch;
    Object.assign(progress, { epoch: epoch + 1, batch: 0, lossSum: 0 });
    assertUsableWeights(this.#weights, step);

    let metrics: Record<string, number> | undefined;
    if (validation !== false && (epoch % validation.every === 0 || epoch === epochs)) {
      const shown = this.#average?.show();
      metrics = await this.#validate(validation);
      this.#noteValidation(epoch, validation.metric, metrics[validation.metric]);
      this.#average?.hide(shown);
      if (validation.patience !== false && progress.validationsSinceBest >= validation.patience)
        progress.finished = 'patience';
    }
    if (epoch === epochs) progress.finished ??= 'epochs';
    progress.seconds = this.#seconds();
    const record: EpochRecord = {
      epoch,
      step,
      loss,
      learningRate,
      seconds: progress.seconds,
      ...(metrics && { validation: metrics }),
    };
    this.#history.push(record);
    if (this.#run !== undefined) progress.logBytes = await this.#run.log({ event: 'epoch', ...record });
    const isBest = progress.best?.epoch === epoch;
    if (isBest || epoch % checkpointEvery === 0 || progress.finished !== null) await this.#checkpoint();
    for (const { onEpoch } of callbacks) onEpoch?.(record, this.#best());
    return progress.finished;
  }

  /** Whether weights are averaged now, at the end of a step or of an epoch. */
  #takesIn(end: 'step' | 'epoch'): boolean {
    const { weightAverage } = this.#options;
    if (weightAverage === false) return false;
    const { steps } = weightAverage;
    return end === 'epoch' ? steps === undefined : steps !== undefined && this.#progress.step % steps === 0;
  }

  async #validate(validation: FitSettings['validation'] & object): Promise<Record<string, number>> {
    const { protocol, k, seed, sampleTargets } = validation;
    const { metrics } = await evaluate(this.#model, this.#split.validation, {
      protocol,
      k,
      seed,
      sampleTargets,
      onProgress: (done, total) => {
        for (const { onValidation } of this.#options.callbacks) onValidation?.(done, total);
      },
    });
    return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
  }

  #noteValidation(epoch: number, metric: string, value: number): void {
    const progress = this.#progress;
    if (progress.best !== null && value <= progress.best.value) {
      progress.validationsSinceBest += 1;
      return;
    }
    progress.best = { metric, value, epoch, checkpoint: checkpointName(progress.step) };
    progress.validationsSinceBest = 0;
    this.#bestWeights = readWeights(this.#weights);
  }

  /** Returns why to stop before the next step, or null. */
  #interruption(): 'aborted' | 'steps' | 'seconds' | null {
    const { signal, maxSteps, maxSeconds } = this.#options;
    if (signal?.aborted) return 'aborted';
    if (maxSteps !== undefined && this.#progress.step >= maxSteps) return 'steps';
    if (maxSeconds !== undefined && this.#seconds() >= maxSeconds) return 'seconds';
    return null;
  }

  /** Returns the seconds of training so far; a clock that is set back does not take any away. */
  #seconds(): number {
    const now = this.#secondsBefore + (this.#options.clock() - this.#startedAt) / 1000;
    return Math.max(now, this.#progress.seconds);
  }

  /** Returns the best epoch as callbacks and results have it. */
  #best(): BestEpoch | undefined {
    if (this.#progress.best === null) return undefined;
    const { epoch, metric, value } = this.#progress.best;
    return { epoch, metric, value };
  }

  async #openRun(): Promise<void> {
    const { runDirectory, resume, callbacks, runInfo, from } = this.#options;
    if (from !== undefined) copyWeights(this.#model, from);
    this.#model.noteTraining?.(this.#data.itemCounts());
    if (runDirectory === undefined) return;
    const { assertSameRun, describeRun, fingerprintOf, RunDirectory } = await import('../runs/index.js');
    const config = describeRun({
      model: this.#model,
      settings: this.#settings,
      loss: this.#loss,
      data: this.#data.describe(fingerprintOf),
      info: runInfo,
    });
    if (!resume) {
      this.#run = await RunDirectory.create(runDirectory, config);
      await this.#checkpoint();
      return;
    }
    this.#run = await RunDirectory.open(runDirectory);
    await this.#run.lock();
    const recorded = await this.#run.config();
    assertSameRun(runDirectory, { ...recorded, fit: recordedSettings(recorded.fit) }, config);
    const latest = await this.#run.latestCheckpoint();
    if (latest === undefined) {
      await this.#run.cutLog(0);
      await this.#checkpoint();
      return;
    }
    const { name, checkpoint, refused } = latest;
    this.#lastCheckpoint = name;
    assignWeights(this.#model, checkpoint.artifacts);
    if (checkpoint.average) this.#average?.restore(checkpoint.average);
    this.#progress = checkpoint.progress;
    await this.#run.cutLog(this.#progress.logBytes);
    await this.#restoreBest(this.#run, refused);
    this.#adam.restore(checkpoint.optimizer); // the last to touch the weights: it may leave rows behind
    const { epoch, batch, step, seconds } = this.#progress;
    for (const { onResume } of callbacks) onResume?.({ epoch, batch, step, seconds, refused });
  }

  /** Reads the weights of the best epoch; where they are damaged, a later epoch will be the best. */
  async #restoreBest(run: RunDirectory, refused: RefusedCheckpoint[]): Promise<void> {
    const { best } = this.#progress;
    if (best === null) return;
    const current = readWeights(this.#weights);
    try {
      assignWeights(this.#model, (await run.readCheckpoint(best.checkpoint)).artifacts);
      this.#bestWeights = readWeights(this.#weights);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      refused.push({ name: best.checkpoint, reason: error.problem });
      Object.assign(this.#progress, { best: null, validationsSinceBest: 0 });
    }
    writeWeights(this.#weights, current);
  }

  async #checkpoint(optimizer?: AdamState): Promise<void> {
    const name = checkpointName(this.#progress.step);
    if (this.#run === undefined || name === this.#lastCheckpoint) return;
    optimizer ??= this.#adam.state();
    const average = this.#average?.show();
    const artifacts = await modelArtifacts(this.#model);
    this.#average?.hide(average);
    await this.#run.saveCheckpoint(name, { artifacts, optimizer, progress: this.#progress, average });
    this.#lastCheckpoint = name;
  }
}

/**
 * Trains a model on a split, validates it as it runs, and leaves the weights of the best validation in it. Without `epochs`, the recipe for the data
 * chooses them and all else that is not given: see `recommendedFit`. With `epochs`, the defaults of `FitOptions` hold.
 *
 * @throws {TrainingError} `bad-option`; `diverged`, naming the step: the last checkpoint stays as it is.
 * @throws {ModelError} `other-catalog` when the split was made with another catalog than the model.
 * @throws {CheckpointError} when the run directory cannot be used.
 * @example
 * const { best } = await fit(model, split, { epochs: 40, seed: 1, runDirectory: 'runs/movies' });
 * best; // { epoch: 31, metric: 'ndcg@10', value: 0.412 }
 */
export const fit = async (
  model: SequentialModel,
  split: Split,
  options: Partial<FitOptions> = {},
): Promise<FitResult> => new Trainer(model, split, filledIn(model, split, options)).train();

/** Without a number of epochs, the recipe for the data chooses what is not given. */
const filledIn = (model: SequentialModel, split: Split, options: Partial<FitOptions>): FitOptions => {
  const { epochs, seed = 0 } = options;
  if (epochs !== undefined) return { ...options, epochs, seed };
  if (options.shards !== undefined) throw new TrainingError('bad-option', 'fit: with shards, epochs must be given');
  return { ...recommendedFit(split.train, model.config), ...options, seed } as FitOptions;
};

/** Returns the name of the checkpoint at a step; padded, so that names sort as steps do. */
const checkpointName = (step: number): string => `step-${String(step).padStart(10, '0')}`;

const assertMetric = (metric: string, k: readonly number[]): void => {
  const known: readonly string[] = metricNames(k);
  if (!known.includes(metric)) {
    throw new TrainingError(
      'bad-option',
      `fit: option validation.metric must be one of ${known.join(', ')}, got ${JSON.stringify(metric)}`,
    );
  }
};
