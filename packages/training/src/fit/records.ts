import type { TrainingProgress } from '../runs/checkpoint.js';
import type { RefusedCheckpoint } from '../runs/run-directory.js';

/** What a finished epoch came to; one line of a run's `metrics.jsonl`. */
export interface EpochRecord {
  readonly epoch: number;
  /** Steps taken since the start of training. */
  readonly step: number;
  /** Mean loss of the epoch's batches. */
  readonly loss: number;
  readonly learningRate: number;
  /** Seconds of training so far, validation included, before a resume too. */
  readonly seconds: number;
  /** By metric name, where the epoch was validated. */
  readonly validation?: Readonly<Record<string, number>>;
}

export interface StepRecord {
  readonly epoch: number;
  /** 1-based number of the batch in its epoch. */
  readonly batch: number;
  readonly batches: number;
  readonly step: number;
  readonly loss: number;
}

/** Functions that training calls as it goes; an error thrown by one ends training. */
export interface TrainingCallbacks {
  onStep?(record: StepRecord): void;
  onValidation?(done: number, total: number): void;
  onEpoch?(record: EpochRecord, best: TrainingProgress['best']): void;
  /** Where a resumed run starts, and the damaged checkpoints it skipped. */
  onResume?(progress: TrainingProgress, refused: readonly RefusedCheckpoint[]): void;
}

export interface FitResult {
  /** Why training ended: all `epochs` done, `patience` ran out, a budget (`steps`, `seconds`), or the signal (`aborted`). */
  readonly stopped: 'epochs' | 'patience' | 'steps' | 'seconds' | 'aborted';
  /** Epochs finished since the start of training. */
  readonly epochs: number;
  readonly steps: number;
  /** Seconds of training since the start, before a resume too. */
  readonly seconds: number;
  /** The best validation, whose weights the model now has; null without validation. */
  readonly best: TrainingProgress['best'];
  /** The epochs of this call, without those before a resume. */
  readonly history: readonly EpochRecord[];
}
