import type { Block } from './shared-heap.js';

/**
 * Part of the gradient of a table: update u adds `factor · scales[u] · values[floor(u / fan)]` to row `indices[u]`. The
 * blocks are shared with other tensors. The code that makes a segment has checked that every index is a row of the table.
 */
export interface UpdateSegment {
  /** int32 `[count]`. */
  readonly indices: Block;
  /** float32 `[count / fan, width]`. */
  readonly values: Block;
  /** float32 `[count]`; absent: all 1. */
  readonly scales?: Block | undefined;
  /** Updates in a row that share a row of `values`. */
  readonly fan: number;
  readonly count: number;
  readonly factor: number;
}

/** The gradient of a table as a list of additions to its rows, so that the cost follows the batch and not the table. */
export interface RowUpdates {
  readonly segments: readonly UpdateSegment[];
  readonly rows: number;
  readonly width: number;
}

/** Returns the blocks that updates hold. */
export const blocksOf = ({ segments }: RowUpdates): Block[] =>
  segments.flatMap(({ indices, values, scales }) => [indices, values, ...(scales === undefined ? [] : [scales])]);
