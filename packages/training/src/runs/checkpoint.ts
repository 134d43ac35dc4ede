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
  /** Length of the run's metrics log at this point, bytes; a resumed run cuts it back to here. */
  logBytes: wholeNumber,
});

const trainingSchema = z.strictObject({
  format: z.literal(1),
  progress: progressSchema,
  optimizer: z.strictObject({
    step: wholeNumber,
    weights: z.array(z.strictObject({ name: z.string(), size: wholeNumber })),
  }),
});

/** Where a training run is: with the weights and the optimizer, all it needs to resume as if it had never stopped. */
export type TrainingProgress = z.output<typeof progressSchema>;

export interface Checkpoint {
  readonly artifacts: tf.io.ModelArtifacts;
  readonly optimizer: AdamState;
  readonly progress: TrainingProgress;
}

/** Returns the files of a checkpoint: `model.json`, `weights.bin`, `training.json`, `optimizer.bin`. */
export const checkpointFiles = ({ artifacts, optimizer, progress }: Checkpoint): Files => {
  const weights = [...optimizer.firstMoments].map(([name, moment]) => ({ name, size: moment.length }));
  const moments = new Float32Array(2 * weights.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const values of [...optimizer.firstMoments.values(), ...optimizer.secondMoments.values()]) {
    moments.set(values, at);
    at += values.length;
  }
  return {
    ...artifactFiles(artifacts),
    'training.json': JSON.stringify({ format: 1, progress, optimizer: { step: optimizer.step, weights } }),
    'optimizer.bin': new Uint8Array(moments.buffer),
  };
};

/**
 * Returns the checkpoint in the files of a directory, already verified.
 * @throws {CheckpointError} `damaged` when they are not a training checkpoint of this format.
 */
export const readCheckpointFiles = (directory: string, files: ReadonlyMap<string, Uint8Array>): Checkpoint => {
  const { progress, optimizer: state } = parseJsonFile(directory, 'training.json', files, trainingSchema);
  const optimizer = files.get('optimizer.bin');
  const numWeights = state.weights.reduce((sum, { size }) => sum + size, 0);
  if (optimizer?.length !== 2 * Float32Array.BYTES_PER_ELEMENT * numWeights)
    throw new CheckpointError(
      'damaged',
      `${directory}/optimizer.bin: is missing, or not of the size that training.json says`,
    );
  const moments = new Float32Array(Uint8Array.from(optimizer).buffer);
  let at = 0;
  const take = () =>
    new Map(
      state.weights.map(({ name, size }) => {
        at += size;
        return [name, moments.slice(at - size, at)];
      }),
    );
  return {
    artifacts: filesArtifacts(directory, files),
    optimizer: { step: state.step, firstMoments: take(), secondMoments: take() },
    progress,
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
