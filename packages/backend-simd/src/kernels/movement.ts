import { backend_util, slice_util, type Tensor, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { blocksOfChunk, elementBlocks, grainOf, isFloat, override, runCpuKernel } from './support.js';

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

/** A box inside an array: where it starts, in elements, and how far it is from one place to the next on each axis. */
interface Box {
  readonly tensor: TensorInfo;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Copies a box of up to four axes from one array into another. */
const copyBox = (backend: SimdBackend, from: Box, to: Box, size: readonly number[]): void => {
  const three = (values: readonly number[], fill: number) =>
    [...Array(4 - size.length).fill(fill), ...values].slice(0, 3);
  const [s0, s1, s2] = three(size, 1) as [number, number, number];
  const run = size.at(-1)!;
  const address = ({ tensor, start }: Box) => backend.address(tensor) + 4 * start;
  const bytes = ({ strides }: Box) => three(strides, 0).map((stride) => 4 * stride);
  backend.launch('copyBox', {
    count: run === 0 ? 0 : s0 * s1 * s2,
    grain: grainOf(run * 2 + 20),
    integers: [address(from), address(to), s1, s2, run * 4, ...bytes(from), ...bytes(to)],
  });
};

const stridesOf = (shape: readonly number[]): number[] => [...util.computeStrides([...shape, 1])];
const offsetOf = (begin: readonly number[], strides: readonly number[]): number =>
  begin.reduce((sum, place, axis) => sum + place * strides[axis]!, 0);
const fits = (x: TensorInfo): boolean => isFloat(x) && x.shape.length > 0 && x.shape.length <= 4;

const sliceOf = (backend: SimdBackend, x: TensorInfo, begin: readonly number[], size: number[]): TensorInfo => {
  const output = backend.output(size);
  const strides = stridesOf(x.shape);
  const from = { tensor: x, start: offsetOf(begin, strides), strides };
  copyBox(backend, from, { tensor: output, start: 0, strides: stridesOf(size) }, size);
  return output;
};

/** Returns the parts of an array that are so long along an axis, one after the other. */
const cutAlong = (backend: SimdBackend, x: TensorInfo, axis: number, lengths: readonly number[]): TensorInfo[] => {
  let start = 0;
  return lengths.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += length;
    return sliceOf(
      backend,
      x,
      begin,
      x.shape.map((side, i) => (i === axis ? length : side)),
    );
  });
};

const registerCopies = (): void => {
  override<{ x: TensorInfo }, { begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('Slice', backend, { x }, attributes);
      const [begin, size] = slice_util.parseSliceParams(x as Tensor, attributes.begin, attributes.size);
      slice_util.assertParamsValid(x as Tensor, begin!, size!);
      return sliceOf(backend, x, begin!, size!);
    },
  );

  override<{ value: TensorInfo }, { axis: number }>('Unpack', ({ value }, backend, attributes) => {
    if (!fits(value)) return runCpuKernel('Unpack', backend, { value }, attributes);
    const axis = util.parseAxisParam(attributes.axis, value.shape)[0]!;
    const shape = value.shape.filter((_, i) => i !== axis);
    return cutAlong(backend, value, axis, Array(value.shape[axis]!).fill(1)).map((part) => ({ ...part, shape }));
  });

  override<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('SplitV', backend, { x }, attributes);
      const axis = util.parseAxisParam(attributes.axis, x.shape)[0]!;
      return cutAlong(backend, x, axis, backend_util.prepareSplitSize(x as Tensor, attributes.numOrSizeSplits, axis));
    },
  );

  override<{ x: TensorInfo }, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('PadV2', backend, { x }, attributes);
      const { paddings, constantValue } = attributes;
      const output = backend.output(x.shape.map((side, axis) => paddings[axis]![0] + side + paddings[axis]![1]));
      backend.heap.floats(backend.address(output), util.sizeFromShape(output.shape)).fill(constantValue);
      const strides = stridesOf(output.shape);
      const start = offsetOf(
        paddings.map(([before]) => before),
        strides,
      );
      copyBox(
        backend,
        { tensor: x, start: 0, strides: stridesOf(x.shape) },
        { tensor: output, start, strides },
        x.shape,
      );
      return output;
    },
  );

  override<Record<string, TensorInfo>, { axis: number }>('Concat', (inputs, backend, attributes) => {
    const tensors = Object.values(inputs);
    if (!tensors.every(fits)) return runCpuKernel('Concat', backend, inputs, attributes);
    const axis = util.parseAxisParam(attributes.axis, tensors[0]!.shape)[0]!;
    const shapes = tensors.map(({ shape }) => shape);
    backend_util.assertParamsConsistent(shapes, axis);
    const output = backend.output(backend_util.computeOutShape(shapes, axis));
    const strides = stridesOf(output.shape);
    let start = 0;
    for (const x of tensors) {
      copyBox(
        backend,
        { tensor: x, start: 0, strides: stridesOf(x.shape) },
        { tensor: output, start, strides },
        x.shape,
      );
      start += x.shape[axis]! * strides[axis]!;
    }
    return output;
  });

  override<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>('Select', (inputs, backend) => {
    const { condition, t, e } = inputs;
    const size = util.sizeFromShape(t.shape);
    if (
      !isFloat(t, e) ||
      condition.dtype !== 'bool' ||
      util.sizeFromShape(condition.shape) !== size ||
      util.sizeFromShape(e.shape) !== size
    )
      return runCpuKernel('Select', backend, inputs);
    const output = backend.output(t.shape);
    backend.launch('select', {
      count: elementBlocks(size),
      grain: blocksOfChunk,
      integers: [...backend.addresses(condition, t, e, output), size],
    });
    return output;
  });

  override<{ x: TensorInfo }, { k: number; sorted: boolean }>('TopK', ({ x }, backend, attributes) => {
    const { k } = attributes;
    const width = x.shape.at(-1)!;
    const size = util.sizeFromShape(x.shape);
    if (!isFloat(x) || k > mostOfTopK || k === 0 || size === 0) return runCpuKernel('TopK', backend, { x }, attributes);
    const shape = [...x.shape.slice(0, -1), k];
    const outputs = [backend.output(shape), backend.output(shape, 'int32')];
    backend.launch('topK', {
      count: size / width,
      grain: grainOf(width * 2),
      integers: [...backend.addresses(x, ...outputs), width, k],
    });
    return outputs;
  });
};

/** Insertion into a sorted list is quick up to lists of this length. */
const mostOfTopK = 256;

export const registerMovement = (): void => {
  registerCopies();
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
