import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { type Pointer, TOKENS_AT_ONCE } from '../generated/arguments.js';
import { attentionScale, attentionWork } from './attention/causal.js';
import { assertShapes, flopsOfChunk, override } from './base/index.js';
import { sumParts } from './reduce.js';

interface Attributes {
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  offsets: Int32Array;
  numHeads: number;
  preNorm: boolean;
  epsilon: number;
  /** Keys of the dropout masks. */
  attentionKey: number;
  innerKey: number;
  outerKey: number;
  /** Elements whose 16 random bits are below this are dropped; 0 drops none. */
  threshold: number;
  /** 1 / (1 - rate). */
  keptScale: number;
  /** Whether to return what the gradient needs. */
  forGradient: boolean;
}

/** The weights that the gradient needs: all but the biases of dense layers. */
type Kernels = Record<
  | 'queryGamma'
  | 'queryBeta'
  | 'queryKernel'
  | 'keyKernel'
  | 'valueKernel'
  | 'gamma'
  | 'beta'
  | 'innerKernel'
  | 'outerKernel',
  TensorInfo
> & { outputKernel?: TensorInfo };
type Biases = Record<'queryBias' | 'keyBias' | 'valueBias' | 'innerBias' | 'outerBias', TensorInfo> & {
  outputBias?: TensorInfo;
};
/** All weights of a block. */
export type BlockWeights = Kernels & Biases;
/** What the block computes: its output, and what the gradient needs. */
type Results = Record<'projected' | 'attended' | 'logSums' | 'sums' | 'hidden' | 'norms', TensorInfo>;

/** A gradient is the sum of at most about this many parts: enough for many threads, few enough for the cache. */
const mostParts = 48;
/** Tokens of a run at least, in a small and in a large batch. */
const [smallRun, largeRun] = [48, 192];
/** A batch of fewer tokens is cut into shorter runs, for all threads to have one. */
const manyRuns = 32;

/** Calls `use` with the addresses of buffers of these sizes, in words. */
const withBuffers = <T>(backend: SimdBackend, sizes: readonly number[], use: (addresses: number[]) => T): T => {
  const bytes = sizes.map((size) => Math.ceil(size / 16) * 64); // each starts on a cache line
  return backend.withMemory(
    bytes.reduce((sum, count) => sum + count, 0),
    (start) => {
      let next = start;
      return use(
        bytes.map((count) => {
          const address = next;
          next += count;
          return address;
        }),
      );
    },
  );
};

/** Joins neighbours to runs of at least `least` tokens; returns where each run starts, and where the last one ends. */
const join = (offsets: ArrayLike<number>, least: number): Int32Array => {
  const starts = [0];
  let first = 0;
  for (let i = 1; i < offsets.length - 1; i++) {
    if (offsets[i] - offsets[first] < least) continue;
    starts.push(i);
    first = i;
  }
  return Int32Array.from([...starts, offsets.length - 1]);
};

/** How the tokens of a batch are divided: runs of sequences, and parts of runs. Not by the number of threads. */
const divide = (offsets: Int32Array) => {
  const tokens = offsets[offsets.length - 1];
  const runs = join(offsets, Math.min(largeRun, Math.max(smallRun, Math.ceil(tokens / manyRuns))));
  const ends = runs.map((sequence) => offsets[sequence]);
  const partRuns = join(ends, Math.max(TOKENS_AT_ONCE, Math.ceil(tokens / mostParts)));
  return { runs, partRuns, runTokens: longestStep(ends) };
};

/** The most tokens of a run, or sequences. */
const longestStep = (ends: Int32Array): number => {
  let longest = 0;
  for (let run = 1; run < ends.length; run++) longest = Math.max(longest, ends[run] - ends[run - 1]);
  return longest;
};

/** The runs of a batch without a gradient, which are short, and the scratch memory of one, in bytes. */
const divideForInference = (offsets: Int32Array, units: number, numHeads: number) => {
  const runs = join(offsets, smallRun);
  const tokens = longestStep(runs.map((sequence) => offsets[sequence]));
  return { runs, runBytes: 4 * (tokens * (5 * units + numHeads + 4) + longestStep(runs) + 256) };
};

/** Returns the work of `count` parts of a block, with `scratchBytes` of scratch memory. */
const workOf = (count: number, tokens: number, units: number, scratchBytes: number) => ({
  count,
  grain: Math.max(1, Math.floor((flopsOfChunk * count) / (tokens * 12 * units * units + 1))),
  scratchBytes,
});

/** Copies a matrix of `units` rows and columns to or from a wider one. */
const copySquare = (
  backend: SimdBackend,
  from: TensorInfo | number,
  fromRow: number,
  to: TensorInfo | number,
  toRow: number,
  units: number,
): void =>
  backend.launch(
    'copyBox',
    {
      from,
      to,
      side1: 1,
      side2: 1,
      bytesOfRun: 4 * units,
      fromStride0: 4 * fromRow,
      fromStride1: 0,
      fromStride2: 0,
      toStride0: 4 * toRow,
      toStride1: 0,
      toStride2: 0,
    },
    { count: units, grain: units },
  );

