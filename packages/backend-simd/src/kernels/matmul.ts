import { type backend_util, broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { Pointer } from '../generated/arguments.js';
import { grainOf, isFloat, override, runCpuKernel } from './base/index.js';

interface MatMulInputs {
  a: TensorInfo;
  b: TensorInfo;
}
interface Transposes {
  transposeA: boolean;
  transposeB: boolean;
}

/** For up to this many rows of A, `A · Bᵀ` is faster as dot products than by transposing B first. */
const fewRows = 4;

/**
 * Multiplies `[…, m, k]` by `[…, k, n]`, each possibly transposed, and adds a bias. Returns undefined for batches that
 * broadcast in both directions.
 */
const multiply = (
  { a, b }: MatMulInputs,
  backend: SimdBackend,
  { transposeA, transposeB }: Transposes,
  { bias, relu = false }: { bias?: TensorInfo | undefined; relu?: boolean } = {},
): TensorInfo | undefined => {
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  util.assert(
    k === inner,
    () =>
      `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a.shape} and ${b.shape} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const [batchA, batchB, batch] = [outerA, outerB, outer].map(util.sizeFromShape);
  if ((batchA !== batch && batchA !== 1) || (batchB !== batch && batchB !== 1)) return undefined;

  const output = backend.output([...outer, m, n]);
  if (batch === 1 && transposeB && !transposeA && m <= fewRows && bias === undefined && !relu) {
    backend.launch('multiplyRows', { a, b, c: output, m, n, k }, { count: n, grain: grainOf(2 * m * k + 10 * m) });
    return output;
  }
  const run = (operandB: Pointer) =>
    backend.launch(
      'matmul',
      {
        a,
        b: operandB,
        c: output,
        init: bias ?? backend.zeros,
        initRow: 0,
        m,
        n,
        k,
        aBatch: batchA === 1 ? 0 : m * k * 4,
        bBatch: batchB === 1 ? 0 : k * n * 4,
        relu,
        aTransposed: transposeA,
      },
      { count: batch * m, grain: grainOf(2 * n * Math.max(1, k), 12) },
    );
  if (!transposeB) run(b);
  else {
    backend.withMemory(batchB * k * n * 4, (y) => {
      const work = { count: batchB, grain: grainOf(4 * k * n) };
      backend.launch('transposeMatrices', { x: b, y, rows: rowsB, columns: columnsB }, work);
      run(y);
    });
  }
  return output;
};

export const registerMatmul = (): void => {
  override<MatMulInputs, Transposes>(
    'BatchMatMul',
    (inputs, backend, attributes) =>
      (isFloat(inputs.a, inputs.b) ? multiply(inputs, backend, attributes) : undefined) ??
      runCpuKernel('BatchMatMul', backend, inputs, attributes),
  );
  override<
    MatMulInputs & { bias?: TensorInfo; preluActivationWeights?: TensorInfo },
    Transposes & { activation?: backend_util.Activation }
  >('_FusedMatMul', (inputs, backend, attributes) => {
    const { bias } = inputs;
    const { activation = 'linear' } = attributes;
    const n = attributes.transposeB ? inputs.b.shape.at(-2) : inputs.b.shape.at(-1);
    const plain =
      (activation === 'linear' || activation === 'relu') &&
      (bias === undefined || (bias.shape.at(-1) === n && util.sizeFromShape(bias.shape) === n));
    if (!plain || !isFloat(inputs.a, inputs.b)) return runCpuKernel('_FusedMatMul', backend, inputs, attributes);
    return (
      multiply(inputs, backend, attributes, { bias, relu: activation === 'relu' }) ??
      runCpuKernel('_FusedMatMul', backend, inputs, attributes)
    );
  });
};
