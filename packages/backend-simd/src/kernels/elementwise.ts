import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { blocksOfChunk, elementBlocks, grainOf, isFloat, override, runCpuKernel } from './support.js';

/** In the order in which `assembly/elementwise.ts` numbers them. */
const binaryKernels = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum'];
const unaryKernels = ['Relu', 'Square', 'Sqrt', 'Neg', 'Rsqrt', 'Exp', 'Sigmoid'];

/** How an operand is walked while the output is walked row by row: bytes from row to row (0 repeats), and 1 where a row is one element. */
interface Walk {
  rowBytes: number;
  width: number;
}

/**
 * Returns how `[rows, width]` walks over an operand, or undefined when it takes more than two levels. The operand repeats as a whole
 * (shape a suffix of the output's), along the last axes (a prefix, then ones), or not at all.
 */
const walkOf = (shape: readonly number[], output: readonly number[], rows: number, width: number): Walk | undefined => {
  const size = util.sizeFromShape([...shape]);
  if (size === rows * width) return { rowBytes: width * 4, width };
  if (size === 1) return { rowBytes: 0, width: 1 };
  const padded = [...Array(output.length - shape.length).fill(1), ...shape];
  const last = padded.at(-1) === output.at(-1) ? width : 1;
  const outer = padded.slice(0, -1);
  if (outer.every((side, i) => side === output[i])) return { rowBytes: last * 4, width: last };
  if (outer.every((side) => side === 1)) return { rowBytes: 0, width: last };
  return undefined;
};

const combine = (backend: SimdBackend, kind: number, a: TensorInfo, b: TensorInfo): TensorInfo | undefined => {
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const size = util.sizeFromShape(shape);
  const sameShape = util.sizeFromShape(a.shape) === size && util.sizeFromShape(b.shape) === size;
  const scalar = util.sizeFromShape(a.shape) === 1 || util.sizeFromShape(b.shape) === 1;
  // Where no row matters, rows of 1,024 elements are cut for the threads, and the rest is one more launch.
  const width = sameShape || scalar ? size : (shape.at(-1) ?? 1);
  const rows = width === 0 ? 0 : size / width;
  const [walkA, walkB] = [a, b].map((operand) => walkOf(operand.shape, shape, rows, width));
  if (walkA === undefined || walkB === undefined) return undefined;
  const output = backend.output(shape);
  const addresses = backend.addresses(a, b, output);
  const run = (firstElement: number, count: number, rowWidth: number) => {
    const walk = (address: number, { rowBytes, width: own }: Walk) => ({
      address: own === 1 && rowBytes === 0 ? address : address + firstElement * 4,
      rowBytes: rows === 1 && rowBytes !== 0 ? rowWidth * 4 : rowBytes,
      width: own === 1 ? 1 : rowWidth,
    });
    const [first, second] = [walk(addresses[0]!, walkA), walk(addresses[1]!, walkB)];
    backend.launch('binary', {
      count,
      grain: grainOf(20 * rowWidth),
      integers: [
        first.address,
        second.address,
        addresses[2]! + firstElement * 4,
        rowWidth,
        first.rowBytes,
        second.rowBytes,
        first.width,
        second.width,
        kind,
      ],
    });
  };
  if (rows !== 1 || size <= 1024) run(0, rows, width);
  else {
    const whole = Math.floor(size / 1024);
    run(0, whole, 1024);
    if (size % 1024 > 0) run(whole * 1024, 1, size % 1024);
  }
  return output;
};

export const registerElementwise = (): void => {
  binaryKernels.forEach((kernelName, kind) => {
    override<{ a: TensorInfo; b: TensorInfo }>(kernelName, ({ a, b }, backend) => {
      if (!isFloat(a, b)) return runCpuKernel(kernelName, backend, { a, b });
      const [updatesA, updatesB] = [a, b].map((operand) => backend.updatesOf(operand));
      if (
        kernelName === 'Add' &&
        updatesA &&
        updatesB &&
        updatesA.rows === updatesB.rows &&
        updatesA.width === updatesB.width
      ) {
        return backend.outputOfUpdates({ ...updatesA, segments: [...updatesA.segments, ...updatesB.segments] });
      }
      return combine(backend, kind, a, b) ?? runCpuKernel(kernelName, backend, { a, b });
    });
  });
  unaryKernels.forEach((kernelName, kind) => {
    override<{ x: TensorInfo }>(kernelName, ({ x }, backend) => {
      if (!isFloat(x)) return runCpuKernel(kernelName, backend, { x });
      const output = backend.output(x.shape);
      const size = util.sizeFromShape(x.shape);
      backend.launch('unary', {
        count: elementBlocks(size),
        grain: blocksOfChunk,
        integers: [backend.address(x), backend.address(output), size, kind],
      });
      return output;
    });
  });
};
