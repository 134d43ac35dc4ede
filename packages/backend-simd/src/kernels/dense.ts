import type { TensorInfo } from '@tensorflow/tfjs-core';
import { TOKEN_BLOCK } from '../generated/arguments.js';
import { type Dropout, grainOf, override } from './base/index.js';
import { sumParts } from './reduce.js';

interface Attributes extends Dropout {
  relu: boolean;
}
type Inputs = Record<'x' | 'kernel' | 'bias', TensorInfo>;

export const registerDense = (): void => {
  override<Inputs & { residual?: TensorInfo }, Attributes>(
    'RecsysDense',
    ({ x, kernel, bias, residual }, backend, { relu, key, threshold, keptScale }) => {
      const [inputs, outputs] = kernel.shape;
      const tokens = x.shape[0];
      const y = backend.output([tokens, outputs]);
      backend.launch(
        'dense',
        { x, kernel, bias, y, inputs, outputs, relu, residual, key, threshold, keptScale },
        { count: tokens, grain: grainOf(2 * inputs * outputs, 12) },
      );
      return y;
    },
  );

  override<Inputs & { dy: TensorInfo; y: TensorInfo }, Attributes>(
    'RecsysDenseGrad',
    ({ dy, y, x, kernel }, backend, { relu, key, threshold, keptScale }) => {
      const [inputs, outputs] = kernel.shape;
      const tokens = x.shape[0];
      const dx = backend.output(x.shape);
      const dKernel = backend.output(kernel.shape);
      const dBias = backend.output([outputs]);
      const blocks = Math.ceil(tokens / TOKEN_BLOCK);
      const kernelSize = inputs * outputs;
      const partSize = kernelSize + outputs;
      const sameAsDy = !relu && threshold === 0;
      const bytes = 4 * (kernelSize + (sameAsDy ? 0 : tokens * outputs) + (blocks + 1) * partSize) + 256;
      backend.withMemory(bytes, (transposed) => {
        const parts = transposed + 4 * kernelSize;
        const sums = parts + 4 * blocks * partSize;
        const dz = sameAsDy ? dy : sums + 4 * partSize;
        backend.launch(
          'transposeMatrices',
          { x: kernel, y: transposed, rows: inputs, columns: outputs },
          { count: 1, grain: 1 },
        );
        backend.launch(
          'denseGrad',
          { dy, y, x, transposed, dz, dx, parts, tokens, inputs, outputs, relu, key, threshold, keptScale },
          { count: blocks, grain: 1 },
        );
        sumParts(backend, { parts, y: sums, count: blocks, size: partSize });
        const { heap } = backend;
        heap.floats(backend.address(dKernel), kernelSize).set(heap.floats(sums, kernelSize));
        heap.floats(backend.address(dBias), outputs).set(heap.floats(sums + 4 * kernelSize, outputs));
      });
      return [dx, dKernel, dBias];
    },
  );
};
