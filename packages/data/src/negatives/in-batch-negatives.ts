import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';

/**
 * Returns a sampler that draws from the targets of the batch, without the items of the user's own sequence (Hidasi et al., ICLR 2016,
 * section 3.2.2). An item is drawn as often as it is a target, so popular items are drawn more often. For `trainBatches`.
 *
 * @param sequences whose items are excluded: the train part.
 * @throws {DataError} when drawing outside a batch, or for a user who has all targets of the batch.
 * @example
 * const negativeSampler = inBatchNegatives(split.train);
 * for (const batch of trainBatches(split.train, { maxLength: 50, seed: 1, negativeSampler })) step(batch);
 */
export const inBatchNegatives = (sequences: UserSequences): NegativeSampler => {
  let targets = new Int32Array(0);
  const { sample } = outsideSequences(sequences, {
    name: 'inBatchNegatives',
    drawable: sequences.catalog.ids.length,
    draw: (rng) => targets[rng.below(targets.length)],
    drawAmongOthers: (isExcluded) => {
      const others = targets.filter((target) => !isExcluded(target));
      if (others.length === 0)
        throw new DataError(
          'bad-data',
          'inBatchNegatives: a user has interacted with all targets of the batch; use larger batches',
        );
      return (rng) => others[rng.below(others.length)];
    },
  });
  return {
    startBatch: (ofBatch) => {
      targets = ofBatch as typeof targets;
    },
    sample: (request) => {
      if (targets.length === 0)
        throw new DataError(
          'bad-data',
          'inBatchNegatives: draws from the targets of a batch, and no batch was started; use it in trainBatches',
        );
      sample(request);
    },
  };
};
