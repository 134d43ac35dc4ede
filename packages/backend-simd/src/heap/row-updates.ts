import type { Block } from './shared-heap.js';

/**
 * Part of the gradient of a table: update u adds `factor · scales[u] · values[floor(u / fan)]` to row `indices[u]`. The
 * blocks are shared with other tensors. Whoever creates a segment has to check that every index is a row of the table.
 */
export interface UpdateSegment {
  /** int32 `[count]`. */
  readonly indices: Block;
  /** float32 `[count / fan, width]`. */
  readonly values: Block;
  /** float32 `[count]`. Default: all 1. */
  readonly scales?: Block | undefined;
  /** Number of consecutive updates that share a row of `values`. */
  readonly fan: number;
  readonly count: number;
  readonly factor: number;
}

/** The gradient of a table as a list of updates of rows, whose cost grows with the batch and not with the table. */
export interface RowUpdates {
  readonly segments: readonly UpdateSegment[];
  readonly rows: number;
  readonly width: number;
}

/** Returns the blocks of updates. */
export const blocksOf = ({ segments }: RowUpdates): Block[] =>
  segments.flatMap(({ indices, values, scales }) => [indices, values, ...(scales === undefined ? [] : [scales])]);
