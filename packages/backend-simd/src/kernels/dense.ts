import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { type Dropout, grainOf, override } from './support.js';

interface DenseAttributes extends Dropout {
  relu: boolean;
}
interface DenseInputs {
  x: TensorInfo;
  kernel: TensorInfo;
  bias: TensorInfo;
}

/** Tokens that gradients of weights are summed over at a time; `TOKEN_BLOCK` of the kernels. */
const tokenBlock = 128;

/** Writes the sum of `count` parts of `size` floats, in order. */
const sumParts = (backend: SimdBackend, parts: number, sums: number, count: number, size: number): void =>
  backend.launch('sumParts', {
    count: Math.ceil(size / 4),
    grain: grainOf(4 * count * 4),
    integers: [parts, sums, count, size],
  });

export const registerDense = (): void => {
  override<DenseInputs & { residual?: TensorInfo }, DenseAttributes>(
    'RecsysDense',
    ({ x, kernel, bias, residual }, backend, { relu, key, threshold, keptScale }) => {
      const [inputs, outputs] = kernel.shape as [number, number];
      const tokens = x.shape[0]!;
      const y = backend.output([tokens, outputs]);
      backend.launch('dense', {
        count: tokens,
        grain: grainOf(2 * inputs * outputs, 12),
        integers: [
          ...backend.addresses(x, kernel, bias, y),
          inputs,
          outputs,
          relu ? 1 : 0,
          ...backend.addresses(residual),
          key,
          threshold,
        ],
        floats: [keptScale],
      });
      return y;
    },
  );
  override<DenseInputs & { dy: TensorInfo; y: TensorInfo }, DenseAttributes>(
    'RecsysDenseGrad',
    ({ dy, y, x, kernel }, backend, { relu, key, threshold, keptScale }) => {
      const [inputs, outputs] = kernel.shape as [number, number];
      const tokens = x.shape[0]!;
      const dx = backend.output(x.shape);
      const dKernel = backend.output(kernel.shape);
      const dBias = backend.output([outputs]);
      const blocks = Math.ceil(tokens / tokenBlock);
      const partSize = (inputs + 1) * outputs;
      const sameAsDy = !relu && threshold === 0;
      const bytes = 4 * (inputs * outputs + (sameAsDy ? 0 : tokens * outputs) + (blocks + 1) * partSize) + 256;
      backend.withMemory(bytes, (memory) => {
        const transposed = memory;
        const parts = transposed + 4 * inputs * outputs;
        const sums = parts + 4 * blocks * partSize;
        const dz = sameAsDy ? backend.address(dy) : sums + 4 * partSize;
        backend.launch('transposeMatrices', {
          count: 1,
          grain: 1,
          integers: [backend.address(kernel), transposed, inputs, outputs],
        });
        backend.launch('denseGrad', {
          count: blocks,
          grain: 1,
          integers: [
            ...backend.addresses(dy, y, x),
            transposed,
            dz,
            backend.address(dx),
            parts,
            tokens,
            inputs,
            outputs,
            relu ? 1 : 0,
            key,
            threshold,
          ],
          floats: [keptScale],
        });
        sumParts(backend, parts, sums, blocks, partSize);
        const { heap } = backend;
        heap.floats(backend.address(dKernel), inputs * outputs).set(heap.floats(sums, inputs * outputs));
        heap.floats(backend.address(dBias), outputs).set(heap.floats(sums + 4 * inputs * outputs, outputs));
      });
      return [dx, dKernel, dBias];
    },
  );
};

export const registerLayerNorm = (): void => {
  override<{ x: TensorInfo; gamma: TensorInfo; beta: TensorInfo }, { epsilon: number }>(
    'RecsysLayerNorm',
    ({ x, gamma, beta }, backend, { epsilon }) => {
      const [tokens, units] = x.shape as [number, number];
      const outputs = [backend.output(x.shape), backend.output([tokens]), backend.output([tokens])];
      backend.launch('layerNorm', {
        count: tokens,
        grain: grainOf(12 * units),
        integers: [...backend.addresses(x, gamma, beta, ...outputs), units],
        floats: [epsilon],
      });
      return outputs;
    },
  );
  override<Record<'dy' | 'x' | 'gamma' | 'means' | 'inverses', TensorInfo>>(
    'RecsysLayerNormGrad',
    ({ dy, x, gamma, means, inverses }, backend) => {
      const [tokens, units] = x.shape as [number, number];
      const dx = backend.output(x.shape);
      const [dGamma, dBeta] = [backend.output([units]), backend.output([units])];
      const blocks = Math.ceil(tokens / tokenBlock);
      backend.withMemory(4 * (blocks + 1) * 2 * units + 64, (parts) => {
        const sums = parts + 4 * blocks * 2 * units;
        backend.launch('layerNormGrad', {
          count: blocks,
          grain: Math.max(1, Math.floor(4e5 / (tokenBlock * units * 30))),
          integers: [...backend.addresses(dy, x, gamma, means, inverses, dx), parts, tokens, units],
        });
        sumParts(backend, parts, sums, blocks, 2 * units);
        const { heap } = backend;
        heap.floats(backend.address(dGamma), units).set(heap.floats(sums, units));
        heap.floats(backend.address(dBeta), units).set(heap.floats(sums + 4 * units, units));
      });
      return [dx, dGamma, dBeta];
    },
  );
};
