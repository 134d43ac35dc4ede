import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { UpdateSegment } from '../row-updates.js';
import { grainOf, override } from './support.js';

interface Dropout {
  key: number;
  threshold: number;
  keptScale: number;
}

const addressesOf = (backend: SimdBackend, tensors: readonly TensorInfo[]): number[] =>
  tensors.map((tensor) => backend.address(tensor));

/** Writes y = residual + dropout(x). */
const drop = (
  backend: SimdBackend,
  x: TensorInfo,
  residual: TensorInfo | undefined,
  { key, threshold, keptScale }: Dropout,
): TensorInfo => {
  const y = backend.output(x.shape);
  const size = x.shape.reduce((product, side) => product * side, 1);
  backend.launch('dropout', {
    count: Math.ceil(size / 8),
    grain: 4096,
    integers: [
      ...addressesOf(backend, [x, y]),
      size,
      key,
      threshold,
      residual === undefined ? 0 : backend.address(residual),
    ],
    floats: [keptScale],
  });
  return y;
};

/** Returns a gradient of a table of `rows` rows; the blocks stay with whoever holds them, beside this gradient. */
const updatesOf = (
  backend: SimdBackend,
  rows: number,
  width: number,
  segment: Omit<UpdateSegment, 'fan'> & { fan?: number },
) => backend.outputOfUpdates({ rows, width, segments: [{ fan: 1, ...segment }] });

export const registerRows = (): void => {
  override<{ x: TensorInfo; residual?: TensorInfo }, Dropout>('RecsysDropout', ({ x, residual }, backend, dropout) =>
    drop(backend, x, residual, dropout),
  );

  override<{ table: TensorInfo; indices: TensorInfo }>('RecsysGatherRows', ({ table, indices }, backend) => {
    const [count, width] = [indices.shape[0]!, table.shape[1]!];
    const y = backend.output([count, width]);
    backend.launch('gatherRows', {
      count,
      grain: grainOf(width * 2),
      integers: [...addressesOf(backend, [table, indices, y]), width],
    });
    return y;
  });

  override<{ dy: TensorInfo; indices: TensorInfo }, { rows: number }>(
    'RecsysGatherRowsGrad',
    ({ dy, indices }, backend, { rows }) =>
      updatesOf(backend, rows, dy.shape[1]!, {
        indices: backend.block(indices),
        values: backend.block(dy),
        count: indices.shape[0]!,
        factor: 1,
      }),
  );

  override<
    { table: TensorInfo; items: TensorInfo; positionTable?: TensorInfo; positions?: TensorInfo },
    Dropout & { scale: number }
  >('RecsysEmbed', ({ table, items, positionTable, positions }, backend, { scale, key, threshold, keptScale }) => {
    const [count, width] = [items.shape[0]!, table.shape[1]!];
    const y = backend.output([count, width]);
    const [positionTable0, positions0] = [positionTable, positions].map((t) =>
      t === undefined ? 0 : backend.address(t),
    );
    backend.launch('embed', {
      count,
      grain: grainOf(width * 10, 8),
      integers: [
        ...addressesOf(backend, [table, items]),
        positionTable0!,
        positions0!,
        backend.address(y),
        width,
        key,
        threshold,
      ],
      floats: [scale, keptScale],
    });
    return y;
  });

  override<
    { dy: TensorInfo; items: TensorInfo; positions?: TensorInfo },
    Dropout & { scale: number; rows: number; positionRows: number }
  >('RecsysEmbedGrad', ({ dy, items, positions }, backend, { scale, rows, positionRows, ...dropout }) => {
    const [count, width] = [items.shape[0]!, dy.shape[1]!];
    const dropped = dropout.threshold === 0 ? dy : drop(backend, dy, undefined, dropout);
    const values = backend.block(dropped);
    const gradients = [
      updatesOf(backend, rows, width, { indices: backend.block(items), values, count, factor: scale }),
    ];
    if (positions !== undefined) {
      gradients.push(
        updatesOf(backend, positionRows, width, { indices: backend.block(positions), values, count, factor: 1 }),
      );
    }
    if (dropped !== dy) backend.disposeData(dropped.dataId);
    return gradients;
  });

  override<{ hidden: TensorInfo; table: TensorInfo; candidates: TensorInfo }>(
    'RecsysPairwiseLogits',
    ({ hidden, table, candidates }, backend) => {
      const [tokens, count] = candidates.shape as [number, number];
      const logits = backend.output([tokens, count]);
      const width = hidden.shape[1]!;
      backend.launch('pairwiseLogits', {
        count: tokens,
        grain: grainOf(2 * width * count + 20 * count),
        integers: [...addressesOf(backend, [hidden, table, candidates, logits]), count, width],
      });
      return logits;
    },
  );

  override<Record<'dy' | 'hidden' | 'table' | 'candidates', TensorInfo>>(
    'RecsysPairwiseLogitsGrad',
    ({ dy, hidden, table, candidates }, backend) => {
      const [tokens, count] = candidates.shape as [number, number];
      const [rows, width] = table.shape as [number, number];
      const dHidden = backend.output(hidden.shape);
      backend.launch('pairwiseLogitsGrad', {
        count: tokens,
        grain: grainOf(2 * width * count + 20 * count),
        integers: [...addressesOf(backend, [dy, table, candidates, dHidden]), count, width],
      });
      const dTable = updatesOf(backend, rows, width, {
        indices: backend.block(candidates),
        values: backend.block(hidden),
        scales: backend.block(dy),
        fan: count,
        count: tokens * count,
        factor: 1,
      });
      return [dHidden, dTable];
    },
  );
};
