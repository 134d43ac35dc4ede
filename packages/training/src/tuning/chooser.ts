import { z } from 'zod';
import { type SearchSpace, type Settings, settingsSchema } from './search-space.js';

/** Settings that were chosen for a trial. */
export interface Choice {
  /** The number by which the chooser knows the trial. */
  readonly id: number;
  readonly settings: Settings;
}

export const choiceSchema = z.strictObject({ id: z.int().min(0), settings: settingsSchema });

/** What a chooser is asked: settings for the next trial. */
export interface AskRequest {
  readonly space: SearchSpace;
  /** The settings that the space is around. */
  readonly start: Settings;
  /** A seed for this trial alone. */
  readonly seed: number;
  /** The ids of all trials that were chosen before. */
  readonly known: readonly number[];
  /** Whether a process was killed while it asked: then there may be a trial that nobody knows of, which is the answer. */
  readonly wasKilled: boolean;
}

/**
 * Chooses the settings of trials one after the other, by the results of those before. Several processes share one; `tune` sees to it that one of
 * them asks at a time, and each trial is told of before its record is written. So a trial may be told of twice, with the same value, when a process
 * was killed in between.
 */
export interface Chooser {
  /** What tells it from others, such as the name of a study. It is kept in `tuning.json`, and must be the same in all processes. */
  readonly identity: Readonly<Record<string, string>>;
  /** Makes what it needs, before there is a trial. */
  prepare(): Promise<void>;
  /** Chooses settings for a trial. */
  ask(request: AskRequest): Promise<Choice>;
  /** Is told the validation of a trial, higher is better; null if it has none. */
  tell(id: number, value: number | null): Promise<void>;
  /** Is told that all trials are done, and which it has chosen. */
  close(known: readonly number[]): Promise<void>;
}
