import type { TensorInfo } from '@tensorflow/tfjs-core';
import { TOKEN_BLOCK } from '../generated/arguments.js';
import { flopsOfChunk, grainOf, override } from './base/index.js';
import { sumParts } from './reduce.js';

export const registerLayerNorm = (): void => {
  override<Record<'x' | 'gamma' | 'beta', TensorInfo>, { epsilon: number }>(
    'RecsysLayerNorm',
    ({ x, gamma, beta }, backend, { epsilon }) => {
      const [tokens, units] = x.shape;
      const [y, means, inverses] = [x.shape, [tokens], [tokens]].map((shape) => backend.output(shape));
      const work = { count: tokens, grain: grainOf(12 * units) };
      backend.launch('layerNorm', { x, gamma, beta, y, means, inverses, units, epsilon }, work);
      return [y, means, inverses];
    },
  );

  override<Record<'dy' | 'x' | 'gamma' | 'means' | 'inverses', TensorInfo>>(
    'RecsysLayerNormGrad',
    ({ dy, x, gamma, means, inverses }, backend) => {
      const [tokens, units] = x.shape;
      const [dx, dGamma, dBeta] = [x.shape, [units], [units]].map((shape) => backend.output(shape));
      const blocks = Math.ceil(tokens / TOKEN_BLOCK);
      backend.withMemory(4 * (blocks + 1) * 2 * units + 64, (parts) => {
        const sums = parts + 4 * blocks * 2 * units;
        const grain = Math.max(1, Math.floor(flopsOfChunk / (TOKEN_BLOCK * units * 30)));
        backend.launch(
          'layerNormGrad',
          { dy, x, gamma, means, inverses, dx, parts, tokens, units },
          { count: blocks, grain },
        );
        sumParts(backend, { parts, y: sums, count: blocks, size: 2 * units });
        const { heap } = backend;
        heap.floats(backend.address(dGamma), units).set(heap.floats(sums, units));
        heap.floats(backend.address(dBeta), units).set(heap.floats(sums + 4 * units, units));
      });
      return [dx, dGamma, dBeta];
    },
  );
};
