import { initializers } from '@tensorflow/tfjs-layers';
import { LayerError } from '../errors.js';

/**
 * How weights start: `glorotUniform` is what the SASRec authors' code gets by default and `glorotNormal` what its PyTorch port uses
 * (Glorot & Bengio 2010); `normal` has standard deviation 0.02, as in BERT4Rec and GPT.
 */
export type InitializerName = 'glorotUniform' | 'glorotNormal' | 'normal';

/**
 * Returns the named tfjs initializer, seeded.
 * @throws {LayerError} on another name.
 */
export const createInitializer = (name: InitializerName, seed: number) => {
  switch (name) {
    case 'glorotUniform':
      return initializers.glorotUniform({ seed });
    case 'glorotNormal':
      return initializers.glorotNormal({ seed });
    case 'normal':
      return initializers.randomNormal({ mean: 0, stddev: 0.02, seed });
    default:
      throw new LayerError(
        'bad-option',
        `initializer must be glorotUniform, glorotNormal or normal, got ${String(name)}`,
      );
  }
};
