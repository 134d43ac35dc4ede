import type { SequenceBatch } from '@recsys/data';
import type { SequentialModel } from '@recsys/model';
import { Adam, type Loss } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';

export type Nested = number | Nested[];
export interface NestedRecord {
  [name: string]: Nested | NestedRecord;
}

/** What a golden file says of five Adam steps on its batch. */
export interface GoldenAdam {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  losses: number[];
  itemEmbeddingAfter5: number[][];
}

/** Returns a map of the largest absolute error of each quantity, and a function that adds one to it. */
export const comparison = (file: string) => {
  const errors = new Map<string, number>();
  const compare = (name: string, ours: ArrayLike<number>, expected: ArrayLike<number>) => {
    if (ours.length !== expected.length)
      throw new Error(`${file} ${name}: ${ours.length} numbers, expected ${expected.length}`);
    let worst = 0;
    for (let i = 0; i < ours.length; i++) {
      const error = Math.abs(ours[i] - expected[i]);
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
    }
    errors.set(name, worst);
  };
  return { errors, compare };
};

const goldenName = (name: string) => name.replace(/\.embeddings$/, '');

/** Gives a model the weights of a golden file, which must have the same names. */
export const assignGolden = (file: string, model: SequentialModel, golden: NestedRecord): void => {
  const weights = model.trainableWeights();
  const given = flatten(golden);
  compareNames(
    file,
    weights.map(({ name }) => goldenName(name)),
    [...given.keys()],
  );
  for (const { name, variable } of weights)
    tf.tidy(() => variable.assign(tf.tensor(given.get(goldenName(name))!, variable.shape)));
};

/** Compares the loss, its gradients, and five Adam steps. */
export const compareTraining = (
  model: SequentialModel,
  batch: SequenceBatch,
  loss: Loss,
  expected: { loss: number; gradients: NestedRecord; adam: GoldenAdam },
  compare: ReturnType<typeof comparison>['compare'],
): void => {
  const weights = model.trainableWeights();
  const lossAndGradients = () =>
    tf.variableGrads(
      () => loss.compute(model, model.encode(batch, { training: true, step: 0 }), batch),
      weights.map(({ variable }) => variable),
    );
  const { value, grads } = lossAndGradients();
  compare('loss', value.dataSync(), [expected.loss]);
  const gradients = flatten(expected.gradients);
  for (const { name, variable } of weights) {
    compare(`gradient ${goldenName(name)}`, grads[variable.name].dataSync(), gradients.get(goldenName(name))!);
  }
  tf.dispose([value, grads]);

  const { learningRate, losses, itemEmbeddingAfter5, ...adamOptions } = expected.adam;
  const adam = new Adam(weights, adamOptions);
  const ours = losses.map(() => {
    const { value, grads } = lossAndGradients();
    tf.tidy(() => adam.apply(grads, learningRate));
    const [before] = value.dataSync();
    tf.dispose([value, grads]);
    return before!;
  });
  compare('adam losses', ours, losses);
  compare('adam itemEmbedding', weights[0].variable.dataSync(), itemEmbeddingAfter5.flat());
  adam.dispose();
};

/** Returns the hidden states of the newest tokens among those of all. */
export const newestStates = (hidden: tf.Tensor2D, offsets: Int32Array): tf.Tensor2D =>
  tf.tidy(() => {
    const rows = offsets.subarray(1).map((end) => end - 1);
    return tf.gather(hidden, tf.tensor1d(rows, 'int32'));
  });

const compareNames = (where: string, ours: string[], expected: string[]): void => {
  if ([...ours].sort().join() !== [...expected].sort().join())
    throw new Error(`${where}: weights are ${ours}, expected ${expected}`);
};

/** Returns the numbers of each array by its full name, such as `block0.attention.query.kernel`. */
const flatten = (record: NestedRecord, prefix = ''): Map<string, number[]> => {
  const flat = new Map<string, number[]>();
  for (const [name, value] of Object.entries(record)) {
    if (Array.isArray(value)) flat.set(prefix + name, (value as unknown[]).flat(10) as number[]);
    else for (const [inner, numbers] of flatten(value as NestedRecord, `${prefix}${name}.`)) flat.set(inner, numbers);
  }
  return flat;
};
