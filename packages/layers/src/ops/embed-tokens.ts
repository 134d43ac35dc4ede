import * as tf from '@tensorflow/tfjs-core';
import { assertKnownOptions } from '../errors.js';
import { composedDropout } from './dropout.js';
import { type DropoutMask, maskAttributes } from './dropout-random.js';
import { hasFused, runFused } from './fused.js';
import { gatherRows } from './rows.js';
import { withGradient } from './with-gradient.js';

export interface EmbedOptions {
  /** Factor of the item embeddings. */
  scale: number;
  /** Position embeddings to add: float32 `[maxLength, units]` and int32 `[tokens]`, borrowed. Default none. */
  position?: { readonly table: tf.Tensor2D; readonly positions: tf.Tensor1D } | undefined;
  /** Dropout mask of the sum. Default none. */
  dropout?: DropoutMask | undefined;
}

/**
 * Returns the input of a transformer: `dropout(table[items] · scale + positionTable[positions])` (Kang & McAuley 2018,
 * equation 1).
 *
 * @param table float32 `[rows, units]`, borrowed.
 * @param items int32 `[tokens]`, 0 .. rows - 1, borrowed; not checked.
 * @returns float32 `[tokens, units]`, owned by the caller.
 * @throws {LayerError} if an option is unknown.
 * @example
 * const table = tf.tensor2d([[0, 0], [1, 2], [3, 4]]);
 * embedTokens(table, tf.tensor1d([2, 1], 'int32'), { scale: 10 }); // [[30, 40], [10, 20]]
 */
export const embedTokens = (table: tf.Tensor2D, items: tf.Tensor1D, options: EmbedOptions): tf.Tensor2D => {
  assertKnownOptions('embedTokens', options, ['scale', 'position', 'dropout']);
  if (!hasFused('RecsysEmbed')) return composedEmbedTokens(table, items, options);
  const { scale, position, dropout = { rate: 0, key: 0 } } = options;
  const { table: positionTable, positions } = position ?? {};
  const attributes = {
    scale,
    rows: table.shape[0],
    positionRows: positionTable?.shape[0] ?? 0,
    ...maskAttributes(dropout),
  };
  return withGradient<tf.Tensor2D>([table, ...(positionTable ? [positionTable] : [])], (save) => {
    save([items, ...(positions ? [positions] : [])]);
    return {
      value: runFused('RecsysEmbed', { table, items, positionTable, positions }, attributes),
      gradient: (dy, [items, positions]) =>
        runFused<tf.Tensor[]>('RecsysEmbedGrad', { dy, items, positions }, attributes),
    };
  });
};

/** `embedTokens` composed of tfjs ops. */
const composedEmbedTokens = (
  table: tf.Tensor2D,
  items: tf.Tensor1D,
  { scale, position, dropout }: EmbedOptions,
): tf.Tensor2D =>
  tf.tidy(() => {
    let x: tf.Tensor2D = tf.mul(gatherRows(table, items), scale);
    if (position !== undefined) x = tf.add(x, gatherRows(position.table, position.positions));
    return dropout === undefined || dropout.rate === 0 ? x : composedDropout(x, dropout);
  });
