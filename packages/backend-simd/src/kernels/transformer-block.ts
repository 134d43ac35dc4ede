import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { TOKENS_AT_ONCE } from '../generated/arguments.js';
import { attentionScale, attentionWork, withOffsets } from './attention.js';
import { assertShapes, flopsOfChunk, grainOf, override } from './base/index.js';
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
/** What the block computes: its output, and what the gradient needs. */
type Results = Record<'projected' | 'attended' | 'logSums' | 'sums' | 'hidden' | 'norms', TensorInfo>;

/** At most so many parts of a gradient are added up: enough for many threads, few enough to stay in the cache. */
const mostParts = 48;

/** Bytes of scratch memory for `count` matrices of `TOKENS_AT_ONCE` tokens. */
const scratchFor = (count: number, units: number): number => 4 * count * TOKENS_AT_ONCE * units + 64;

/** Calls `use` with the addresses of buffers of so many floats. */
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
const assertWidths = (op: string, { x, ...weights }: { x: TensorInfo } & Kernels & Biases): void => {
  const units = x.shape[1];
  for (const [name, { shape }] of Object.entries(weights)) {
    const fits = shape.every((side) => side === units);
    assertShapes(op, fits, () => `${name} must be as wide as x, ${units}, got [${shape}]`);
  }
};

