import { countTrainBatches, type SequenceBatch, type Split, trainBatches } from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import type { NamedVariable } from '@recsys/layers';
import { assignWeights, maxLengthOf, modelArtifacts, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { TrainingError } from '../errors.js';
import { type EvaluationResult, evaluate } from '../evaluation/evaluate.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { withEmbeddingL2 } from '../losses/embedding-l2.js';
import type { Loss } from '../losses/loss.js';
import { Adam, clipByGlobalNorm } from '../optimizers/adam.js';
import { scheduleFactor } from '../optimizers/schedules.js';
import type { TrainingProgress } from '../runs/checkpoint.js';
import type { RunDirectory } from '../runs/run-directory.js';
import { type FitOptions, type FitSettings, fitSchema, fitSettingsSchema } from './fit-options.js';
import type { EpochRecord, FitResult } from './records.js';

type Weights = ReadonlyMap<string, Float32Array>;

/**
 * Trains any `SequentialModel`: batches, steps, validation, early stopping, checkpoints. One trainer trains once; `fit` is the short way.
 * It borrows the model and owns the optimizer, which `train()` disposes.
 */
class Trainer {
  readonly #model: SequentialModel;
  readonly #split: Split;
  readonly #options: z.output<typeof fitSchema>;
  readonly #settings: FitSettings;
  readonly #loss: Loss;
  readonly #weights: readonly NamedVariable[];
  readonly #batches: number;
  readonly #adam: Adam;
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
  #sittingStart = 0;
  #secondsBefore = 0;

  /** @throws {TrainingError} on an unknown option or one out of range. */
  constructor(model: SequentialModel, split: Split, options: FitOptions) {
    this.#model = model;
    this.#split = split;
    this.#options = parseOptions('fit', fitSchema, options, { ErrorClass: TrainingError });
    const settings = Object.keys(fitSettingsSchema.shape).map((key) => [key, this.#options[key as keyof FitSettings]]);
    this.#settings = Object.fromEntries(settings);
    const { validation, resume, runDirectory, embeddingL2 } = this.#options;
    if (validation !== false) assertMetric(validation.metric, validation.k);
    if (resume && runDirectory === undefined)
      throw new TrainingError('bad-option', 'fit: resume needs runDirectory, the run to go on with');
    this.#loss = withEmbeddingL2(this.#options.loss ?? binaryCrossEntropy(), embeddingL2);
    this.#batches = countTrainBatches(split.train, { batchSize: this.#options.batchSize });
    this.#weights = model.trainableWeights();
    this.#adam = new Adam(this.#weights, this.#options.adam);
  }

  /**
   * Trains to the end, a budget or the signal, and leaves the weights of the best validation in the model.
   *
   * @throws {TrainingError} naming the step, when the loss is not a number; the last checkpoint stays as it is.
   * @throws {CheckpointError} when the run directory cannot be used.
   */
  async train(): Promise<FitResult> {
    try {
      await this.#openRun();
      this.#sittingStart = this.#options.clock();
      this.#secondsBefore = this.#progress.seconds;
      let stopped: FitResult['stopped'] | null = this.#progress.finished;
      while (stopped === null) stopped = await this.#trainEpoch();
      if (this.#bestWeights !== undefined) writeWeights(this.#weights, this.#bestWeights);
      const { epoch, step, best } = this.#progress;
      return { stopped, epochs: epoch - 1, steps: step, seconds: this.#progress.seconds, best, history: this.#history };
    } finally {
      this.#adam.dispose();
      await this.#run?.release();
    }
  }

  /** Trains from where progress stands to the end of its epoch. Returns why training ends, or null to go on. */
  async #trainEpoch(): Promise<FitResult['stopped'] | null> {
    const { epoch } = this.#progress;
    const { batchSize, seed, sampling, epochs, learningRate, schedule, negativeSampler } = this.#options;
    const batches = trainBatches(this.#split.train, {
      batchSize,
      maxLength: maxLengthOf(this.#model),
      numNegatives: this.#loss.numNegatives,
      sharedNegatives: this.#loss.sharedNegatives ?? false,
      seed,
      epoch,
      sampling,
      firstBatch: this.#progress.batch,
      ...(negativeSampler !== undefined && { negativeSampler }),
    });
    let rate = learningRate;
    for (const batch of batches) {
      const interruption = this.#interruption();
      if (interruption !== null) {
        this.#tick();
        await this.#checkpoint();
        return interruption;
      }
      rate = learningRate * scheduleFactor(schedule, this.#progress.step, epochs * this.#batches);
      const loss = this.#step(batch, rate);
      this.#progress.step += 1;
      this.#progress.batch += 1;
      this.#progress.lossSum += loss;
      const { step, batch: number } = this.#progress;
      for (const { onStep } of this.#options.callbacks)
        onStep?.({ epoch, batch: number, batches: this.#batches, step, loss });
      await tf.nextFrame(); // lets signals, timers and progress bars run
    }
    return this.#endEpoch(rate);
  }

  /** Takes one step on a batch and returns its loss. */
  #step(batch: SequenceBatch, learningRate: number): number {
    const { clipNorm } = this.#options;
    const { step, epoch } = this.#progress;
    const { value, grads } = tf.variableGrads(
      () => tf.tidy(() => this.#loss.compute(this.#model, this.#model.encode(batch, { training: true, step }), batch)),
      this.#weights.map(({ variable }) => variable),
    );
    const [loss] = value.dataSync();
    try {
      if (!Number.isFinite(loss)) {
        throw new TrainingError(
          'bad-option',
          `fit: the loss is ${loss} at step ${step} (epoch ${epoch}, batch ${this.#progress.batch + 1} of ${this.#batches}). Try a lower learningRate or clipNorm.`,
        );
      }
      tf.tidy(() => this.#adam.apply(clipNorm === null ? grads : clipByGlobalNorm(grads, clipNorm), learningRate));
    } finally {
      tf.dispose([value, grads]);
    }
    return loss!;
  }

  async #endEpoch(learningRate: number): Promise<'epochs' | 'patience' | null> {
    const { epochs, validation, checkpointEvery, callbacks } = this.#options;
    const progress = this.#progress;
    const { epoch, step } = progress;
    const loss = progress.lossSum / progress.batch;
    Object.assign(progress, { epoch: epoch + 1, batch: 0, lossSum: 0 });

    let metrics: Record<string, number> | undefined;
    if (validation !== false && (epoch % validation.every === 0 || epoch === epochs)) {
      metrics = await this.#validate(validation);
      this.#noteValidation(epoch, validation.metric, metrics[validation.metric]);
      if (validation.patience !== null && progress.validationsSinceBest >= validation.patience)
        progress.finished = 'patience';
    }
    if (epoch === epochs) progress.finished ??= 'epochs';
    this.#tick();
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
    for (const { onEpoch } of callbacks) onEpoch?.(record, progress.best);
    return progress.finished;
  }

  async #validate(validation: FitSettings['validation'] & object): Promise<Record<string, number>> {
    const { protocol, k, seed, sampleTargets } = validation;
    const result: EvaluationResult = await evaluate(this.#model, this.#split.validation, {
      protocol,
      k,
      seed,
      ...(sampleTargets !== undefined && { sampleTargets }),
      onProgress: (done, total) => {
        for (const { onValidation } of this.#options.callbacks) onValidation?.(done, total);
      },
    });
    return Object.fromEntries(Object.entries(result.metrics).map(([name, { value }]) => [name, value]));
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

  #seconds(): number {
    return this.#secondsBefore + (this.#options.clock() - this.#sittingStart) / 1000;
  }

  #tick(): void {
    this.#progress.seconds = this.#seconds();
  }

  async #openRun(): Promise<void> {
    const { runDirectory, resume, callbacks, runInfo } = this.#options;
    if (runDirectory === undefined) return;
    const { RunDirectory, fingerprintOf } = await import('../runs/run-directory.js');
    const { describeRun, assertSameRun } = await import('../runs/run-config.js');
    const config = describeRun(this.#model, this.#settings, this.#loss, fingerprintOf(this.#split.train), runInfo);
    if (!resume) {
      this.#run = await RunDirectory.create(runDirectory, config);
      await this.#checkpoint();
      return;
    }
    this.#run = await RunDirectory.open(runDirectory);
    await this.#run.lock();
    assertSameRun(runDirectory, await this.#run.config(), config);
    const latest = await this.#run.latestCheckpoint();
    if (latest === undefined) {
      await this.#run.cutLog(0);
      await this.#checkpoint();
      return;
    }
    const { name, checkpoint, refused } = latest;
    this.#lastCheckpoint = name;
    assignWeights(this.#model, checkpoint.artifacts);
    this.#adam.restore(checkpoint.optimizer);
    this.#progress = checkpoint.progress;
    await this.#run.cutLog(this.#progress.logBytes);
    if (this.#progress.best !== null) {
      const best = await this.#run.readCheckpoint(this.#progress.best.checkpoint);
      const current = readWeights(this.#weights);
      assignWeights(this.#model, best.artifacts);
      this.#bestWeights = readWeights(this.#weights);
      writeWeights(this.#weights, current);
    }
    for (const { onResume } of callbacks) onResume?.(this.#progress, refused);
  }

  async #checkpoint(): Promise<void> {
    const name = checkpointName(this.#progress.step);
    if (this.#run === undefined || name === this.#lastCheckpoint) return;
    await this.#run.saveCheckpoint(name, {
      artifacts: await modelArtifacts(this.#model),
      optimizer: this.#adam.state(),
      progress: this.#progress,
    });
    this.#lastCheckpoint = name;
  }
}

/**
 * Trains a model on a split, validates it as it goes, and leaves the weights of the best validation in it.
 *
 * @throws {TrainingError} on a bad option, or a loss that is not a number, naming the step.
 */
export const fit = async (model: SequentialModel, split: Split, options: FitOptions): Promise<FitResult> =>
  new Trainer(model, split, options).train();

/** Returns the name of the checkpoint at a step; padded, so that names sort as steps do. */
const checkpointName = (step: number): string => `step-${String(step).padStart(10, '0')}`;

const assertMetric = (metric: string, k: readonly number[]): void => {
  const known = k.flatMap((cutoff) => ['hr', 'ndcg', 'mrr'].map((name) => `${name}@${cutoff}`));
  if (!known.includes(metric)) {
    throw new TrainingError(
      'bad-option',
      `fit: option validation.metric must be one of ${known.join(', ')}, got ${JSON.stringify(metric)}`,
    );
  }
};

const readWeights = (weights: readonly NamedVariable[]): Weights =>
  new Map(weights.map(({ name, variable }) => [name, variable.dataSync<'float32'>().slice()]));

const writeWeights = (weights: readonly NamedVariable[], values: Weights): void => {
  for (const { name, variable } of weights)
    tf.tidy(() => variable.assign(tf.tensor(values.get(name)!, variable.shape)));
};
