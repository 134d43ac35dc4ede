import { assertKnownOptions } from '@recsys/errors';
import { type FilledIn, hasFused, type NamedVariable, runFused } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';

export interface AdamOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  beta1?: number | undefined;
  /** Decay of the mean of squared gradients, in [0, 1). Default 0.98, as in SASRec. */
  beta2?: number | undefined;
  /** Added to the root of the second moment, > 0. Default 1e-8. */
  epsilon?: number | undefined;
  /** Decoupled weight decay, >= 0: each step also subtracts `learningRate * weightDecay * weight` (Loshchilov & Hutter 2019). Default 0. */
  weightDecay?: number | undefined;
  /**
   * Whether rows of embedding tables without a gradient in a batch stay as they are, moments and decay too, so that the cost of a step
   * follows the batch and not the catalog. Not the algorithm of the paper: such a row moves later as if these steps had not been.
   * Default false.
   */
  lazy?: boolean | undefined;
}

const adamOptionNames = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'lazy'];

/** All that Adam remembers between steps, on the host; restoring it is bit-exact. */
export interface AdamState {
  /** Steps taken so far. */
  readonly step: number;
  /** By weight name, the running mean of gradients, float32. */
  readonly firstMoments: ReadonlyMap<string, Float32Array>;
  /** By weight name, the running mean of squared gradients, float32. */
  readonly secondMoments: ReadonlyMap<string, Float32Array>;
}

/**
 * The Adam optimizer (Kingma & Ba 2015, algorithm 1). Owns two tensors per weight; `dispose()` frees them.
 *
 * @example
 * const adam = new Adam(model.trainableWeights(), { weightDecay: 0.01 });
 * const { value, grads } = tf.variableGrads(() => loss());
 * adam.apply(grads, 0.001);
 */
export class Adam {
  #step = 0;
  readonly #options: FilledIn<AdamOptions>;
  readonly #weights: readonly NamedVariable[];
  readonly #firstMoments = new Map<string, tf.Variable>();
  readonly #secondMoments = new Map<string, tf.Variable>();

  /** @param weights the weights to train; borrowed, and outlive the optimizer. */
  constructor(weights: readonly NamedVariable[], options: AdamOptions = {}) {
    assertKnownOptions('Adam', options, adamOptionNames, { ErrorClass: TrainingError });
    const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay = 0, lazy = false } = options;
    this.#options = { beta1, beta2, epsilon, weightDecay, lazy };
    this.#weights = weights;
    for (const { name, variable } of weights) {
      this.#firstMoments.set(
        name,
        tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      );
      this.#secondMoments.set(
        name,
        tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      );
    }
  }

  /** Steps taken so far. */
  get step(): number {
    return this.#step;
  }

  /**
   * Moves every weight that has a gradient by one step.
   *
   * @param gradients by tfjs variable name, as `tf.variableGrads` gives them; borrowed.
   * @param learningRate of this step, >= 0.
   */
  apply(gradients: tf.NamedTensorMap, learningRate: number): void {
    this.#step += 1;
    const { beta1, beta2 } = this.#options;
    const correction1 = 1 - beta1 ** this.#step;
    const correction2 = 1 - beta2 ** this.#step;
    for (const weight of this.#weights) {
      const gradient = gradients[weight.variable.name];
      if (gradient !== undefined) this.#update(weight, gradient, learningRate, correction1, correction2);
    }
  }

  #update(
    { name, variable: weight, isEmbedding }: NamedVariable,
    gradient: tf.Tensor,
    rate: number,
    correction1: number,
    correction2: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const first = this.#firstMoments.get(name)!;
    const second = this.#secondMoments.get(name)!;
    // rate · (m / c1) / (sqrt(v / c2) + ε), with the corrections moved to where they cost least
    const attributes = {
      beta1,
      beta2,
      rate: (rate * Math.sqrt(correction2)) / correction1,
      epsilon: epsilon * Math.sqrt(correction2),
      decay: 1 - rate * weightDecay,
      lazy: this.#options.lazy && isEmbedding,
    };
    // The fused kernel writes over the weight, which nobody else may hold.
    if (hasFused('RecsysAdam') && tf.backend().refCount(weight.dataId) === 1) {
      runFused('RecsysAdam', { weight, first, second, gradient }, attributes);
    } else composedUpdate(weight, first, second, gradient, attributes);
  }

  /** Returns a copy of all that the optimizer remembers. */
  state(): AdamState {
    const read = (moments: Map<string, tf.Variable>) =>
      new Map([...moments].map(([name, moment]) => [name, moment.dataSync().slice() as Float32Array]));
    return { step: this.#step, firstMoments: read(this.#firstMoments), secondMoments: read(this.#secondMoments) };
  }

  /**
   * Takes over what another optimizer for the same weights remembered.
   * @throws {TrainingError} when a weight is missing or has another size.
   */
  restore(state: AdamState): void {
    const write = (moments: Map<string, tf.Variable>, values: ReadonlyMap<string, Float32Array>) => {
      for (const [name, moment] of moments) {
        const value = values.get(name);
        if (value?.length !== moment.size) {
          throw new TrainingError(
            'bad-option',
            `Adam: state of weight ${name} must have ${moment.size} numbers, got ${value?.length ?? 'none'}`,
          );
        }
        tf.tidy(() => moment.assign(tf.tensor(value, moment.shape)));
      }
    };
    write(this.#firstMoments, state.firstMoments);
    write(this.#secondMoments, state.secondMoments);
    this.#step = state.step;
  }

  /** Frees the optimizer's tensors. May be called again. */
  dispose(): void {
    for (const moments of [this.#firstMoments, this.#secondMoments]) {
      for (const moment of moments.values()) moment.dispose();
      moments.clear();
    }
  }
}

interface UpdateAttributes {
  beta1: number;
  beta2: number;
  rate: number;
  epsilon: number;
  decay: number;
  lazy: boolean;
}

/** One step on one weight, of plain tfjs ops. */
const composedUpdate = (
  weight: tf.Variable,
  first: tf.Variable,
  second: tf.Variable,
  gradient: tf.Tensor,
  { beta1, beta2, rate, epsilon, decay, lazy }: UpdateAttributes,
): void =>
  tf.tidy(() => {
    const m = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
    const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const decayed = decay === 1 ? weight : tf.mul(weight, decay);
    const w = tf.sub(decayed, tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), rate));
    const touched = lazy ? tf.any(tf.notEqual(gradient, 0), -1, true) : undefined;
    for (const [variable, value] of [
      [first, m],
      [second, v],
      [weight, w],
    ] as const) {
      variable.assign(touched === undefined ? value : tf.where(tf.broadcastTo(touched, value.shape), value, variable));
    }
  });

/**
 * Returns gradients scaled so that their common norm, over all weights, is at most `maxNorm` (Pascanu et al. 2013). float32, owned by
 * the caller; the gradients given are borrowed.
 * @example
 * adam.apply(clipByGlobalNorm(grads, 1), 0.001);
 */
export const clipByGlobalNorm = (gradients: tf.NamedTensorMap, maxNorm: number): tf.NamedTensorMap =>
  tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(tf.addN(squares));
    const factor = tf.div(maxNorm, tf.maximum(norm, maxNorm));
    return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
  });
