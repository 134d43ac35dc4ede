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
   * Coupled L2 penalty, >= 0: `l2 * weight` is added to the gradient, and so to the moments (Kingma & Ba 2015 with a penalty in the loss; the
   * `weight_decay` of Adam in PyTorch). Each row of a table then has a gradient in each step, so none is left for later, and a step costs as much
   * as the tables are large. Default 0.
   */
  l2?: number | undefined;
  /**
   * Whether rows of embedding tables without a gradient in a batch stay as they are, moments and decay too. Not the algorithm of the
   * paper: such a row moves later as if these steps had not been. Without it a step costs as much on the `simd` backend, which lets such
   * rows take these steps later, with the result of the paper; so `lazy` is for the other backends, and for comparison with other
   * libraries, such as PyTorch's SparseAdam. Default false.
   */
  lazy?: boolean | undefined;
}

const adamOptionNames = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'l2', 'lazy'];

/** A table with rows that have not taken all steps yet, as it is; its moments are as far behind. */
export interface DeferredTable {
  /** The table, float32. */
  readonly weight: Float32Array;
  /** By row, the last step that it has taken, int32. */
  readonly last: Int32Array;
  /** The steps that rows have missed, as the backend notes them. */
  readonly steps: Int32Array;
}

/** All that Adam remembers between steps, on the host; restoring it is bit-exact. */
export interface AdamState {
  /** Steps taken so far. */
  readonly step: number;
  /** By weight name, the running mean of gradients, float32. */
  readonly firstMoments: ReadonlyMap<string, Float32Array>;
  /** By weight name, the running mean of squared gradients, float32. */
  readonly secondMoments: ReadonlyMap<string, Float32Array>;
  /** By weight name, tables with rows that have not taken all steps yet. They are part of the state: the weights as others see them, with all rows up to date, round differently. */
  readonly deferred: ReadonlyMap<string, DeferredTable>;
}

/**
 * The Adam optimizer (Kingma & Ba 2015, algorithm 1). Owns two tensors per weight; `dispose()` frees them.
 *
 * On the `simd` backend, rows of a large table without a gradient take their steps later, all at once, when they are read or get a
 * gradient again; so a step costs as much as its batch is large. Whoever reads the weight or its moments sees all rows up to date, up to
 * rounding as if they had taken each step in turn. Reading a whole table brings all its rows up to date, which later rounds differently
 * than if they had been left behind.
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
    const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay = 0, l2 = 0, lazy = false } = options;
    if (lazy && l2 > 0)
      throw new TrainingError(
        'bad-option',
        'Adam: lazy leaves rows without a gradient as they are, and with l2 each row has one',
      );
    this.#options = { beta1, beta2, epsilon, weightDecay, l2, lazy };
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
    ofLoss: tf.Tensor,
    rate: number,
    correction1: number,
    correction2: number,
  ): void {
    const { beta1, beta2, epsilon, weightDecay, l2 } = this.#options;
    const gradient = l2 === 0 ? ofLoss : tf.tidy(() => tf.add(ofLoss, tf.mul(weight, l2)));
    const first = this.#firstMoments.get(name)!;
    const second = this.#secondMoments.get(name)!;
    // rate · (m / c1) / (sqrt(v / c2) + ε), with the corrections moved to where they cost least
    const attributes = {
      beta1,
      beta2,
      rate: (rate * Math.sqrt(correction2)) / correction1,
      epsilon: epsilon * Math.sqrt(correction2),
      decay: rate * weightDecay,
      lazy: this.#options.lazy && isEmbedding,
    };
    // The fused kernel writes over the weight, which nobody else may hold.
    if (hasFused('RecsysAdam') && tf.backend().refCount(weight.dataId) === 1) {
      runFused('RecsysAdam', { weight, first, second, gradient }, attributes);
    } else composedUpdate(weight, first, second, gradient, attributes);
    if (gradient !== ofLoss) gradient.dispose();
  }

  /** Lets every row of every weight take all steps so far. */
  settle(): void {
    if (!hasFused('RecsysAdamSettle')) return;
    for (const { variable } of this.#weights) runFused('RecsysAdamSettle', { weight: variable });
  }

  /** Returns a copy of all that the optimizer remembers. Rows that have not taken all steps stay so. */
  state(): AdamState {
    const firstMoments = new Map<string, Float32Array>();
    const secondMoments = new Map<string, Float32Array>();
    const deferred = new Map<string, DeferredTable>();
    tf.tidy(() => {
      for (const { name, variable: weight } of this.#weights) {
        const first = this.#firstMoments.get(name)!;
        const second = this.#secondMoments.get(name)!;
        const behind = hasFused('RecsysAdamDeferred')
          ? runFused<tf.Tensor[]>('RecsysAdamDeferred', { weight, first, second })
          : [];
        const [table, m = first, v = second, last, steps] = behind;
        firstMoments.set(name, m.dataSync<'float32'>().slice());
        secondMoments.set(name, v.dataSync<'float32'>().slice());
        if (table === undefined) continue;
        deferred.set(name, {
          weight: table.dataSync<'float32'>(),
          last: last.dataSync<'int32'>(),
          steps: steps.dataSync<'int32'>(),
        });
      }
    });
    return { step: this.#step, firstMoments, secondMoments, deferred };
  }

  /**
   * Takes over what another optimizer for the same weights remembered. Tables with rows that had not taken all steps become as they were.
   * @throws {TrainingError} `bad-option` when a weight is missing or has another size, or when there are such rows and the backend cannot
   * defer steps.
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
    for (const [name, table] of state.deferred) this.#restoreDeferred(name, table);
    this.#step = state.step;
  }

  #restoreDeferred(name: string, { weight: values, last, steps }: DeferredTable): void {
    const weight = this.#weights.find((weight) => weight.name === name)?.variable;
    const first = this.#firstMoments.get(name);
    const second = this.#secondMoments.get(name);
    if (weight?.size !== values.length || weight.shape[0] !== last.length)
      throw new TrainingError(
        'bad-option',
        `Adam: the state has steps missed by rows of ${name}, which is another weight here`,
      );
    if (!hasFused('RecsysAdamRestore'))
      throw new TrainingError(
        'bad-option',
        `Adam: the state has steps missed by rows of ${name}, which backend ${tf.getBackend()} cannot take later; use simd`,
      );
    tf.tidy(() => {
      weight.assign(tf.tensor(values, weight.shape));
      const inputs = { weight, first, second, last: tf.tensor1d(last, 'int32'), steps: tf.tensor1d(steps, 'int32') };
      runFused('RecsysAdamRestore', inputs);
    });
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
    const change = tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), rate);
    const w = tf.sub(weight, decay === 0 ? change : tf.add(tf.mul(weight, decay), change));
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
