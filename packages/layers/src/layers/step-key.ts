import type { DropoutCallOptions } from '../base/call-layer.js';
import { LayerError } from '../errors.js';
import { randomKey } from '../ops/dropout-random.js';

/**
 * Returns the key of a layer's mask at a step.
 * @param names the stream below the seed, where the layer draws from several.
 * @throws {LayerError} on a training call without a step, because its mask would repeat.
 */
export const stepKey = (where: string, { step }: DropoutCallOptions, seed: number, ...names: number[]): number => {
  if (step === undefined)
    throw new LayerError('bad-option', `${where}: a call with training: true needs step, which names its dropout mask`);
  return randomKey(seed, ...names, step);
};
