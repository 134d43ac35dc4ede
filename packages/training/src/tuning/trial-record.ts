import { z } from 'zod';

/** A trial at the end of a round: a line of `trials.jsonl`. */
export interface TrialRecord {
  /** Number of the trial, from 0: the starting point. */
  readonly trial: number;
  /** Number of the round, from 0. */
  readonly rung: number;
  /** Whole epochs of training so far. */
  readonly epochs: number;
  /** Seconds of training and validation so far. */
  readonly seconds: number;
  /** The best validation so far; null if there was none, or the trial failed. */
  readonly value: number | null;
  /** The epoch of the best validation. */
  readonly bestEpoch: number | null;
  /** Why it stopped: the round has no more epochs, or training found no better epoch, or its time was over, or it failed. */
  readonly stopped: 'rung' | 'patience' | 'seconds' | 'failed';
  /** What went wrong in a trial that failed. */
  readonly problem?: string | undefined;
}

export const recordSchema = z.strictObject({
  trial: z.int().min(0),
  rung: z.int().min(0),
  epochs: z.int().min(0),
  seconds: z.number().min(0),
  value: z.number().nullable(),
  bestEpoch: z.int().min(1).nullable(),
  stopped: z.enum(['rung', 'patience', 'seconds', 'failed']),
  problem: z.string().optional(),
});
