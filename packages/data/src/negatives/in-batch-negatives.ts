import { DataError } from '../errors.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { NegativeSampler } from './negative-sampler.js';
import { outsideSequences } from './outside-sequences.js';

/**
 * Returns a sampler that draws from the targets of the batch, those outside the user's own sequence (Hidasi et al., ICLR 2016, section
 * 3.2.2): popular items are drawn as often as they are targets. For `trainBatches`.
 *
 * @param sequences whose items are excluded: the train part.
 * @throws {DataError} when drawing outside a batch, or for a user who has all targets of one.
 */
export const inBatchNegatives = (sequences: UserSequences): NegativeSampler => {
  const numItems = sequences.catalog.ids.length;
  let targets = new Int32Array(0);
  let tries = 0;
  const sampler = outsideSequences('inBatchNegatives', sequences, numItems, (rng) => {
    if (targets.length === 0)
      throw new DataError('bad-data', 'inBatchNegatives: draws from a batch, and none has been started');
    tries += 1;
    if (tries > 1000 * targets.length)
      throw new DataError('bad-data', 'inBatchNegatives: a user has all targets of the batch; use larger batches');
    return targets[rng.below(targets.length)];
  });
  return {
    startBatch: (ofBatch) => {
      targets = ofBatch as typeof targets;
    },
    sample: (user, into, start, count, rng) => {
      for (let i = start; i < start + count; i++) {
        tries = 0;
        sampler.sample(user, into, i, 1, rng);
      }
    },
  };
};
