import type { RefusedCheckpoint } from '../runs/index.js';

/** What happened in an epoch; one line of a run's `metrics.jsonl`. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps taken since the start of training. */
  readonly step: number;
  /** Mean loss of the epoch's batches. */
  readonly loss: number;
  readonly learningRate: number;
  /** Seconds of training so far, with validation, and with the time before a resume. */
  readonly seconds: number;
  /** Bytes of the gradients of all parts of a batch, the mean of the epoch, if batches have parts. A rank receives those of all others. */
  readonly gradientBytes?: number;
  /** Values by metric name, if the epoch was validated. */
  readonly validation?: Readonly<Record<string, number>>;
}

export interface StepRecord {
  readonly epoch: number;
  /** Number of the batch in its epoch, from 1. */
  readonly batch: number;
  readonly batches: number;
  readonly step: number;
  readonly loss: number;
}

/** The epoch with the best validation so far. */
export interface BestEpoch {
  readonly epoch: number;
  /** The metric that picked it, such as `ndcg@10`. */
  readonly metric: string;
  readonly value: number;
}

/** Where a resumed run starts. */
export interface ResumeRecord {
  /** The epoch that training is in, from 1. */
  readonly epoch: number;
  /** Batches of that epoch already trained on. */
  readonly batch: number;
  /** Steps taken since the start of training. */
  readonly step: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** Damaged checkpoints that were skipped: newer ones, and that of the best epoch, whose weights are then lost. */
  readonly refused: readonly RefusedCheckpoint[];
}

/** Functions that training calls as it runs; an error thrown by one ends training. */
export interface TrainingCallbacks {
  /** Reading whole weights here brings deferred rows up to date, which changes the last bits of what follows. */
  onStep?(record: StepRecord): void;
  onValidation?(done: number, total: number): void;
  onEpoch?(record: EpochRecord, best: BestEpoch | undefined): void;
  onResume?(record: ResumeRecord): void;
}

export interface FitResult {
  /** Why training ended: all `epochs` done, `patience` ran out, a budget (`steps`, `seconds`), or the signal (`aborted`). */
  readonly stopped: 'epochs' | 'patience' | 'steps' | 'seconds' | 'aborted';
  /** Epochs finished since the start of training. */
  readonly epochs: number;
  readonly steps: number;
  /** Seconds of training since the start, with the time before a resume. */
  readonly seconds: number;
  /** The best validation, whose weights the model now has; undefined without validation. */
  readonly best: BestEpoch | undefined;
  /** The epochs of this call, without those before a resume. */
  readonly history: readonly EpochRecord[];
}
