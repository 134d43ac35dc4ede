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
import { binaryCrossEntropy, type Loss, withEmbeddingL2 } from '../losses/index.js';
import { nextTask } from '../next-task.js';
import { Adam, type AdamState, clipByGlobalNorm, scheduleFactor } from '../optimizers/index.js';
import { type AgreedStop, checksumOf, Ranks, StepParts } from '../parts/index.js';
import type { TrainingProgress } from '../runs/checkpoint.js';
import type { LatestCheckpoint, RefusedCheckpoint, RunDirectory } from '../runs/index.js';
import { callInTurn } from './call-in-turn.js';
import { describeTraining } from './describe-training.js';
import {
  assertMetric,
  type FitOptions,
  type FitSettings,
  fitSchema,
  fitSettingsSchema,
  recordedSettings,
} from './fit-options.js';
import { checkpointName, noProgress } from './progress.js';
import type {
  BestEpoch,
  EndRecord,
  EpochRecord,
  FitResult,
  LogLine,
  StartRecord,
  TrainingCallbacks,
} from './records.js';
import { type TrainingData, trainingDataOf } from './training-data.js';
import { WeightAverage } from './weight-average.js';
import { assertUsableWeights, readWeights, type Weights, writeWeights } from './weights.js';

/** One run of training: batches, steps, validation, early stopping, checkpoints. Borrows the model and owns the optimizer. */
export class Trainer {
  readonly #model: SequentialModel;
  readonly #split: Split;
  readonly #data: TrainingData;
  readonly #options: z.output<typeof fitSchema>;
  readonly #settings: FitSettings;
  readonly #loss: Loss;
  readonly #weights: readonly NamedVariable[];
  readonly #batches: number;
  readonly #ranks: Ranks;
  readonly #parts: StepParts;
  /** Why the ranks have agreed to stop before the next step, or null. */
  #agreedStop: AgreedStop | null = null;
  readonly #adam: Adam;
  readonly #average: WeightAverage | undefined;
  readonly #callbacks: Required<TrainingCallbacks>;
  readonly #history: EpochRecord[] = [];
  #run: RunDirectory | undefined;
  #progress: TrainingProgress = { ...noProgress };
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
    this.#callbacks = callInTurn(this.#options.callbacks);
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
    const { batchSize, windows, parts, communicator } = this.#options;
    this.#ranks = new Ranks(communicator);
    if (this.#ranks.count > 1 && parts !== this.#ranks.count)
      throw new TrainingError(
        'bad-option',
        `fit: parts must be the number of ranks, ${this.#ranks.count}, got ${parts}`,
      );
    this.#batches = this.#data.countBatches({ batchSize: batchSize * parts, windows, maxLength: maxLengthOf(model) });
    this.#weights = model.trainableWeights();
    this.#parts = new StepParts({ count: parts, ranks: this.#ranks, model, loss: this.#loss, weights: this.#weights });
    this.#adam = new Adam(this.#weights, this.#options.adam);
    if (weightAverage !== false) this.#average = new WeightAverage(this.#weights, weightAverage.decay);
  }

