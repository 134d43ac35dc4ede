import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { SimdBackendError } from '../../errors.js';

// Kernels do not check their inputs, so every launch that uses indices as memory offsets is preceded by these checks.

/**
 * Checks that every index is a row of a table. The highest index of a tensor is computed only once.
 *
 * @throws {SimdBackendError} `index-out-of-range`; the message has the op, the index and the number of rows.
 */
export const assertIndices = (op: string, backend: SimdBackend, indices: TensorInfo, rows: number): void => {
  assertShapes(op, indices.dtype === 'int32', () => `indices must be int32, got ${indices.dtype}`);
  const highest = backend.highestIndex(indices);
  if (highest < rows) return;
  throw new SimdBackendError(
    'index-out-of-range',
    `${op}: index ${highest | 0} is out of range, the table has ${rows} rows. Check that the batch and the model use the same catalog.`,
  );
};

/**
 * Checks that offsets run from 0 to the number of tokens and never decrease. Returns the length of the longest
 * sequence.
 *
 * @throws {SimdBackendError} `index-out-of-range`.
 */
export const longestSequence = (op: string, offsets: Int32Array, tokens: number): number => {
  const sequences = offsets.length - 1;
  let longest = 0;
  let shortest = 0;
  for (let b = 0; b < sequences; b++) {
    const length = offsets[b + 1] - offsets[b];
    if (length > longest) longest = length;
    if (length < shortest) shortest = length;
  }
  if (shortest < 0 || offsets[0] !== 0 || offsets[sequences] !== tokens) {
    throw new SimdBackendError(
      'index-out-of-range',
      `${op}: offsets must run from 0 to ${tokens} and never decrease, got ${offsets[0]} to ${offsets[sequences]}`,
    );
  }
  return longest;
};

/** @throws {SimdBackendError} `shape-mismatch` with the message, unless `holds`. */
export function assertShapes(op: string, holds: boolean, message: () => string): void {
  if (!holds) throw new SimdBackendError('shape-mismatch', `${op}: ${message()}`);
}
