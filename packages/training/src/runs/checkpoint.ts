import { CheckpointError } from '@recsys/model';
import { artifactFiles, checkpointPattern, type Files, filesArtifacts, parseJsonFile } from '@recsys/model/node';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { AdamState } from '../optimizers/index.js';

const wholeNumber = z.int().min(0);

const progressSchema = z.strictObject({
  /** The epoch that training is in, from 1. */
  epoch: z.int().min(1),
  /** Batches of that epoch already trained on. */
  batch: wholeNumber,
  /** Steps taken since the start. */
  step: wholeNumber,
  /** Sum of the losses of this epoch's batches so far. */
  lossSum: z.number(),
  /** Seconds of training so far, with the time before a resume. */
  seconds: z.number().min(0),
  /** The best validation so far, and the checkpoint that holds its weights. */
  best: z
    .strictObject({
      metric: z.string(),
      value: z.number(),
      epoch: z.int().min(1),
      checkpoint: z.string().regex(checkpointPattern, 'is not the name of a checkpoint'),
    })
    .nullable(),
  /** Validations since the best one. */
  validationsSinceBest: wholeNumber,
  /** Why training ended, once it has. */
  finished: z.enum(['epochs', 'patience']).nullable(),
  /** Bytes of the gradients of this epoch's batches so far, where a batch has parts. */
  gradientBytes: wholeNumber.default(0),
  /** Length of the run's metrics log at this point, bytes; a resumed run cuts it back to here. */
  logBytes: wholeNumber,
});

const trainingSchema = z.strictObject({
  format: z.literal(1),
  progress: progressSchema,
  /** Of averaged weights, how many times weights were taken in; those of the model are then averaged, and `optimizer.bin` has the others. */
  average: z.strictObject({ count: z.int().min(1) }).optional(),
  optimizer: z.strictObject({
    step: wholeNumber,
    weights: z.array(z.strictObject({ name: z.string(), size: wholeNumber })),
    /** Tables with rows that had not taken all steps: numbers, rows, and words that note the steps. Only in the middle of an epoch. */
    deferred: z.array(z.strictObject({ name: z.string(), size: wholeNumber, rows: wholeNumber, steps: wholeNumber })),
  }),
});

/** Where a training run is: with the weights and the optimizer, all it needs to resume as if it had never stopped. */
export type TrainingProgress = z.output<typeof progressSchema>;

export interface Checkpoint {
  readonly artifacts: tf.io.ModelArtifacts;
  readonly optimizer: AdamState;
  readonly progress: TrainingProgress;
  /** With averaged weights, which those of the model then are: how many times weights were taken in, and those that training goes on from. */
  readonly average?: { readonly count: number; readonly trained: ReadonlyMap<string, Float32Array> } | undefined;
}

/**
 * Returns the files of a checkpoint: `model.json`, `weights.bin`, `training.json`, `optimizer.bin`. The weights of the model have taken
 * all steps. `optimizer.bin` has the first moments, the second moments, and then, for each table with rows that have not taken all
 * steps, the table as it is, the last step of each row, and the steps; last, if the weights of the model are averaged, those that training
 * goes on from. All in words of 4 bytes.
 */
export const checkpointFiles = ({ artifacts, optimizer, progress, average }: Checkpoint): Files => {
  const weights = [...optimizer.firstMoments].map(([name, moment]) => ({ name, size: moment.length }));
  const tables = [...optimizer.deferred].map(([name, { weight, last, steps }]) => ({
    name,
    size: weight.length,
    rows: last.length,
    steps: steps.length,
  }));
  const parts = [
    ...optimizer.firstMoments.values(),
    ...optimizer.secondMoments.values(),
    ...[...optimizer.deferred.values()].flatMap(({ weight, last, steps }) => [weight, last, steps]),
    ...weights.flatMap(({ name }) => (average === undefined ? [] : [average.trained.get(name)!])),
  ];
  const words = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { buffer, byteOffset, length } of parts) {
    words.set(new Int32Array(buffer, byteOffset, length), at);
    at += length;
  }
  const state = { step: optimizer.step, weights, deferred: tables };
  return {
    ...artifactFiles(artifacts),
    'training.json': JSON.stringify({
      format: 1,
      progress,
      ...(average && { average: { count: average.count } }),
      optimizer: state,
    }),
    'optimizer.bin': new Uint8Array(words.buffer),
  };
};

/**
 * Returns the checkpoint in the files of a directory, already verified.
 * @throws {CheckpointError} `damaged` when they are not a training checkpoint of this format.
 */
export const readCheckpointFiles = (directory: string, files: ReadonlyMap<string, Uint8Array>): Checkpoint => {
  const { progress, average, optimizer: state } = parseJsonFile(directory, 'training.json', files, trainingSchema);
  const optimizer = files.get('optimizer.bin');
  const numWeights = state.weights.reduce((sum, { size }) => sum + size, 0);
  const numMoments = (average === undefined ? 2 : 3) * numWeights;
  const numWords = state.deferred.reduce((sum, { size, rows, steps }) => sum + size + rows + steps, numMoments);
  if (optimizer?.length !== Int32Array.BYTES_PER_ELEMENT * numWords)
    throw new CheckpointError(
      'damaged',
      `${directory}/optimizer.bin: is missing, or not of the size that training.json says`,
    );
  const { buffer } = Uint8Array.from(optimizer);
  let at = 0;
  const take = (length: number) => {
    at += 4 * length;
    return buffer.slice(at - 4 * length, at);
  };
  const takeWeights = () => new Map(state.weights.map(({ name, size }) => [name, new Float32Array(take(size))]));
  const firstMoments = takeWeights();
  const secondMoments = takeWeights();
  const deferred = new Map(
    state.deferred.map(({ name, size, rows, steps }) => [
      name,
      { weight: new Float32Array(take(size)), last: new Int32Array(take(rows)), steps: new Int32Array(take(steps)) },
    ]),
  );
  return {
    artifacts: filesArtifacts(directory, files),
    optimizer: { step: state.step, firstMoments, secondMoments, deferred },
    progress,
    ...(average && { average: { count: average.count, trained: takeWeights() } }),
  };
};

/** Returns the name of the best checkpoint that the `training.json` of a checkpoint names, if it can be read. */
export const bestCheckpointIn = (trainingJson: string): string | undefined => {
  try {
    return trainingSchema.parse(JSON.parse(trainingJson)).progress.best?.checkpoint;
  } catch {
    return undefined;
  }
};