/** @throws {SimdBackendError} `shape-mismatch` unless all weights are as wide as x. */
export const assertWidths = (op: string, { x, ...weights }: { x: TensorInfo } & BlockWeights): void => {
  const units = x.shape[1];
  for (const [name, { shape }] of Object.entries(weights)) {
    const fits = shape.every((side) => side === units);
    assertShapes(op, fits, () => `${name} must be as wide as x, ${units}, got [${shape}]`);
  }
};

/** Returns the output, and what the gradient needs if it is wanted. */
const block = (
  inputs: { x: TensorInfo } & BlockWeights,
  backend: SimdBackend,
  attributes: Attributes,
): TensorInfo[] => {
  const op = 'RecsysTransformerBlock';
  const { offsets, numHeads, threshold, forGradient } = attributes;
  assertWidths(op, inputs);
  assertShapes(op, forGradient || threshold === 0, () => 'there is dropout only where a gradient is wanted');
  const [tokens, units] = inputs.x.shape;
  const { scratchBytes } = attentionWork(op, backend, tokens, units, attributes);
  const stepBytes = Math.max(scratchBytes, 4 * TOKENS_AT_ONCE * units + 64);
  const y = backend.output([tokens, units]);
  if (!forGradient) {
    const { runs, runBytes } = divideForInference(offsets, units, numHeads);
    launchBlock(inputs, backend, attributes, { runs, scratchBytes: runBytes + stepBytes, y, results: noResults });
    return [y];
  }
  const { runs } = divide(offsets);
  const projected = backend.output([tokens, 3 * units]);
  const [attended, sums, hidden] = [0, 1, 2].map(() => backend.output([tokens, units]));
  const logSums = backend.output([tokens, numHeads]);
  const norms = backend.output([4, tokens]);
  const [queryMeans, queryInverses, means, inverses] = statisticsOf(backend, norms);
  const query = backend.address(projected);
  const results = { query, attended, logSums, sums, hidden, queryMeans, queryInverses, means, inverses };
  launchBlock(inputs, backend, attributes, { runs, scratchBytes: stepBytes, y, results });
  return [y, projected, attended, logSums, sums, hidden, norms];
};

/** Where the block writes what the gradient needs. */
type ResultPointers = Record<
  'query' | 'attended' | 'logSums' | 'sums' | 'hidden' | 'queryMeans' | 'queryInverses' | 'means' | 'inverses',
  Pointer
> & { query: number };
const noResults: ResultPointers = {
  query: 0,
  attended: 0,
  logSums: 0,
  sums: 0,
  hidden: 0,
  queryMeans: 0,
  queryInverses: 0,
  means: 0,
  inverses: 0,
};

const launchBlock = (
  inputs: { x: TensorInfo } & BlockWeights,
  backend: SimdBackend,
  { offsets, numHeads, preNorm, epsilon, attentionKey, innerKey, outerKey, threshold, keptScale }: Attributes,
  {
    runs,
    scratchBytes,
    y,
    results,
  }: { runs: Int32Array; scratchBytes: number; y: TensorInfo; results: ResultPointers },
): void => {
  const { x, queryGamma, queryBeta, queryKernel, keyKernel, valueKernel, outputKernel } = inputs;
  const { queryBias, keyBias, valueBias, outputBias, gamma, beta } = inputs;
  const { innerKernel, innerBias, outerKernel, outerBias } = inputs;
  const { query, attended, logSums, sums, hidden, queryMeans, queryInverses, means, inverses } = results;
  const [tokens, units] = x.shape;
  withBuffers(backend, [3 * units * units, 3 * units, offsets.length, runs.length], (buffers) => {
    const [kernel, bias, offsetsAt, runsAt] = buffers;
    const { heap } = backend;
    heap.integers(offsetsAt, offsets.length).set(offsets);
    heap.integers(runsAt, runs.length).set(runs);
    const biases = heap.floats(bias, 3 * units);
    for (const [i, part] of [queryKernel, keyKernel, valueKernel].entries())
      copySquare(backend, part, units, kernel + 4 * i * units, 3 * units, units);
    for (const [i, part] of [queryBias, keyBias, valueBias].entries())
      biases.set(heap.floats(backend.address(part), units), i * units);
    backend.launch(
      'transformerBlock',
      {
        query,
        key: query + 4 * units,
        value: query + 8 * units,
        offsets: offsetsAt,
        numHeads,
        units,
        tokenRow: 3 * units,
        attended,
        logSums,
        dropoutKey: attentionKey,
        threshold,
        scale: attentionScale(units, numHeads),
        keptScale,
        x,
        queryGamma,
        queryBeta,
        gamma,
        beta,
        queryMeans,
        queryInverses,
        means,
        inverses,
        sums,
        hidden,
        runs: runsAt,
        preNorm,
        outerKey,
        kernel,
        bias,
        outputKernel,
        outputBias,
        innerKernel,
        innerBias,
        outerKernel,
        outerBias,
        y,
        epsilon,
        innerKey,
      },
      workOf(runs.length - 1, tokens, units, scratchBytes),
    );
  });
};

