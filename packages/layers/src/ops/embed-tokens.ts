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

/**
 * Returns fixed position embeddings, `[positions, units]` in row-major order: sines in even columns and cosines in odd ones, of wavelengths
 * from 2π to 10,000 · 2π (Vaswani et al. 2017, section 3.5). So the embedding of a position at any distance is a rotation of that of this one.
 *
 * @param positions number of rows, >= 1.
 * @param units number of columns, >= 1.
 * @example
 * sinusoids(2, 2); // [0, 1, 0.8415, 0.5403]: sin 0, cos 0, sin 1, cos 1
 */
export const sinusoids = (positions: number, units: number): Float32Array =>
  Float32Array.from({ length: positions * units }, (_, i) => {
    const [position, unit] = [Math.floor(i / units), i % units];
    const angle = position / 10_000 ** ((unit - (unit % 2)) / units);
    return unit % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });

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
