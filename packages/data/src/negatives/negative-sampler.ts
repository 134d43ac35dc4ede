import type { Rng } from '../rng.js';

/** What a sampler is asked for: negatives of one user. */
export interface NegativeRequest {
  /** Row of the user in the sequences that the sampler was made for. */
  readonly user: number;
  /** Array to fill with items, drawn with replacement. */
  readonly into: Int32Array;
  /** Stream of random numbers to draw from. */
  readonly rng: Rng;
  /** Targets that the negatives are for, in order, `into.length / targets.length` negatives per target. Absent in evaluation. */
  readonly targets?: Int32Array | undefined;
}

/**
 * Draws negatives: items that a model should score below the targets.
 *
 * @example
 * // A sampler that draws from all items, those of the user's own history too.
 * const anyItem: NegativeSampler = {
 *   sample: ({ into, rng }) => {
 *     for (let i = 0; i < into.length; i++) into[i] = 1 + rng.below(numItems);
 *   },
 * };
 */
export interface NegativeSampler {
  /** Fills an array with negatives of one user. */
  sample(request: NegativeRequest): void;
  /** Called before the draws of each batch with its targets, `[tokens]`, for samplers that draw from them. */
  startBatch?(targets: Int32Array): void;
}
