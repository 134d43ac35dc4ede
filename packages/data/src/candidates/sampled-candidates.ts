import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { itemNegatives } from '../negatives/item-negatives.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import type { EvaluationSet } from '../splits/split.js';

export interface CandidateOptions {
  /** First entry of the set, inclusive. */
  start: number;
  /** Last entry of the set, exclusive. */
  end: number;
  /** Names the draws: the same for every model that is compared. */
  seed: number;
  /** Negatives a target, >= 1. Default 100. */
  numNegatives?: number;
}

/** Draws the items that targets are ranked among. */
export type CandidateSampler = (options: CandidateOptions) => Int32Array;

/**
 * Returns the `sampled` protocol of the SASRec paper: beside each target, negatives drawn uniformly, with replacement, from items not in
 * the user's TRAIN part. Draws depend on the seed and the user alone, not on the model or the blocks asked for.
 *
 * The sampler gives `[entries * (1 + numNegatives)]`, row by row, the target first.
 * @throws {DataError} when a user has interacted with every item.
 */
export const sampledCandidates = (set: EvaluationSet): CandidateSampler => {
  const negatives = uniformNegatives(trainParts(set));
  return (options) => {
    const { start, end, seed, numNegatives = 100 } = checkCandidateOptions('sampledCandidates', options);
    const width = 1 + numNegatives;
    const candidates = new Int32Array((end - start) * width);
    for (let entry = start; entry < end; entry++) {
      const row = (entry - start) * width;
      candidates[row] = set.targets[entry];
      const user = set.users[entry];
      negatives.sample({ user, into: candidates.subarray(row + 1, row + width), rng: new Rng(seed, user) });
    }
    return candidates;
  };
};

/**
 * Returns the `sampled-per-item` protocol: beside each target, its row of `itemNegatives`; the user's history is not left out.
 *
 * The sampler gives `[entries * (1 + numNegatives)]`, row by row, the target first.
 * @throws {DataError} when the catalog has fewer than numNegatives other items.
 */
export const sampledPerItemCandidates = (set: EvaluationSet): CandidateSampler => {
  const numItems = set.sequences.catalog.ids.length;
  return (options) => {
    const { start, end, seed, numNegatives = 100 } = checkCandidateOptions('sampledPerItemCandidates', options);
    const table = itemNegatives(numItems, { numNegatives, seed });
    const width = 1 + numNegatives;
    const candidates = new Int32Array((end - start) * width);
    for (let entry = start; entry < end; entry++) {
      const [target, row] = [set.targets[entry], (entry - start) * width];
      candidates[row] = target;
      candidates.set(table.of(target), row + 1);
    }
    return candidates;
  };
};

/**
 * Returns the options of a sampler.
 * @throws {DataError} on an unknown option, or a number of negatives below 1.
 */
export const checkCandidateOptions = (where: string, options: CandidateOptions): CandidateOptions => {
  assertKnownOptions(where, options, ['start', 'end', 'seed', 'numNegatives'], { ErrorClass: DataError });
  if (options.numNegatives !== undefined)
    assertInteger(where, 'numNegatives', options.numNegatives, { minimum: 1, ErrorClass: DataError });
  return options;
};

/** Returns the sequences of a set cut to the users' TRAIN parts; users outside the set keep theirs whole. */
const trainParts = ({ sequences, users, trainEnds }: EvaluationSet) => {
  const ends = sequences.ends.slice();
  users.forEach((user, entry) => {
    ends[user] = trainEnds[entry];
  });
  return { ...sequences, ends };
};
