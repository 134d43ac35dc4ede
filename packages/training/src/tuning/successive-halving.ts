/** A round of successive halving. */
export interface Rung {
  /** How many trials take part. */
  readonly trials: number;
  /** How many epochs each of them has been trained for at its end. */
  readonly epochs: number;
}

/**
 * Returns the rounds of successive halving (Jamieson & Talwalkar 2016; Li et al. 2018, algorithm 1 with one bracket): all trials are trained for
 * a few epochs, the best 1/eta of them for eta times as many, and so on, until the last ones have all epochs. There are as many rounds as
 * leave a trial for the last one, and an epoch for the first.
 *
 * @param options.trials number of trials, >= 1.
 * @param options.epochs epochs of the last round, >= 1.
 * @param options.eta 2 or more.
 * @example
 * halvingRungs({ trials: 20, epochs: 90, eta: 3 });
 * // [{ trials: 20, epochs: 10 }, { trials: 6, epochs: 30 }, { trials: 2, epochs: 90 }]
 */
export const halvingRungs = ({ trials, epochs, eta }: { trials: number; epochs: number; eta: number }): Rung[] => {
  let last = 0;
  while (eta ** (last + 1) <= Math.min(trials, epochs)) last += 1;
  return Array.from({ length: last + 1 }, (_, i) => ({
    trials: Math.floor(trials / eta ** i),
    epochs: Math.max(1, Math.round(epochs / eta ** (last - i))),
  }));
};

/** A trial at the end of a rung. */
interface Ranked {
  readonly trial: number;
  /** Null if it has none. */
  readonly value: number | null;
}

/** Returns trials that have a value, the highest first; of equal ones the first trial. */
export const rankTrials = <T extends Ranked>(trials: readonly T[]): T[] =>
  trials.filter(({ value }) => value !== null).sort((a, b) => b.value! - a.value! || a.trial - b.trial);
