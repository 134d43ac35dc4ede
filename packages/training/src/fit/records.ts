import type { MetricEstimate } from '../evaluation/metric-estimates.js';
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

/** A step whose loss is logged: every n-th, as `logSteps` of `fit` says. */
export interface LoggedStep {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** The test of a run that has ended. */
export interface TestRecord {
  /** The epoch whose weights were tested. */
  readonly epoch: number;
  /** How candidates were chosen. */
  readonly protocol: string;
  readonly numTargets: number;
  /** By metric name, such as `ndcg@10`. */
  readonly metrics: Readonly<Record<string, MetricEstimate>>;
}

/** A line of a run's log, `metrics.jsonl`. */
export type LogLine =
  | ({ readonly event: 'step' } & LoggedStep)
  | ({ readonly event: 'epoch' } & EpochRecord)
  | ({ readonly event: 'test' } & TestRecord);

/** What a training starts with. */
export interface StartRecord {
  /** The directory of the run; undefined: it is kept nowhere. */
  readonly runDirectory: string | undefined;
  /** What is trained and how, as plain JSON: the run's `config.json`, or without a run directory `model`, `fit` and `loss` of it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether a run that was stopped goes on. */
  readonly resumed: boolean;
  /** Steps that were taken before. */
  readonly step: number;
  /** The lines of the run's log up to here; none in a new run. */
  readonly log: readonly LogLine[];
}

/** How a training ended. */
export interface EndRecord {
  /** As in `FitResult`; `error` when something was thrown. */
  readonly stopped: FitResult['stopped'] | 'error';
}

/** Functions that training calls as it runs; an error thrown by one ends training. */
export interface TrainingCallbacks {
  /** Called once, before the first step; training waits for it. */
  onStart?(record: StartRecord): void | Promise<void>;
  /** Reading whole weights here brings deferred rows up to date, which changes the last bits of what follows. */
  onStep?(record: StepRecord): void;
  onValidation?(done: number, total: number): void;
  onEpoch?(record: EpochRecord, best: BestEpoch | undefined): void;
  onResume?(record: ResumeRecord): void;
  /**
   * Told of each line of the run's log when it is written, also where there is no run directory: of each epoch, and of the steps that `logSteps` asks
   * for. `fit` does not test, so a program that does tells of the test itself.
   */
  onLog?(line: LogLine): void | Promise<void>;
  /** Called once when training has ended, however it did; `fit` waits for it. */
  onEnd?(record: EndRecord): void | Promise<void>;
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
