import { assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { Rng } from '../rng.js';
import { type IdMap, idAt } from '../table/id-map.js';
import type { Interactions } from '../table/interactions.js';
import { InteractionsBuilder } from '../table/interactions-builder.js';

/** Options of `simulateInteractions`. */
export interface SimulateOptions {
  /** Seed of the law and of every draw from it. */
  seed: number;
  /** Number of users, >= 1. Default 2,000. */
  users?: number;
  /** Number of items, >= 10. Default 100. */
  items?: number;
  /** Mean number of interactions per user, from 5 to half the number of items. Default 12. */
  meanLength?: number;
  /** Probability that the next item is drawn by popularity alone, in (0, 1]. Default 0.1. */
  restart?: number;
  /** Weight of the newest item in the choice of the next one, in [0, 1]; the item before it has the rest. Default 0.5. */
  newestShare?: number;
  /** Number of successors of each item, >= 1. Default 3. */
  successors?: number;
  /** Exponent of Zipf's law, from 0 to 10: the item of popularity rank r has weight r^-exponent. Default 0.8. */
  popularityExponent?: number;
}

/** Simulated interactions, and the law they were drawn from. */
export interface Simulation {
  /** Ids are `user-1` … and `item-1` …. Timestamps are in seconds: minutes apart within a session, hours between sessions. */
  readonly interactions: Interactions;
  /**
   * Returns a function from a history, in item indices of the catalog, to the exact probability of each next item: float64 `[numItems + 1]`,
   * 0 for the pad and for items of the history. In expectation, no model can rank better than these probabilities.
   *
   * @param catalog the catalog of sequences made from `interactions`.
   */
  nextItemProbabilities(catalog: IdMap): (history: ArrayLike<number>) => Float64Array;
}

/**
 * Returns interactions drawn from a known law, for tests and demonstrations. Let h be the newest item of a history, g the item before it and S the
 * items outside the history. Then the next item is i with probability proportional to
 *
 *   [i in S] · (restart · popularity(i) + (1 - restart) · (newestShare · T1(h, i) + (1 - newestShare) · T2(g, i)))
 *
 * where T1 and T2 give each item a few successors. The first item is drawn by popularity, and the second one by T1 without T2. As T2 looks two
 * items back, a first-order Markov chain cannot reach the best possible result.
 *
 * @throws {DataError} on an unknown option or one out of range.
 * @example
 * const { interactions, nextItemProbabilities } = simulateInteractions({ seed: 1, users: 500 });
 * const { catalog } = toSequences(interactions);
 * nextItemProbabilities(catalog)([3, 8]); // Float64Array(catalog.ids.length + 1), which sums to 1
 */
export const simulateInteractions = (options: SimulateOptions): Simulation => {
  const law = createLaw(options);
  const { seed, users = 2000, meanLength = 12, items } = { ...law, ...options, items: law.items };
  assertRange('users', users, 1, 1e9, true);
  assertRange('meanLength', meanLength, 5, items / 2);
  const builder = new InteractionsBuilder();
  for (let user = 1; user <= users; user++) {
    const rng = new Rng(seed, 1, user);
    let time = 1_600_000_000 + rng.below(30_000_000);
    for (const { item, newSession } of drawSequence(law, lengthOf(meanLength, items, rng), rng)) {
      time += newSession ? 3600 * (4 + rng.below(100)) : 60 + rng.below(600);
      builder.add(`user-${user}`, `item-${item + 1}`, { timestamp: time });
    }
  }
  return {
    interactions: builder.build({ kind: 'epoch-seconds', column: 'timestamp' }),
    nextItemProbabilities: (catalog) => {
      const lawItems = catalog.ids.map(
        (_, i) => Number(String(idAt(catalog, i + catalog.first)).slice('item-'.length)) - 1,
      );
      return (history) => {
        const probabilities = nextItem(
          law,
          Array.from(history, (index) => lawItems[index - catalog.first]),
        );
        return Float64Array.from(
          { length: lawItems.length + catalog.first },
          (_, index) => probabilities[lawItems[index - catalog.first]] ?? 0,
        );
      };
    },
  };
};

/** The successors of each item and their probabilities. */
interface Transitions {
  readonly successors: Int32Array[];
  /** The same for every item. */
  readonly weights: Float64Array;
}

interface Law {
  readonly items: number;
  readonly restart: number;
  readonly newestShare: number;
  /** Probability of each item by popularity. */
  readonly popularity: Float64Array;
  readonly afterNewest: Transitions;
  readonly afterSecond: Transitions;
}

const optionNames: readonly (keyof SimulateOptions)[] = [
  'seed',
  'users',
  'items',
  'meanLength',
  'restart',
  'newestShare',
  'successors',
  'popularityExponent',
];

const createLaw = (options: SimulateOptions): Law => {
  assertKnownOptions('simulateInteractions', options, optionNames, { ErrorClass: DataError });
  const { seed, items = 100, restart = 0.1, newestShare = 0.5, successors = 3, popularityExponent = 0.8 } = options;
  assertRange('items', items, 10, 1e6, true);
  assertRange('restart', restart, Number.MIN_VALUE, 1);
  assertRange('newestShare', newestShare, 0, 1);
  assertRange('successors', successors, 1, items, true);
  assertRange('popularityExponent', popularityExponent, 0, 10);
  const rng = new Rng(seed, 0);
  const order = rng.shuffle(Int32Array.from({ length: items }, (_, i) => i));
  const popularity = new Float64Array(items);
  order.forEach((item, rank) => {
    popularity[item] = (rank + 1) ** -popularityExponent;
  });
  const drawTransitions = (): Transitions => ({
    successors: Array.from({ length: items }, () =>
      rng.shuffle(Int32Array.from({ length: items }, (_, i) => i)).slice(0, successors),
    ),
    weights: normalised(Float64Array.from({ length: successors }, (_, s) => 0.6 ** s)),
  });
  return {
    items,
    restart,
    newestShare,
    popularity: normalised(popularity),
    afterNewest: drawTransitions(),
    afterSecond: drawTransitions(),
  };
};

/** Returns the probability of each of the law's items to be the next, `[items]`. */
const nextItem = (
  { restart, newestShare, popularity, afterNewest, afterSecond }: Law,
  history: readonly number[],
): Float64Array => {
  const [newest, second] = [history.at(-1), history.at(-2)];
  const restartShare = newest === undefined ? 1 : restart;
  const probabilities = popularity.map((share) => restartShare * share);
  const addTransition = ({ successors, weights }: Transitions, from: number, share: number) => {
    successors[from].forEach((item, s) => {
      probabilities[item] += (1 - restart) * share * weights[s];
    });
  };
  if (newest !== undefined) addTransition(afterNewest, newest, second === undefined ? 1 : newestShare);
  if (second !== undefined) addTransition(afterSecond, second, 1 - newestShare);
  for (const item of history) probabilities[item] = 0;
  return normalised(probabilities);
};

function* drawSequence(
  law: Law,
  length: number,
  rng: Rng,
): Generator<{ item: number; newSession: boolean }, void, undefined> {
  const history: number[] = [];
  while (history.length < length) {
    const item = drawFrom(nextItem(law, history), rng);
    const [newest, second] = [history.at(-1), history.at(-2)];
    const follows =
      (newest !== undefined && law.afterNewest.successors[newest].includes(item)) ||
      (second !== undefined && law.afterSecond.successors[second].includes(item));
    yield { item, newSession: !follows };
    history.push(item);
  }
}

const drawFrom = (probabilities: Float64Array, rng: Rng): number => {
  let left = rng.float();
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    last = i;
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return last; // only rounding leads here
};

/** Returns the length of a sequence: 5 plus a geometric draw, with the mean `meanLength`, and at most half the number of items. */
const lengthOf = (meanLength: number, items: number, rng: Rng): number => {
  const extra = meanLength - 5;
  const drawn = extra === 0 ? 0 : Math.floor(Math.log(1 - rng.float()) / Math.log(extra / (extra + 1)));
  return Math.min(5 + drawn, Math.floor(items / 2));
};

const normalised = (weights: Float64Array): Float64Array => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

const assertRange = (name: string, value: number, low: number, high: number, whole = false): void => {
  if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'an integer' : 'a number';
    throw new DataError(
      'bad-option',
      `simulateInteractions: ${name} must be ${kind} from ${low} to ${high}, got ${value}`,
    );
  }
};