/** Returns the addresses of the means and inverses of both norms, `[4, tokens]`. */
const statisticsOf = (backend: SimdBackend, norms: TensorInfo): number[] => {
  const address = backend.address(norms);
  return [0, 1, 2, 3].map((i) => address + 4 * i * norms.shape[1]);
};

/** Returns the gradients of x and of the weights, in the order of the inputs of the block. */
const blockGrad = (
  inputs: { dy: TensorInfo; x: TensorInfo } & Kernels & Results,
  backend: SimdBackend,
  attributes: Attributes,
): TensorInfo[] => {
  const op = 'RecsysTransformerBlockGrad';
  const { dy, x, projected, attended, logSums, sums, hidden, norms } = inputs;
  const { queryGamma, queryBeta, queryKernel, keyKernel, valueKernel, outputKernel, gamma, beta } = inputs;
  const { offsets, numHeads, preNorm, attentionKey, outerKey, threshold, keptScale } = attributes;
  const [tokens, units] = x.shape;
  const size = units * units;
  const { scratchBytes } = attentionWork(op, backend, tokens, units, attributes);
  const { runs, partRuns, runTokens } = divide(offsets);
  const [queryMeans, queryInverses, means, inverses] = statisticsOf(backend, norms);
  const query = backend.address(projected);
  const dx = backend.output([tokens, units]);
  const kernels = [queryKernel, keyKernel, valueKernel, inputs.innerKernel, inputs.outerKernel];
  if (preNorm) kernels.push(outputKernel!);
  const count = partRuns.length - 1;
  const partSize = kernels.length * size + (preNorm ? 10 : 9) * units;
  const sizes = [kernels.length * size, count * partSize, partSize, offsets.length, runs.length, partRuns.length];
  return withBuffers(backend, sizes, ([transposed, parts, total, offsetsAt, runsAt, partRunsAt]) => {
    backend.heap.integers(offsetsAt, offsets.length).set(offsets);
    backend.heap.integers(runsAt, runs.length).set(runs);
    backend.heap.integers(partRunsAt, partRuns.length).set(partRuns);
    for (const [i, kernel] of kernels.entries()) {
      const y = transposed + 4 * i * size;
      backend.launch('transposeMatrices', { x: kernel, y, rows: units, columns: units }, { count: 1, grain: 1 });
    }
    const buffers = Math.max(scratchBytes, 12 * TOKENS_AT_ONCE * units + 64);
    backend.launch(
      'transformerBlockGrad',
      {
        query,
        key: query + 4 * units,
        value: query + 8 * units,
        offsets: offsetsAt,
        numHeads,
        units,
        tokenRow: 3 * units,
        attended,
        logSums,
        dropoutKey: attentionKey,
        threshold,
        scale: attentionScale(units, numHeads),
        keptScale,
        x,
        queryGamma,
        queryBeta,
        gamma,
        beta,
        queryMeans,
        queryInverses,
        means,
        inverses,
        sums,
        hidden,
        runs: runsAt,
        preNorm,
        outerKey,
        dy,
        transposed,
        innerTransposed: transposed + 12 * size,
        outerTransposed: transposed + 16 * size,
        outputTransposed: preNorm ? transposed + 20 * size : 0,
        dx,
        partRuns: partRunsAt,
        parts,
        runTokens,
      },
      workOf(count, tokens, units, buffers + 16 * units * runTokens + 128),
    );
    sumParts(backend, { parts, y: total, count, size: partSize });
    return [dx, ...gradientsAt(backend, total, units, preNorm)];
  });
};

/** Returns the gradients of the weights, in the order of the inputs of the block, from where their sums are. */
const gradientsAt = (backend: SimdBackend, total: number, units: number, preNorm: boolean): TensorInfo[] => {
  const { heap } = backend;
  let next = total;
  const take = (...shape: number[]): TensorInfo => {
    const size = shape.reduce((product, side) => product * side, 1);
    const gradient = backend.output(shape);
    heap.floats(backend.address(gradient), size).set(heap.floats(next, size));
    next += 4 * size;
    return gradient;
  };
  const [dInnerKernel, dOuterKernel] = [take(units, units), take(units, units)];
  const [dInnerBias, dOuterBias, dGamma, dBeta] = [take(units), take(units), take(units), take(units)];
  const kernels = [0, 1, 2].map((i) => {
    const kernel = backend.output([units, units]);
    copySquare(backend, next + 4 * i * units, 3 * units, kernel, units, units);
    return kernel;
  });
  next += 12 * units * units;
  const projections = kernels.flatMap((kernel) => [kernel, take(units)]);
  const [dQueryGamma, dQueryBeta] = [take(units), take(units)];
  const output = preNorm ? [take(units, units), take(units)] : [];
  const feedForward = [dInnerKernel, dInnerBias, dOuterKernel, dOuterBias];
  return [dQueryGamma, dQueryBeta, ...projections, ...output, dGamma, dBeta, ...feedForward];
};

export const registerTransformerBlock = (): void => {
  override('RecsysTransformerBlock', block);
  override('RecsysTransformerBlockGrad', blockGrad);
};
