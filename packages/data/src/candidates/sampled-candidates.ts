import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { itemNegatives } from '../negatives/item-negatives.js';
import { uniformNegatives } from '../negatives/uniform-negatives.js';
import { Rng } from '../rng.js';
import type { EvaluationSet } from '../splits/split.js';

/** Which candidates a `CandidateSampler` draws. */
export interface CandidateOptions {
  /** First entry of the evaluation set, inclusive. */
  start: number;
  /** Last entry of the evaluation set, exclusive. */
  end: number;
  /** Seed of the draws. Use the same one for all models that you compare. */
  seed: number;
  /** Number of negatives per target, >= 1. Default 100. */
  numNegatives?: number;
}

/**
 * Returns the items that the targets `start .. end - 1` of an evaluation set are ranked among: int32 `[(end - start) * (1 + numNegatives)]`, one
 * row per target, with the target first.
 */
export type CandidateSampler = (options: CandidateOptions) => Int32Array;

export interface WriteCandidatesOptions {
  /** Draws the candidates, for example `sampledCandidates(set)`. */
  candidates: CandidateSampler;
  /** Seed of the draws. */
  seed: number;
  /** Number of negatives per target, >= 1. Default 100. */
  numNegatives?: number | undefined;
}

/**
 * Returns the candidates of the `sampled` protocol of the SASRec paper: the target, and negatives drawn uniformly, with replacement, from the
 * items outside the user's TRAIN part. The draws depend on the seed and the user alone, so every model meets the same candidates.
 *
 * @throws {DataError} while drawing, for a user who has interacted with every item.
 * @example
 * const candidates = sampledCandidates(split.test);
 * candidates({ start: 0, end: 2, seed: 0 }); // Int32Array(202): 2 rows of a target and 100 negatives
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
 * Returns the candidates of the `sampled-per-item` protocol: the target, and its row of `itemNegatives`. Items of the user's history may be
 * among them.
 *
 * @throws {DataError} while drawing, when the catalog has fewer than `numNegatives` other items.
 * @example
 * const candidates = sampledPerItemCandidates(split.test);
 * candidates({ start: 0, end: 2, seed: 0 }); // Int32Array(202): 2 rows of a target and 100 negatives
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
 * Returns the options that a sampler was called with.
 * @throws {DataError} on an unknown option, or a number of negatives below 1.
 */
export const checkCandidateOptions = (where: string, options: CandidateOptions): CandidateOptions => {
  assertKnownOptions(where, options, ['start', 'end', 'seed', 'numNegatives'], { ErrorClass: DataError });
  if (options.numNegatives !== undefined)
    assertInteger(where, 'numNegatives', options.numNegatives, { minimum: 1, ErrorClass: DataError });
  return options;
};

/** Returns the sequences of a set, cut to the TRAIN part of each user in the set. */
const trainParts = ({ sequences, users, trainEnds }: EvaluationSet) => {
  const ends = sequences.ends.slice();
  users.forEach((user, entry) => {
    ends[user] = trainEnds[entry];
  });
  return { ...sequences, ends };
};
