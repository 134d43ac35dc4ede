import { initializers } from '@tensorflow/tfjs-layers';
import { LayerError } from '../errors.js';

/**
 * How weights are initialized: `glorotUniform`, as in the SASRec authors' code; `glorotNormal`, as in its PyTorch port
 * (both Glorot & Bengio 2010); or `normal`, with standard deviation 0.02, as in BERT4Rec and GPT.
 */
export type InitializerName = 'glorotUniform' | 'glorotNormal' | 'normal';

/**
 * Returns the named tfjs initializer, seeded.
 * @throws {LayerError} for any other name.
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
