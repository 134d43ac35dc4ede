import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { COLUMN_BLOCK, PART_BLOCK, type SumPartsArguments } from '../generated/arguments.js';
import { grainOf, isFloat, override, runCpuKernel } from './base/index.js';

interface Reduction {
  axis: number | number[];
  keepDims: boolean;
}

/** Writes the sum of `count` parts of `size` floats, in order. */
export const sumParts = (backend: SimdBackend, args: SumPartsArguments): void => {
  const { count, size } = args;
  backend.launch('sumParts', args, { count: Math.ceil(size / PART_BLOCK), grain: grainOf(4 * count * PART_BLOCK) });
};

/** Returns the sum over the last or the first axes; undefined for other axes. */
const sum = (backend: SimdBackend, x: TensorInfo, { axis, keepDims }: Reduction): TensorInfo | undefined => {
  const rank = x.shape.length;
  const axes = util.parseAxisParam(axis, x.shape);
  const inner = backend_util.axesAreInnerMostDims(axes, rank);
  if (!inner && axes.some((reduced, i) => reduced !== i)) return undefined;
  const kept = x.shape.filter((_, i) => !axes.includes(i));
  const output = backend.output(keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept);
  const keptSize = util.sizeFromShape(kept);
  const reducedSize = util.sizeFromShape(axes.map((reduced) => x.shape[reduced]));
  if (inner) {
    const work = { count: keptSize, grain: grainOf(reducedSize * 2) };
    backend.launch('sumInner', { x, y: output, width: reducedSize }, work);
  } else {
    const work = { count: Math.ceil(keptSize / COLUMN_BLOCK), grain: grainOf(reducedSize * 2 * COLUMN_BLOCK) };
    backend.launch('sumOuter', { x, y: output, rows: reducedSize, columns: keptSize }, work);
  }
  return output;
};

export const registerReduce = (): void => {
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
    for (let i = 0; i < values.length; i++) values[i] /= count;
    return sums;
  });
};
