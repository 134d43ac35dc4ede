import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { grainOf, isFloat, override, runCpuKernel } from './base/index.js';

/** Insertion into a sorted list is fast up to this length. */
const largestK = 256;

export const registerTopK = (): void => {
  override<{ x: TensorInfo }, { k: number; sorted: boolean }>('TopK', ({ x }, backend, attributes) => {
    const { k } = attributes;
    const size = util.sizeFromShape(x.shape);
    if (!isFloat(x) || k > largestK || k === 0 || size === 0) return runCpuKernel('TopK', backend, { x }, attributes);
    const width = x.shape[x.shape.length - 1];
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = [backend.output(shape), backend.output(shape, 'int32')];
    backend.launch('topK', { x, values, indices, width, k }, { count: size / width, grain: grainOf(width * 2) });
    return [values, indices];
  });
};