/** Returns the output, and what the gradient needs. */
const block = (
  inputs: { x: TensorInfo } & Kernels & Biases,
  backend: SimdBackend,
  attributes: Attributes,
): TensorInfo[] => {
  const op = 'RecsysTransformerBlock';
  const { x, queryGamma, queryBeta, outputKernel, outputBias, gamma, beta } = inputs;
  const { innerKernel, innerBias, outerKernel, outerBias } = inputs;
  const { numHeads, preNorm, epsilon, attentionKey, innerKey, outerKey, threshold, keptScale } = attributes;
  assertWidths(op, inputs);
  const [tokens, units] = x.shape;
  const ofAttention = attentionWork(op, backend, tokens, units, attributes);
  const projected = backend.output([tokens, 3 * units]);
  const [attended, sums, hidden, y] = [0, 1, 2, 3].map(() => backend.output([tokens, units]));
  const logSums = backend.output([tokens, numHeads]);
  const norms = backend.output([4, tokens]);
  const [queryMeans, queryInverses, means, inverses] = statisticsOf(backend, norms);
  const grain = grainOf(6 * units * units, TOKENS_AT_ONCE);
  const ofTokens = { count: tokens, grain, scratchBytes: scratchFor(1, units) };

  withBuffers(backend, [3 * units * units, 3 * units], ([kernel, bias]) => {
    const { queryKernel, keyKernel, valueKernel, queryBias, keyBias, valueBias } = inputs;
    const biases = backend.heap.floats(bias, 3 * units);
    for (const [i, part] of [queryKernel, keyKernel, valueKernel].entries())
      copySquare(backend, part, units, kernel + 4 * i * units, 3 * units, units);
    for (const [i, part] of [queryBias, keyBias, valueBias].entries())
      biases.set(backend.heap.floats(backend.address(part), units), i * units);
    backend.launch(
      'blockProjections',
      {
        x,
        gamma: queryGamma,
        beta: queryBeta,
        kernel,
        bias,
        projected,
        means: queryMeans,
        inverses: queryInverses,
        units,
        epsilon,
        preNorm,
      },
      ofTokens,
    );
  });
  const query = backend.address(projected);
  withOffsets(backend, attributes.offsets, (offsets) =>
    backend.launch(
      'attention',
      {
        query,
        key: query + 4 * units,
        value: query + 8 * units,
        offsets,
        numHeads,
        units,
        tokenRow: 3 * units,
        attended,
        logSums,
        dropoutKey: attentionKey,
        threshold,
        scale: attentionScale(units, numHeads),
        keptScale,
      },
      ofAttention,
    ),
  );
  backend.launch(
    'blockFeedForward',
    {
      x,
      queryMeans,
      queryInverses,
      queryGamma,
      queryBeta,
      attended,
      outputKernel,
      outputBias,
      gamma,
      beta,
      innerKernel,
      innerBias,
      outerKernel,
      outerBias,
      sums,
      means,
      inverses,
      hidden,
      y,
      units,
      epsilon,
      preNorm,
      innerKey,
      outerKey,
      threshold,
      keptScale,
    },
    ofTokens,
  );
  return [y, projected, attended, logSums, sums, hidden, norms];
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
  const { queryGamma, queryBeta, gamma, beta, innerKernel, outerKernel, outputKernel } = inputs;
  const { numHeads, preNorm, attentionKey, outerKey, threshold, keptScale } = attributes;
  const [tokens, units] = x.shape;
  const size = units * units;
  const ofAttention = attentionWork(op, backend, tokens, units, attributes);
  const [queryMeans, queryInverses, means, inverses] = statisticsOf(backend, norms);
  const dx = backend.output([tokens, units]);
  const squares = 5 + (preNorm ? 1 : 0);
  const partSize = squares * size + (9 + (preNorm ? 1 : 0)) * units;
  const projectionsAt = partSize - 3 * size - 5 * units;
  const tokensOfPart = TOKENS_AT_ONCE * Math.max(1, Math.ceil(tokens / (TOKENS_AT_ONCE * mostParts)));
  const count = Math.max(1, Math.ceil(tokens / tokensOfPart)); // a part of no tokens is zero
  const ofParts = {
    count,
    grain: Math.max(1, Math.floor(flopsOfChunk / (12 * tokensOfPart * size))),
    scratchBytes: scratchFor(3, units),
  };
  const sizes = [squares * size, 3 * tokens * units, preNorm ? tokens * units : 0, count * partSize, partSize];
  return withBuffers(backend, sizes, ([transposed, dProjected, ownDAttended, parts, total]) => {
    const { queryKernel, keyKernel, valueKernel } = inputs;
    const kernels = [queryKernel, keyKernel, valueKernel, innerKernel, outerKernel, outputKernel];
    kernels.slice(0, squares).forEach((kernel, i) => {
      const y = transposed + 4 * i * size;
      backend.launch('transposeMatrices', { x: kernel!, y, rows: units, columns: units }, { count: 1, grain: 1 });
    });
    const dAttended = preNorm ? ownDAttended : dx;
    backend.launch(
      'blockFeedForwardGrad',
      {
        dy,
        sums,
        hidden,
        means,
        inverses,
        gamma,
        beta,
        innerTransposed: transposed + 12 * size,
        outerTransposed: transposed + 16 * size,
        outputTransposed: preNorm ? transposed + 20 * size : 0,
        attended,
        dSums: dx,
        dAttended,
        parts,
        partSize,
        tokensOfPart,
        tokens,
        units,
        preNorm,
        outerKey,
        threshold,
        keptScale,
      },
      ofParts,
    );
    const query = backend.address(projected);
    withOffsets(backend, attributes.offsets, (offsets) =>
      backend.launch(
        'attentionGrad',
        {
          query,
          key: query + 4 * units,
          value: query + 8 * units,
          offsets,
          numHeads,
          units,
          tokenRow: 3 * units,
          attended,
          logSums,
          dropoutKey: attentionKey,
          threshold,
          scale: attentionScale(units, numHeads),
          keptScale,
          dAttended,
          dQuery: dProjected,
          dKey: dProjected + 4 * units,
          dValue: dProjected + 8 * units,
        },
        ofAttention,
      ),
    );
    backend.launch(
      'blockProjectionsGrad',
      {
        dProjected,
        x,
        means: queryMeans,
        inverses: queryInverses,
        gamma: queryGamma,
        beta: queryBeta,
        transposed,
        dx,
        parts: parts + 4 * projectionsAt,
        partSize,
        tokensOfPart,
        tokens,
        units,
        preNorm,
      },
      ofParts,
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
  const output = preNorm ? [take(units, units), take(units)] : [];
  const kernels = [0, 1, 2].map((i) => {
    const kernel = backend.output([units, units]);
    copySquare(backend, next + 4 * i * units, 3 * units, kernel, units, units);
    return kernel;
  });
  next += 12 * units * units;
  const projections = kernels.flatMap((kernel) => [kernel, take(units)]);
  const [dQueryGamma, dQueryBeta] = [take(units), take(units)];
  const feedForward = [dInnerKernel, dInnerBias, dOuterKernel, dOuterBias];
  return [dQueryGamma, dQueryBeta, ...projections, ...output, dGamma, dBeta, ...feedForward];
};

export const registerTransformerBlock = (): void => {
  override('RecsysTransformerBlock', block);
  override('RecsysTransformerBlockGrad', blockGrad);
};
