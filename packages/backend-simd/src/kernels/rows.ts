import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { UpdateSegment } from '../row-updates.js';
import { type Dropout, grainOf, override } from './support.js';

/** Writes y = dropout(x). */
const drop = (backend: SimdBackend, x: TensorInfo, { key, threshold, keptScale }: Dropout): TensorInfo => {
  const y = backend.output(x.shape);
  const size = util.sizeFromShape(x.shape);
  backend.launch('dropout', {
    count: Math.ceil(size / 8),
    grain: 4096,
    integers: [...backend.addresses(x, y), size, key, threshold],
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
  override<{ x: TensorInfo }, Dropout>('RecsysDropout', ({ x }, backend, dropout) => drop(backend, x, dropout));

  override<{ table: TensorInfo; indices: TensorInfo }>('RecsysGatherRows', ({ table, indices }, backend) => {
    const [count, width] = [indices.shape[0]!, table.shape[1]!];
    const y = backend.output([count, width]);
    backend.launch('gatherRows', {
      count,
      grain: grainOf(width * 2),
      integers: [...backend.addresses(table, indices, y), width],
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
    backend.launch('embed', {
      count,
      grain: grainOf(width * 10, 8),
      integers: [...backend.addresses(table, items, positionTable, positions, y), width, key, threshold],
      floats: [scale, keptScale],
    });
    return y;
  });

  override<
    { dy: TensorInfo; items: TensorInfo; positions?: TensorInfo },
    Dropout & { scale: number; rows: number; positionRows: number }
  >('RecsysEmbedGrad', ({ dy, items, positions }, backend, { scale, rows, positionRows, ...dropout }) => {
    const [count, width] = [items.shape[0]!, dy.shape[1]!];
    const dropped = dropout.threshold === 0 ? dy : drop(backend, dy, dropout);
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
        integers: [...backend.addresses(hidden, table, candidates, logits), count, width],
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
        integers: [...backend.addresses(dy, table, candidates, dHidden), count, width],
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
