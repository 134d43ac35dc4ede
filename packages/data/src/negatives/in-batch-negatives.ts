import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import { fromBatchTargets } from './from-batch-targets.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';
import { planned } from './sampler-plan.js';

/**
 * Returns a sampler that draws from the targets of the batch that are outside the user's sequence (Hidasi et al., ICLR 2016, section 3.2.2).
 * Popular items are drawn more often, because they are targets more often.
 *
 * @param sequences the train part: the items of its users are excluded.
 * @throws {DataError} when drawing outside `trainBatches`, or for a user who has interacted with all targets of the batch.
 * @example
 * const negativeSampler = inBatchNegatives(split.train);
 * await fit(model, split, { epochs: 10, seed: 1, negativeSampler });
 */
export const inBatchNegatives = (sequences: UserSequences): NegativeSampler => {
  const sampler = fromBatchTargets('inBatchNegatives', (targets) =>
    outsideSequences(sequences, {
      name: 'inBatchNegatives',
      drawable: sequences.catalog.ids.length,
      draw: (rng) => targets()[rng.below(targets().length)],
      drawAmongOthers: (isExcluded) => {
        const others = targets().filter((target) => !isExcluded(target));
        if (others.length === 0)
          throw new DataError(
            'bad-data',
            'inBatchNegatives: a user has interacted with all targets of the batch; use larger batches',
          );
        return (rng) => others[rng.below(others.length)];
      },
    }),
  );
  return planned({ kind: 'in-batch', sequences }, sampler);
};
