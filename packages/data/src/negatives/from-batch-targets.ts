import { DataError } from '../errors.js';
import type { NegativeSampler } from './negative-sampler.js';

/**
 * Returns a sampler that draws from the targets of the batch.
 *
 * @param name of the sampler, for errors.
 * @param samplerOf makes what draws; `targets` are those of the batch that was started last.
 * @throws {DataError} when it draws and no batch was started.
 */
export const fromBatchTargets = (
  name: string,
  samplerOf: (targets: () => Int32Array) => NegativeSampler,
): NegativeSampler => {
  let targets: Int32Array = new Int32Array(0);
  const { sample } = samplerOf(() => targets);
  return {
    startBatch: (ofBatch) => {
      targets = ofBatch;
    },
    sample: (request) => {
      if (targets.length === 0)
        throw new DataError(
          'bad-data',
          `${name}: draws from the targets of a batch, and no batch was started; use it in trainBatches`,
        );
      sample(request);
    },
  };
};
