import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { BinaryKind, CandidateLossKind, LOSS_BLOCK, LOSS_PANEL } from '../generated/arguments.js';
import { assertIndices, assertShapes, grainOf, longestSequence, override } from './base/index.js';
import { scaledUpdates, segmentOf } from './row-updates.js';

/** Weights held at a time by softmax cross-entropy over all items: 16 MB of float32. */
const mostWeights = 2 ** 22;

/** Returns the sum of the losses of blocks, in order and in float64, as a scalar. */
const sumOf = (backend: SimdBackend, parts: number, blocks: number): TensorInfo => {
  const value = backend.output([]);
  let sum = 0;
  for (const part of backend.heap.floats(parts, blocks)) sum += part;
  backend.heap.floats(backend.address(value), 1)[0] = sum;
  return value;
};

/** Checks that there is a target for each hidden state, and that targets and states fit the table. */
const assertTargets = (
  op: string,
  backend: SimdBackend,
  { hidden, table, targets }: Record<'hidden' | 'table' | 'targets', TensorInfo>,
): void => {
  const [rows, width] = table.shape;
  const tokens = targets.shape[0];
  const fits = hidden.shape[0] === tokens && hidden.shape[1] === width;
  assertShapes(op, fits, () => `hidden must have shape ${tokens},${width}, got ${hidden.shape}`);
  assertIndices(op, backend, targets, rows);
};

interface CandidateAttributes {
  readonly kind: 'binary' | 'ranking' | 'softmax';
  readonly targetWeight: number;
  readonly negativeWeight: number;
  readonly correction: number;
}

const kinds: Readonly<Record<CandidateAttributes['kind'], number>> = {
  binary: CandidateLossKind.Binary,
  ranking: CandidateLossKind.Ranking,
  softmax: CandidateLossKind.Softmax,
};

type Inputs = Record<'hidden' | 'table' | 'targets' | 'negatives', TensorInfo>;

/** Returns the address of a table whose rows of targets and negatives are up to date. */
const tableOf = (backend: SimdBackend, { table, targets, negatives }: Inputs): number => {
  backend.rowsOf(table, targets);
  return backend.rowsOf(table, negatives);
};

/** A loss, and its gradients by the hidden states and by the table, the latter as updates of rows. */
const registerCandidateLoss = (): void =>
  override<Inputs, CandidateAttributes>(
    'RecsysCandidateLoss',
    (inputs, backend, { kind, targetWeight, negativeWeight, correction }) => {
      const op = 'RecsysCandidateLoss';
      const { hidden, table, targets, negatives } = inputs;
      assertTargets(op, backend, inputs);
      const [rows, width] = table.shape;
      const [tokens, count] = negatives.shape;
      assertShapes(op, tokens === targets.shape[0], () => `negatives must be of ${targets.shape[0]} tokens`);
      assertIndices(op, backend, negatives, rows);
      const dTargets = backend.output([tokens]);
      const dNegatives = backend.output([tokens, count]);
      const dHidden = backend.output([tokens, width]);
      const blocks = Math.ceil(tokens / LOSS_BLOCK);
      const value = backend.withMemory(4 * blocks + 64, (parts) => {
        backend.launch(
          'candidateLoss',
          {
            hidden,
            table: tableOf(backend, inputs),
            targets,
            negatives,
            dTargets,
            dNegatives,
            dHidden,
            parts,
            tokens,
            count,
            width,
            kind: kinds[kind],
            targetWeight,
            negativeWeight,
            correction,
          },
          { count: blocks, grain: grainOf(LOSS_BLOCK * (count + 1) * (4 * width + 60)) },
        );
        return sumOf(backend, parts, blocks);
      });
      const segments = [
        segmentOf(backend, { indices: targets, values: hidden, scales: dTargets }),
        segmentOf(backend, { indices: negatives, values: hidden, scales: dNegatives, fan: count }),
      ];
      const dTable = backend.outputOfUpdates({ rows, width, segments });
      for (const { dataId } of [dTargets, dNegatives]) backend.disposeData(dataId);
      return [value, dHidden, dTable];
    },
  );

/** Transposes the vectors of items in panels; the last one may have less. */
const transposePanels = (backend: SimdBackend, x: number, y: number, items: number, width: number): void => {
  const whole = Math.floor(items / LOSS_PANEL);
  const work = { count: whole, grain: grainOf(4 * LOSS_PANEL * width) };
  backend.launch('transposeMatrices', { x, y, rows: LOSS_PANEL, columns: width }, work);
  const done = 4 * whole * LOSS_PANEL * width;
  const rest = items % LOSS_PANEL;
  if (rest > 0) {
    const last = { count: 1, grain: 1 };
    backend.launch('transposeMatrices', { x: x + done, y: y + done, rows: rest, columns: width }, last);
  }
};

/**
 * The mean softmax cross-entropy over all items, and its gradients. The gradient by the scores is held for some tokens at
 * a time: it is as large as the scores, and computing it again would cost one product more.
 */
