/** What a run is doing; `unreadable` has a problem in plain words. */
export type RunStatus = 'training' | 'finished' | 'stopped' | 'unreadable';

/** A metric with the ends of its confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The test of a run, as its log has it. */
export interface TestResult {
  /** `full`, `sampled` or `sampled-per-item`. */
  readonly protocol: string;
  readonly numTargets: number;
  readonly epoch: number;
  readonly metrics: Readonly<Record<string, Interval>>;
  /** Baselines on the same candidates, by name; empty for a run of an older version. */
  readonly baselines: Readonly<Record<string, Readonly<Record<string, Interval>>>>;
}

/** A line of the table of runs. */
export interface RunSummary {
  /** Path from the folder of runs, with `/` between its parts. */
  readonly name: string;
  readonly status: RunStatus;
  /** Why it cannot be read, or what is odd about it. */
  readonly problem?: string | undefined;
  /** Name of the kind of model, such as SASRec. */
  readonly model: string;
  readonly data: {
    /** Such as `ml-1m`; '' if the run does not say. */
    readonly name: string;
    readonly users: number;
    readonly items: number;
    readonly interactions: number;
    /** Runs with the same one were trained on the same sequences. */
    readonly fingerprint: string;
  };
  readonly loss: string;
  /** How it is validated; '' if it is not. */
  readonly protocol: string;
  readonly epochs: { readonly done: number; readonly planned: number };
  /** Seconds of training so far. */
  readonly seconds: number;
  /** The epoch with the best validation. */
  readonly best?:
    | { readonly epoch: number; readonly metric: string; readonly metrics: Readonly<Record<string, number>> }
    | undefined;
  readonly test?: TestResult | undefined;
  /** When its log was last written, in ms since 1970. */
  readonly updated: number;
}

/** An epoch of a run. */
export interface EpochPoint {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Seconds of training up to its end. */
  readonly seconds: number;
  readonly validation?: Readonly<Record<string, number>> | undefined;
}

export type SettingValue = string | number | boolean | null;

/** The runs that are new or changed, and those that are gone. */
export interface RunsEvent {
  readonly type: 'runs';
  /** The folder, as the command line names it. */
  readonly folder: string;
  /** Whether `runs` are all that there are. */
  readonly all: boolean;
  readonly runs: readonly RunSummary[];
  readonly gone: readonly string[];
}

/** Epochs of a run that is followed. */
export interface RunLog {
  readonly type: 'log';
  readonly run: string;
  /** Whether `epochs` replace those before them: at first, and after a resumed run has cut its log. */
  readonly again: boolean;
  readonly epochs: readonly EpochPoint[];
  /** Settings by their path, such as `model.hiddenUnits`; with `again`. */
  readonly settings?: Readonly<Record<string, SettingValue>> | undefined;
}

/** What the stream of events carries. */
export type StudioEvent = RunsEvent | RunLog;
