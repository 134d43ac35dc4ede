import type { TensorInfo } from '@tensorflow/tfjs-core';
import { assertIndices, assertShapes, type Dropout, grainOf, override } from './base/index.js';
import { drop } from './elementwise.js';
import { rowGradient } from './row-updates.js';

interface Attributes extends Dropout {
  /** Factor of the rows of the item table. */
  scale: number;
}

export const registerEmbed = (): void => {
  override<{ table: TensorInfo; items: TensorInfo; positionTable?: TensorInfo; positions?: TensorInfo }, Attributes>(
    'RecsysEmbed',
    ({ table, items, positionTable, positions }, backend, { scale, key, threshold, keptScale }) => {
      const [rows, width] = table.shape;
      const count = items.shape[0];
      assertIndices('RecsysEmbed', backend, items, rows);
      if (positionTable !== undefined && positions !== undefined) {
        assertIndices('RecsysEmbed', backend, positions, positionTable.shape[0]);
        const message = () => `${count} items need ${count} positions, got ${positions.shape[0]}`;
        assertShapes('RecsysEmbed', positions.shape[0] === count, message);
      }
      const y = backend.output([count, width]);
      const work = { count, grain: grainOf(width * 10, 8) };
      backend.launch(
        'embed',
        {
          table: backend.rowsOf(table, items),
          items,
          positionTable: positionTable && positions && backend.rowsOf(positionTable, positions),
          positions,
          y,
          width,
          key,
          threshold,
          scale,
          keptScale,
        },
        work,
      );
      return y;
    },
  );

  override<
    { dy: TensorInfo; items: TensorInfo; positions?: TensorInfo },
    Attributes & { rows: number; positionRows: number }
  >('RecsysEmbedGrad', ({ dy, items, positions }, backend, { scale, rows, positionRows, ...dropout }) => {
    const values = dropout.threshold === 0 ? dy : drop(backend, dy, dropout);
    const op = 'RecsysEmbedGrad';
    const gradients = [rowGradient(op, backend, { rows, indices: items, values, factor: scale })];
    if (positions !== undefined) {
      gradients.push(rowGradient(op, backend, { rows: positionRows, indices: positions, values }));
    }
    if (values !== dy) backend.disposeData(values.dataId);
    return gradients;
  });
};
