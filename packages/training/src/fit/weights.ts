import type { NamedVariable } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';

/** Copies of weights on the host, by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

export const readWeights = (weights: readonly NamedVariable[]): Weights =>
  new Map(weights.map(({ name, variable }) => [name, variable.dataSync<'float32'>().slice()]));

export const writeWeights = (weights: readonly NamedVariable[], values: Weights): void => {
  for (const { name, variable } of weights)
    tf.tidy(() => variable.assign(tf.tensor(values.get(name)!, variable.shape)));
};

/** The square of a larger one is beyond float32, so every score of such a model is infinite or NaN. */
const largestWeight = 1e18;

/** Returns the first value that is not a usable weight. A loop: a callback per weight takes several times as long. */
const firstUnusable = (values: Float32Array): number | undefined => {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]) <= largestWeight)) return values[i];
  return undefined;
};

/**
 * Checks that training has not diverged: a loss may still look well when the weights no longer do.
 * @throws {TrainingError} `diverged`, naming the weight and the step.
 */
export const assertUsableWeights = (weights: readonly NamedVariable[], step: number): void => {
  for (const { name, variable } of weights) {
    const bad = firstUnusable(variable.dataSync<'float32'>());
    if (bad === undefined) continue;
    throw new TrainingError('diverged', `fit: weight ${name} has a value of ${bad} after step ${step}.`, {
      advice: { option: 'clipNorm', value: 1, purpose: 'to limit the gradients, or lower the learning rate' },
    });
  }
};
