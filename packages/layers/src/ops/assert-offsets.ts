import { LayerError } from '../errors.js';

/** @throws {LayerError} unless `offsets` run in ascending order from 0 to `tokens`. */
export const assertOffsets = (where: string, offsets: Int32Array, tokens: number): void => {
  for (let b = 1; b < offsets.length; b++) {
    if (offsets[b] < offsets[b - 1])
      throw new LayerError('bad-input', `${where}: offsets must ascend, got ${offsets[b - 1]}, ${offsets[b]}`);
  }
  if (offsets.length < 2 || offsets[0] !== 0 || offsets[offsets.length - 1] !== tokens) {
    throw new LayerError(
      'bad-input',
      `${where}: offsets must run from 0 to the ${tokens} tokens, got [${offsets[0]} … ${offsets[offsets.length - 1]}]`,
    );
  }
};
