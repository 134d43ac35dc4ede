import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { BinaryKind, DROPOUT_BLOCK, ELEMENT_BLOCK, UnaryKind } from '../generated/arguments.js';
import { type Dropout, elementWork, grainOf, isFloat, override, runCpuKernel } from './base/index.js';

const binaryKernels = {
  Add: BinaryKind.Add,
  Sub: BinaryKind.Subtract,
  Multiply: BinaryKind.Multiply,
  RealDiv: BinaryKind.Divide,
  Maximum: BinaryKind.Maximum,
  Minimum: BinaryKind.Minimum,
  RecsysSiluGrad: BinaryKind.SiluGradient,
};
const unaryKernels = {
  Relu: UnaryKind.Relu,
  Square: UnaryKind.Square,
  Sqrt: UnaryKind.SquareRoot,
  Neg: UnaryKind.Negate,
  Rsqrt: UnaryKind.InverseSquareRoot,
  Exp: UnaryKind.Exponential,
  Sigmoid: UnaryKind.Sigmoid,
  RecsysSilu: UnaryKind.Silu,
};

/**
 * How an operand is read while the output is written row by row: bytes from one row to the next (0 repeats the row),
 * and the width of a row (1 repeats the element).
 */
interface Walk {
  rowBytes: number;
  width: number;
}

/**
 * Returns how an operand is read for an output `[rows, width]`, or undefined if that takes more than two levels. The
 * operand repeats as a whole (its shape is a suffix of the output's), along the last axes (a prefix and ones), or not
 * at all.
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
  // If no operand has rows, the elements are split into rows of one block for the threads; a second launch computes the
  // remainder.
  const width = sameShape || scalar ? size : (shape.at(-1) ?? 1);
  const rows = width === 0 ? 0 : size / width;
  const [walkA, walkB] = [a, b].map((operand) => walkOf(operand.shape, shape, rows, width));
  if (walkA === undefined || walkB === undefined) return undefined;
  const output = backend.output(shape);
  const addresses = [a, b, output].map((tensor) => backend.address(tensor));
  const run = (firstElement: number, count: number, rowWidth: number) => {
    const walk = (address: number, { rowBytes, width: own }: Walk) => ({
      address: own === 1 && rowBytes === 0 ? address : address + firstElement * 4,
      rowBytes: rows === 1 && rowBytes !== 0 ? rowWidth * 4 : rowBytes,
      width: own === 1 ? 1 : rowWidth,
    });
    const [first, second] = [walk(addresses[0], walkA), walk(addresses[1], walkB)];
    backend.launch(
      'binary',
      {
        a: first.address,
        b: second.address,
        y: addresses[2] + firstElement * 4,
        width: rowWidth,
        aRow: first.rowBytes,
        bRow: second.rowBytes,
        aWidth: first.width,
        bWidth: second.width,
        kind,
      },
      { count, grain: grainOf(20 * rowWidth) },
    );
  };
  if (rows !== 1 || size <= ELEMENT_BLOCK) run(0, rows, width);
  else {
    const whole = Math.floor(size / ELEMENT_BLOCK);
    run(0, whole, ELEMENT_BLOCK);
    if (size % ELEMENT_BLOCK > 0) run(whole * ELEMENT_BLOCK, 1, size % ELEMENT_BLOCK);
  }
  return output;
};

/** Returns dropout(x). */
export const drop = (backend: SimdBackend, x: TensorInfo, { key, threshold, keptScale }: Dropout): TensorInfo => {
  const y = backend.output(x.shape);
  const size = util.sizeFromShape(x.shape);
  const work = { count: Math.ceil(size / DROPOUT_BLOCK), grain: 4096 };
  backend.launch('dropout', { x, y, size, key, threshold, keptScale }, work);
  return y;
};

export const registerElementwise = (): void => {
  for (const [kernelName, kind] of Object.entries(binaryKernels)) {
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
  }
  for (const [kernelName, kind] of Object.entries(unaryKernels)) {
    override<{ x: TensorInfo }>(kernelName, ({ x }, backend) => {
      if (!isFloat(x)) return runCpuKernel(kernelName, backend, { x });
      const output = backend.output(x.shape);
      const size = util.sizeFromShape(x.shape);
      backend.launch('unary', { x, y: output, size, kind }, elementWork(size));
      return output;
    });
  }
  override<Record<'condition' | 't' | 'e', TensorInfo>>('Select', (inputs, backend) => {
    const { condition, t, e } = inputs;
    const size = util.sizeFromShape(t.shape);
    const sameSize = [condition, e].every(({ shape }) => util.sizeFromShape(shape) === size);
    if (!isFloat(t, e) || condition.dtype !== 'bool' || !sameSize) return runCpuKernel('Select', backend, inputs);
    const output = backend.output(t.shape);
    backend.launch('select', { condition, a: t, b: e, y: output, size }, elementWork(size));
    return output;
  });

  override<{ x: TensorInfo }, Dropout>('RecsysDropout', ({ x }, backend, dropout) => drop(backend, x, dropout));
};
