import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { grainOf, isFloat, override, runCpuKernel } from './support.js';

/** Writes rows of `[rows, width]` by number: y[i] = x[indices[i]]. */
const gather = (
  backend: SimdBackend,
  x: TensorInfo,
  indices: number,
  count: number,
  width: number,
  shape: number[],
) => {
  const output = backend.output(shape);
  backend.launch('gatherRows', {
    count,
    grain: grainOf(width * 2),
    integers: [backend.address(x), indices, backend.address(output), width],
  });
  return output;
};

/** Returns the numbers of the rows of `x` (its last axis) in the order in which the axes before it are permuted. */
const rowOrder = (shape: readonly number[], permutation: readonly number[]): Int32Array => {
  const outer = permutation.slice(0, -1);
  const strides = util.computeStrides([...shape.slice(0, -1), 1]);
  let order = Int32Array.of(0);
  for (const axis of outer) {
    const side = shape[axis]!;
    const stride = strides[axis]!;
    const next = new Int32Array(order.length * side);
    for (let i = 0; i < order.length; i++) for (let j = 0; j < side; j++) next[i * side + j] = order[i]! + j * stride;
    order = next;
  }
  return order;
};

const transpose = (backend: SimdBackend, x: TensorInfo, permutation: number[]): TensorInfo | undefined => {
  const rank = x.shape.length;
  const shape = permutation.map((axis) => x.shape[axis]!);
  const size = util.sizeFromShape(shape);
  if (rank < 2 || size === 0) return undefined;
  if (permutation.at(-1) === rank - 1) {
    const order = rowOrder(x.shape, permutation);
    return backend.withMemory(order.length * 4, (indices) => {
      backend.heap.integers(indices, order.length).set(order);
      return gather(backend, x, indices, order.length, shape.at(-1)!, shape);
    });
  }
  const swapsLast = permutation.at(-1) === rank - 2 && permutation.slice(0, -2).every((axis, i) => axis === i);
  if (!swapsLast || permutation.at(-2) !== rank - 1) return undefined;
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const output = backend.output(shape);
  backend.launch('transposeMatrices', {
    count: size / (rows * columns),
    grain: grainOf(4 * rows * columns),
    integers: [backend.address(x), backend.address(output), rows, columns],
  });
  return output;
};

export const registerMovement = (): void => {
  override<{ x: TensorInfo }, { perm: number[] }>(
    'Transpose',
    ({ x }, backend, attributes) =>
      (isFloat(x) ? transpose(backend, x, attributes.perm) : undefined) ??
      runCpuKernel('Transpose', backend, { x }, attributes),
  );

  override<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>(
    'GatherV2',
    ({ x, indices }, backend, attributes) => {
      const { axis, batchDims } = attributes;
      const rows = x.shape[0]!;
      const numbers = backend.data.get(indices.dataId).values as Int32Array;
      const plain = axis === 0 && batchDims === 0 && isFloat(x) && indices.dtype === 'int32' && x.shape.length > 0;
      if (!plain || numbers.some((row) => row < 0 || row >= rows))
        return runCpuKernel('GatherV2', backend, { x, indices }, attributes);
      const rest = x.shape.slice(1);
      return gather(backend, x, backend.address(indices), numbers.length, util.sizeFromShape(rest), [
        ...indices.shape,
        ...rest,
      ]);
    },
  );

  // The kernel of `cpu` goes over the whole input once for each segment.
  override<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    'UnsortedSegmentSum',
    ({ x, segmentIds }, backend, { numSegments }) => {
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const width = util.sizeFromShape(rowShape);
      const output = backend.output([numSegments, ...rowShape], x.dtype === 'int32' ? 'int32' : 'float32');
      const sums = (backend.data.get(output.dataId).values as Float32Array).fill(0);
      const values = backend.data.get(x.dataId).values as Float32Array;
      (backend.data.get(segmentIds.dataId).values as Int32Array).forEach((segment, row) => {
        if (segment < 0 || segment >= numSegments) return; // as TensorFlow does
        for (let i = 0; i < width; i++) sums[segment * width + i]! += values[row * width + i]!;
      });
      return output;
    },
  );

  // The kernels of `cpu` return arrays of tensors that they have disposed.
  for (const kernelName of ['FFT', 'IFFT']) {
    override<{ input: TensorInfo }>(kernelName, (inputs, backend) =>
      backend.heap.freeAfter(() => runCpuKernel(kernelName, backend, inputs)),
    );
  }
};
