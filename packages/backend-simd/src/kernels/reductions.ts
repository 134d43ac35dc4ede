import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { grainOf, isFloat, override, runCpuKernel } from './support.js';

interface Reduction {
  axis: number | number[];
  keepDims: boolean;
}

/** Returns the sum over the last axes, or over the first ones; undefined for other axes. */
const sum = (backend: SimdBackend, x: TensorInfo, { axis, keepDims }: Reduction): TensorInfo | undefined => {
  const rank = x.shape.length;
  const axes = util.parseAxisParam(axis, x.shape);
  const inner = backend_util.axesAreInnerMostDims(axes, rank);
  if (!inner && axes.some((reduced, i) => reduced !== i)) return undefined;
  const kept = x.shape.filter((_, i) => !axes.includes(i));
  const output = backend.output(keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept);
  const keptSize = util.sizeFromShape(kept);
  const reducedSize = util.sizeFromShape(axes.map((reduced) => x.shape[reduced]!));
  const addresses = backend.addresses(x, output);
  if (inner) {
    backend.launch('sumInner', {
      count: keptSize,
      grain: grainOf(reducedSize * 2),
      integers: [...addresses, reducedSize],
    });
  } else {
    backend.launch('sumOuter', {
      count: Math.ceil(keptSize / 8),
      grain: grainOf(reducedSize * 16),
      integers: [...addresses, reducedSize, keptSize],
    });
  }
  return output;
};

/** Writes softmax(x) over the last axis, or its logarithm; and where `logSums` is given, the logarithm of each row's sum of exponentials. */
const softmax = (
  backend: SimdBackend,
  x: TensorInfo,
  { logarithm = false, logSums }: { logarithm?: boolean; logSums?: TensorInfo } = {},
): TensorInfo => {
  const width = x.shape.at(-1)!;
  const output = backend.output(x.shape);
  backend.launch('softmax', {
    count: width === 0 ? 0 : util.sizeFromShape(x.shape) / width,
    grain: grainOf(30 * width),
    integers: [...backend.addresses(x, output), width, logarithm ? 1 : 0, ...backend.addresses(logSums)],
    scratchBytes: width * 4 + 64,
  });
  return output;
};

export const registerReductions = (): void => {
  override<{ x: TensorInfo }, Reduction>(
    'Sum',
    ({ x }, backend, attributes) =>
      (isFloat(x) ? sum(backend, x, attributes) : undefined) ?? runCpuKernel('Sum', backend, { x }, attributes),
  );
  override<{ x: TensorInfo }, Reduction>('Mean', ({ x }, backend, attributes) => {
    const sums = isFloat(x) ? sum(backend, x, attributes) : undefined;
    if (sums === undefined) return runCpuKernel('Mean', backend, { x }, attributes);
    const count = util.sizeFromShape(x.shape) / util.sizeFromShape(sums.shape);
    const values = backend.data.get(sums.dataId).values as Float32Array;
    for (let i = 0; i < values.length; i++) values[i]! /= count;
    return sums;
  });
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
