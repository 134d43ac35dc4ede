import type { DropoutCallOptions } from '../base/call-layer.js';
import { LayerError } from '../errors.js';
import { randomKey } from '../ops/dropout-random.js';

/**
 * Returns the key of a layer's dropout mask at a step.
 * @param names numbers of the stream below the seed, for a layer that has several.
 * @throws {LayerError} if a training call has no step, because its mask would repeat.
 */
export const stepKey = (where: string, { step }: DropoutCallOptions, seed: number, ...names: number[]): number => {
  if (step === undefined)
    throw new LayerError(
      'bad-option',
      `${where}: a call with training: true needs step, which selects its dropout mask`,
    );
  return randomKey(seed, ...names, step);
};