  async train(): Promise<FitResult> {
    let ended: EndRecord['stopped'] | undefined;
    let source: TrainBatchSource | undefined;
    try {
      const start = await this.#openRun();
      ended = 'error';
      await this.#callbacks.onStart(start);
      this.#startedAt = this.#options.clock();
      this.#secondsBefore = this.#progress.seconds;
      let stopped: FitResult['stopped'] | null = this.#progress.finished;
      source = this.#batchSource();
      while (stopped === null) stopped = await this.#trainEpoch(source);
      if (this.#bestWeights !== undefined) writeWeights(this.#weights, this.#bestWeights);
      else this.#average?.show();
      const { epoch, step, seconds } = this.#progress;
      ended = stopped;
      return { stopped, epochs: epoch - 1, steps: step, seconds, best: this.#best(), history: this.#history };
    } finally {
      this.#adam.dispose();
      try {
        await source?.close();
        if (ended !== undefined) await this.#callbacks.onEnd({ stopped: ended });
      } finally {
        await this.#run?.release();
      }
    }
  }

  #batchSource(): TrainBatchSource {
    const { batchSize, parts, seed, sampling, windows, batchThread } = this.#options;
    const { negativeSampler = this.#loss.negativeSampler } = this.#options;
    return this.#data.source({
      batchSize: batchSize * parts,
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
      const loss = await this.#step(batch, rate);
      this.#progress.step += 1;
      this.#progress.batch += 1;
      this.#progress.lossSum += loss;
      if (this.#takesIn('step')) {
        this.#adam.settle();
        this.#average?.add();
      }
      const { step, batch: number } = this.#progress;
      const { logSteps } = this.#options;
      if (logSteps !== undefined && step % logSteps === 0)
        await this.#log({ event: 'step', epoch, step, loss, learningRate: rate });
      this.#callbacks.onStep({ epoch, batch: number, batches: this.#batches, step, loss });
      await nextTask(); // lets signals, timers and progress bars run
    }
    return this.#endEpoch(rate);
  }

  /** Adds a line to the run's log, and tells of it. */
  async #log(line: LogLine): Promise<void> {
    if (this.#run !== undefined) this.#progress.logBytes = await this.#run.log(line);
    await this.#callbacks.onLog(line);
  }

  /** Takes one step on a batch and returns its loss. */
  async #step(batch: SequenceBatch, learningRate: number): Promise<number> {
    const { clipNorm } = this.#options;
    const { step, epoch } = this.#progress;
    const wish = this.#wishToStop();
    const { loss, gradients, bytes, stop } = await this.#parts.gradientsOf(batch, { step, wish });
    this.#progress.gradientBytes += bytes;
    this.#agreedStop = stop;
    try {
      if (!Number.isFinite(loss)) {
        throw new TrainingError(
          'diverged',
          `fit: the loss is ${loss} at step ${step} (epoch ${epoch}, batch ${this.#progress.batch + 1} of ${this.#batches}).`,
          { advice: { option: 'clipNorm', value: 1, purpose: 'to limit the gradients, or lower the learning rate' } },
        );
      }
      const clipped = () => (clipNorm === false ? gradients : clipByGlobalNorm(gradients, clipNorm));
      tf.tidy(() => this.#adam.apply(clipped(), learningRate));
    } finally {
      tf.dispose(gradients);
    }
    return loss;
  }

  async #endEpoch(learningRate: number): Promise<'epochs' | 'patience' | null> {
    const { epochs, validation, checkpointEvery } = this.#options;
    this.#adam.settle();
    if (this.#takesIn('epoch')) this.#average?.add();
    const progress = this.#progress;
    const { epoch, step } = progress;
    const loss = progress.lossSum / progress.batch;
    const gradientBytes = Math.round(progress.gradientBytes / progress.batch);
    Object.assign(progress, { epoch: epoch + 1, batch: 0, lossSum: 0, gradientBytes: 0 });
    assertUsableWeights(this.#weights, step);
    if (this.#ranks.count > 1)
      await this.#ranks.assertEqual({ [`the checksum of the weights after step ${step}`]: checksumOf(this.#weights) });

    let metrics: Record<string, number> | undefined;
    if (validation !== false && (epoch % validation.every === 0 || epoch === epochs)) {
      const shown = this.#average?.show();
      metrics = await this.#ranks.fromFirst(() => this.#validate(validation));
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
      ...(gradientBytes > 0 && { gradientBytes }),
      ...(metrics && { validation: metrics }),
    };
    this.#history.push(record);
    await this.#log({ event: 'epoch', ...record });
    const isBest = progress.best?.epoch === epoch;
    if (isBest || epoch % checkpointEvery === 0 || progress.finished !== null) await this.#checkpoint();
    this.#callbacks.onEpoch(record, this.#best());
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
      onProgress: this.#callbacks.onValidation,
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

  /** Returns why to stop before the next step, or null. Ranks agree on it with the gradients of the step before. */
  #interruption(): AgreedStop | 'steps' | null {
    const { maxSteps } = this.#options;
    const wish = this.#ranks.count > 1 ? this.#agreedStop : this.#wishToStop();
    if (wish === 'aborted') return wish;
    return maxSteps !== undefined && this.#progress.step >= maxSteps ? 'steps' : wish;
  }

  #wishToStop(): AgreedStop | null {
    const { signal, maxSeconds } = this.#options;
    if (signal?.aborted) return 'aborted';
    return maxSeconds !== undefined && this.#seconds() >= maxSeconds ? 'seconds' : null;
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

  /** Starts or opens the run, and returns what training starts with. */
  async #openRun(): Promise<StartRecord> {
    const { runDirectory, resume, runInfo, from } = this.#options;
    if (from !== undefined) copyWeights(this.#model, from);
    this.#model.noteTraining?.(this.#data.itemCounts());
    const training = describeTraining(this.#model, this.#settings, this.#loss);
    const start = { runDirectory, resumed: resume, step: 0, log: [] };
    if (runDirectory === undefined && this.#ranks.count === 1) return { ...start, config: training };
    const { assertSameRun, describeRun, fingerprintOf, RunDirectory, settingsOf } = await import('../runs/index.js');
    const config = describeRun({ ...training, data: this.#data.describe(fingerprintOf), info: runInfo });
    await this.#ranks.assertEqual({ ...settingsOf(config), resume });
    if (runDirectory === undefined) return { ...start, config: training };
    if (!resume) {
      if (this.#ranks.isFirst) this.#run = await RunDirectory.create(runDirectory, config);
      await this.#checkpoint();
      return { ...start, config: { ...config } };
    }
    const run = await RunDirectory.open(runDirectory);
    if (this.#ranks.isFirst) {
      this.#run = run;
      await run.lock();
    }
    const recorded = await run.config();
    assertSameRun(runDirectory, { ...recorded, fit: recordedSettings(recorded.fit) }, config);
    const latest = await run.latestCheckpoint();
    if (latest === undefined) {
      await this.#run?.cutLog(0);
      await this.#checkpoint();
    } else await this.#restore(run, latest);
    await this.#ranks.assertEqual({ 'the step of the checkpoint': this.#progress.step });
    const log = (await run.readLog()) as LogLine[];
    return { ...start, config: { ...config }, step: this.#progress.step, log };
  }

  async #restore(run: RunDirectory, { name, checkpoint, refused }: LatestCheckpoint): Promise<void> {
    this.#lastCheckpoint = name;
    assignWeights(this.#model, checkpoint.artifacts);
    if (checkpoint.average) this.#average?.restore(checkpoint.average);
    this.#progress = checkpoint.progress;
    await this.#run?.cutLog(this.#progress.logBytes);
    await this.#restoreBest(run, refused);
    this.#adam.restore(checkpoint.optimizer); // the last to touch the weights: it may leave rows behind
    const { epoch, batch, step, seconds } = this.#progress;
    this.#callbacks.onResume({ epoch, batch, step, seconds, refused });
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
