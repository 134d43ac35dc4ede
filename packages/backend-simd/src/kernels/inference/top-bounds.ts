import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { BOUND_BLOCK, ITEM_PANEL } from '../../generated/arguments.js';
import { assertShapes, override } from '../base/index.js';

/** Blocks of rows that one chunk has; each is about a millisecond of work. */
const grain = 1;

/** Returns the lists of the best of each block, `[queries, blocks * k]`: values and rows. */
const listsOf = (backend: SimdBackend, rows: number, queries: number, k: number) => {
  const blocks = Math.ceil(rows / BOUND_BLOCK);
  const shape = [queries, blocks * k];
  return { blocks, values: backend.output(shape), indices: backend.output(shape, 'int32') };
};

export const registerTopBounds = (): void => {
  override<Record<'hidden' | 'factors' | 'codes' | 'scales' | 'errors', TensorInfo>, { k: number }>(
    'RecsysTopBounds',
    ({ hidden, factors, codes, scales, errors }, backend, { k }) => {
      const [queries] = hidden.shape;
      const rows = codes.shape[0];
      const width = 4 * codes.shape[1]; // four codes in each int32
      const fits =
        width % 32 === 0 &&
        2 * hidden.shape[1] === width &&
        util.sizeFromShape(factors.shape) === 3 * queries &&
        [scales, errors].every(({ shape }) => util.sizeFromShape(shape) === rows) &&
        k >= 1 &&
        rows >= 1;
      assertShapes('RecsysTopBounds', fits, () => `codes of ${codes.shape} are not for ${hidden.shape}, k ${k}`);
      const { blocks, values, indices } = listsOf(backend, rows, queries, k);
      const args = { hidden, factors, codes, scales, errors, values, indices, queries, rows, width, k };
      backend.launch('topBounds', args, { count: blocks, grain, scratchBytes: 4 * (ITEM_PANEL * queries + 64) });
      return [values, indices];
    },
  );
};
