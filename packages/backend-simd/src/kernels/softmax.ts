import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { grainOf, isFloat, override, runCpuKernel } from './base/index.js';

/**
 * Returns softmax(x) over the last axis, or its logarithm. If `logSums` is given, writes the logarithm of the sum of
 * exponentials of each row to it.
 */
const softmax = (
  backend: SimdBackend,
  x: TensorInfo,
  { logarithm = false, logSums }: { logarithm?: boolean; logSums?: TensorInfo } = {},
): TensorInfo => {
  const width = x.shape[x.shape.length - 1];
  const y = backend.output(x.shape);
  backend.launch(
    'softmax',
    { x, y, width, logarithm, logSums },
    {
      count: width === 0 ? 0 : util.sizeFromShape(x.shape) / width,
      grain: grainOf(30 * width),
      scratchBytes: width * 4 + 64,
    },
  );
  return y;
};

export const registerSoftmax = (): void => {
  override<{ logits: TensorInfo }, { dim: number }>('Softmax', ({ logits }, backend, { dim }) => {
    const last = dim === -1 || dim === logits.shape.length - 1;
    return last && isFloat(logits) ? softmax(backend, logits) : runCpuKernel('Softmax', backend, { logits }, { dim });
  });
  override<{ logits: TensorInfo }, { axis: number }>('LogSoftmax', ({ logits }, backend, { axis }) => {
    const last = axis === -1 || axis === logits.shape.length - 1;
    return last && isFloat(logits)
      ? softmax(backend, logits, { logarithm: true })
      : runCpuKernel('LogSoftmax', backend, { logits }, { axis });
  });
  override<{ logits: TensorInfo }>('RecsysSoftmax', ({ logits }, backend) => {
    const logSums = backend.output(logits.shape.slice(0, -1));
    return [softmax(backend, logits, { logSums }), logSums];
  });
};
