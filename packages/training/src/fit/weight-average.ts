import type { NamedVariable } from '@recsys/layers';
import { readWeights, type Weights, writeWeights } from './weights.js';

/** What a checkpoint keeps of averaged weights beside the model, whose weights are then the averaged ones. */
interface AveragedState {
  /** How many times weights were taken in. */
  readonly count: number;
  /** The weights that training goes on from. */
  readonly trained: Weights;
}

/**
 * The exponential moving average of weights, with the correction of Adam for its start: the mean of n times has weights in proportion to
 * decay^(n - 1), …, decay, 1. It is kept on the host in float32, so that it is the same on every engine.
 */
export class WeightAverage {
  readonly #weights: readonly NamedVariable[];
  readonly #decay: number;
  #count = 0;
  #means = new Map<string, Float32Array>();

  constructor(weights: readonly NamedVariable[], decay: number) {
    this.#weights = weights;
    this.#decay = decay;
  }

  /** Takes the weights in as they are now; all rows must have taken all steps. */
  add(): void {
    this.#count += 1;
    const current = readWeights(this.#weights);
    if (this.#count === 1) {
      this.#means = new Map(current);
      return;
    }
    const rate = (1 - this.#decay) / (1 - this.#decay ** this.#count);
    for (const [name, mean] of this.#means) {
      const values = current.get(name)!;
      for (let i = 0; i < mean.length; i++) mean[i] += rate * (values[i] - mean[i]);
    }
  }

  /** Puts the averaged weights into the model, if there are some yet, and returns those that were there. */
  show(): AveragedState | undefined {
    if (this.#count === 0) return undefined;
    const trained = readWeights(this.#weights);
    writeWeights(this.#weights, this.#means);
    return { count: this.#count, trained };
  }

  /** Puts the weights back that `show` returned. */
  hide(shown: AveragedState | undefined): void {
    if (shown !== undefined) writeWeights(this.#weights, shown.trained);
  }

  /** Takes over what a checkpoint had, from a model with its weights. */
  restore(state: AveragedState): void {
    this.#count = state.count;
    this.#means = new Map(readWeights(this.#weights));
    this.hide(state);
  }
}
