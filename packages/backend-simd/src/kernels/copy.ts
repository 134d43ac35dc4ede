import { backend_util, slice_util, type Tensor, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { grainOf, isFloat, override, runCpuKernel } from './base/index.js';
import { gatherRows } from './gather.js';

/** Returns the indices of the rows of `x` (its last axis) after permuting the other axes. */
const rowOrder = (shape: readonly number[], permutation: readonly number[]): Int32Array => {
  const outer = permutation.slice(0, -1);
  const strides = util.computeStrides([...shape.slice(0, -1), 1]);
  let order = Int32Array.of(0);
  for (const axis of outer) {
    const side = shape[axis];
    const stride = strides[axis];
    const next = new Int32Array(order.length * side);
    for (let i = 0; i < order.length; i++) for (let j = 0; j < side; j++) next[i * side + j] = order[i] + j * stride;
    order = next;
  }
  return order;
};

const transpose = (backend: SimdBackend, x: TensorInfo, permutation: number[]): TensorInfo | undefined => {
  const rank = x.shape.length;
  const shape = permutation.map((axis) => x.shape[axis]);
  const size = util.sizeFromShape(shape);
  if (rank < 2 || size === 0) return undefined;
  if (permutation.at(-1) === rank - 1) {
    const order = rowOrder(x.shape, permutation);
    return backend.withMemory(order.length * 4, (indices) => {
      backend.heap.integers(indices, order.length).set(order);
      const output = backend.output(shape);
      gatherRows(backend, { table: x, indices, y: output, width: shape[rank - 1] }, order.length);
      return output;
    });
  }
  const swapsLast = permutation.at(-1) === rank - 2 && permutation.slice(0, -2).every((axis, i) => axis === i);
  if (!swapsLast || permutation.at(-2) !== rank - 1) return undefined;
  const [rows, columns] = x.shape.slice(-2);
  const output = backend.output(shape);
  backend.launch(
    'transposeMatrices',
    { x, y: output, rows, columns },
    { count: size / (rows * columns), grain: grainOf(4 * rows * columns) },
  );
  return output;
};

/** A box inside an array: its first element, and the stride of each axis, in elements. */
interface Box {
  readonly tensor: TensorInfo;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Copies a box of up to four axes from one array into another. */
const copyBox = (backend: SimdBackend, from: Box, to: Box, size: readonly number[]): void => {
  const three = (values: readonly number[], fill: number) =>
    [...Array(4 - size.length).fill(fill), ...values].slice(0, 3);
  const [side0, side1, side2] = three(size, 1);
  const run = size[size.length - 1];
  const address = ({ tensor, start }: Box) => backend.address(tensor) + 4 * start;
  const bytes = ({ strides }: Box) => three(strides, 0).map((stride) => 4 * stride);
  const [fromStride0, fromStride1, fromStride2] = bytes(from);
  const [toStride0, toStride1, toStride2] = bytes(to);
  backend.launch(
    'copyBox',
    {
      from: address(from),
      to: address(to),
      side1,
      side2,
      bytesOfRun: run * 4,
      fromStride0,
      fromStride1,
      fromStride2,
      toStride0,
      toStride1,
      toStride2,
    },
    { count: run === 0 ? 0 : side0 * side1 * side2, grain: grainOf(run * 2 + 20) },
  );
};

const stridesOf = (shape: readonly number[]): number[] => [...util.computeStrides([...shape, 1])];
const offsetOf = (begin: readonly number[], strides: readonly number[]): number =>
  begin.reduce((sum, place, axis) => sum + place * strides[axis], 0);
const fits = (x: TensorInfo): boolean => isFloat(x) && x.shape.length > 0 && x.shape.length <= 4;

const sliceOf = (backend: SimdBackend, x: TensorInfo, begin: readonly number[], size: number[]): TensorInfo => {
  const output = backend.output(size);
  const strides = stridesOf(x.shape);
  const from = { tensor: x, start: offsetOf(begin, strides), strides };
  copyBox(backend, from, { tensor: output, start: 0, strides: stridesOf(size) }, size);
  return output;
};

/** Splits an array along an axis into parts of these lengths. */
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

export const registerCopy = (): void => {
  override<{ x: TensorInfo }, { begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('Slice', backend, { x }, attributes);
      const [begin, size] = slice_util.parseSliceParams(x as Tensor, attributes.begin, attributes.size);
      slice_util.assertParamsValid(x as Tensor, begin, size);
      return sliceOf(backend, x, begin, size);
    },
  );

  override<{ value: TensorInfo }, { axis: number }>('Unpack', ({ value }, backend, attributes) => {
    if (!fits(value)) return runCpuKernel('Unpack', backend, { value }, attributes);
    const axis = util.parseAxisParam(attributes.axis, value.shape)[0];
    const shape = value.shape.filter((_, i) => i !== axis);
    return cutAlong(backend, value, axis, Array(value.shape[axis]).fill(1)).map((part) => ({ ...part, shape }));
  });

  override<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('SplitV', backend, { x }, attributes);
      const axis = util.parseAxisParam(attributes.axis, x.shape)[0];
      return cutAlong(backend, x, axis, backend_util.prepareSplitSize(x as Tensor, attributes.numOrSizeSplits, axis));
    },
  );

  override<{ x: TensorInfo }, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ x }, backend, attributes) => {
      if (!fits(x)) return runCpuKernel('PadV2', backend, { x }, attributes);
      const { paddings, constantValue } = attributes;
      const output = backend.output(x.shape.map((side, axis) => paddings[axis][0] + side + paddings[axis][1]));
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
    const axis = util.parseAxisParam(attributes.axis, tensors[0].shape)[0];
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
      start += x.shape[axis] * strides[axis];
    }
    return output;
  });

  override<{ x: TensorInfo }, { perm: number[] }>(
    'Transpose',
    ({ x }, backend, attributes) =>
      (isFloat(x) ? transpose(backend, x, attributes.perm) : undefined) ??
      runCpuKernel('Transpose', backend, { x }, attributes),
  );
};
