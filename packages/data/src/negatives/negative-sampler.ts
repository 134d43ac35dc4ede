import type { Rng } from '../rng.js';

/** Draws items that targets are to be scored above. */
export interface NegativeSampler {
  /**
   * Fills `into[start] … into[start + count - 1]` with draws for a user, with replacement.
   * @param user row of the user in the sequences that the sampler was made for.
   * @param targets the targets that the draws are for, in order, `count / targets.length` each; absent in evaluation.
   */
  sample(user: number, into: Int32Array, start: number, count: number, rng: Rng, targets?: Int32Array): void;
  /** Tells a sampler that draws from the batch what its targets are. */
  startBatch?(targets: Int32Array): void;
}