const registerSoftmaxLoss = (): void =>
  override<Omit<Inputs, 'negatives'>>('RecsysSoftmaxLoss', (inputs, backend) => {
    const { hidden, table, targets } = inputs;
    assertTargets('RecsysSoftmaxLoss', backend, inputs);
    const [rows, width] = table.shape;
    const [tokens, items] = [targets.shape[0], rows - 1];
    const row = 4 * width;
    const panels = Math.ceil(items / LOSS_PANEL);
    const bytesOfToken = 4 * (panels * LOSS_PANEL + width);
    const blocksAtOnce = Math.max(1, Math.floor((4 * mostWeights) / bytesOfToken / LOSS_BLOCK));
    const tokensAtOnce = Math.min(tokens, blocksAtOnce * LOSS_BLOCK);
    const blocks = Math.ceil(tokens / LOSS_BLOCK);
    const dHidden = backend.output([tokens, width]);
    const dTable = backend.output([rows, width]);
    const [hiddenAt, targetsAt, dHiddenAt] = [hidden, targets, dHidden].map((tensor) => backend.address(tensor));
    const dItems = backend.address(dTable) + row;
    backend.heap.floats(dItems - row, tokens === 0 ? rows * width : width).fill(0);
    const vectors = backend.address(table) + row;
    const value = backend.withMemory(row * items + 64, (transposed) =>
      backend.withMemory(tokensAtOnce * bytesOfToken + 4 * blocks + 128, (weights) => {
        const scaled = weights + 4 * tokensAtOnce * panels * LOSS_PANEL;
        const parts = scaled + tokensAtOnce * row;
        transposePanels(backend, vectors, transposed, items, width);
        for (let first = 0; first < tokens; first += tokensAtOnce) {
          const count = Math.min(tokensAtOnce, tokens - first);
          backend.launch(
            'softmaxLoss',
            {
              hidden: hiddenAt + first * row,
              targets: targetsAt + 4 * first,
              vectors,
              transposed,
              weights,
              scaled,
              dHidden: dHiddenAt + first * row,
              parts: parts + (4 * first) / LOSS_BLOCK,
              tokens: count,
              items,
              width,
              weight: 1 / tokens,
            },
            {
              count: Math.ceil(count / LOSS_BLOCK),
              grain: grainOf(LOSS_BLOCK * items * (4 * width + 40)),
              scratchBytes: 48 * LOSS_BLOCK,
            },
          );
          backend.launch(
            'softmaxLossItems',
            { weights, scaled, dItems, tokens: count, items, width, fromZero: first === 0 },
            { count: panels, grain: grainOf(2 * LOSS_PANEL * count * width) },
          );
        }
        return sumOf(backend, parts, blocks);
      }),
    );
    return [value, dHidden, dTable];
  });

/** The mean softmax cross-entropy over the negatives of sequences, and its gradients. */
const registerSharedSoftmaxLoss = (): void =>
  override<Inputs, { offsets: Int32Array; correction: number }>(
    'RecsysSharedSoftmaxLoss',
    (inputs, backend, { offsets: values, correction }) => {
      const op = 'RecsysSharedSoftmaxLoss';
      const { hidden, table, targets, negatives } = inputs;
      assertTargets(op, backend, inputs);
      const [rows, width] = table.shape;
      const tokens = targets.shape[0];
      longestSequence(op, values, tokens);
      const [sequences, count] = negatives.shape;
      const known = values.length - 1;
      assertShapes(op, sequences === known, () => `negatives must be of ${known} sequences, got ${sequences}`);
      assertIndices(op, backend, negatives, rows);
      const dTargets = backend.output([tokens]);
      const dNegatives = backend.output([sequences * count, width]);
      const dHidden = backend.output([tokens, width]);
      const value = backend.withMemory(4 * (values.length + sequences) + 64, (offsets) => {
        backend.heap.integers(offsets, values.length).set(values);
        const parts = offsets + 4 * values.length;
        backend.launch(
          'sharedSoftmaxLoss',
          {
            hidden,
            table: tableOf(backend, inputs),
            targets,
            negatives,
            offsets,
            dTargets,
            dNegatives,
            dHidden,
            parts,
            count,
            width,
            correction,
            weight: 1 / tokens,
          },
          {
            count: sequences,
            grain: grainOf(count * (6 * width + 40) * Math.ceil(tokens / Math.max(1, sequences))),
            scratchBytes: 4 * (2 * count * width + LOSS_BLOCK * count + 48),
          },
        );
        return sumOf(backend, parts, sequences);
      });
      const segments = [
        segmentOf(backend, { indices: targets, values: hidden, scales: dTargets }),
        segmentOf(backend, { indices: negatives, values: dNegatives }),
      ];
      const dTable = backend.outputOfUpdates({ rows, width, segments });
      for (const { dataId } of [dTargets, dNegatives]) backend.disposeData(dataId);
      return [value, dHidden, dTable];
    },
  );

export const registerLosses = (): void => {
  registerCandidateLoss();
  registerSoftmaxLoss();
  registerSharedSoftmaxLoss();

  // Gradients that were computed with their loss, times its own gradient: for the factor 1, the same memory.
  override<{ dy: TensorInfo; gradient: TensorInfo }>('RecsysScaleGradient', ({ dy, gradient }, backend) => {
    const [factor] = backend.heap.floats(backend.address(dy), 1);
    const updates = backend.updatesOf(gradient);
    if (updates !== undefined) return backend.outputOfUpdates(scaledUpdates(updates, factor));
    if (factor === 1) {
      backend.incRef(gradient.dataId);
      return { dataId: gradient.dataId, shape: gradient.shape, dtype: gradient.dtype };
    }
    const [rows, width] = gradient.shape;
    const scaled = backend.output(gradient.shape);
    backend.launch(
      'binary',
      {
        a: gradient,
        b: dy,
        y: scaled,
        width,
        aRow: 4 * width,
        bRow: 0,
        aWidth: width,
        bWidth: 1,
        kind: BinaryKind.Multiply,
      },
      { count: rows, grain: grainOf(2 * width) },
    );
    return scaled;
  });
};
