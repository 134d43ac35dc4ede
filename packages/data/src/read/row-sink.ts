import type { InteractionsBuilder } from '../table/interactions-builder.js';
import type { TimeReader } from '../times/index.js';
import type { UnusedTimes } from './unused-times.js';

/** A row, as a database cursor or a line of JSON has it: an object with a field per column. */
export type Row = Readonly<Record<string, unknown>>;

/** Takes the rows of a file, good and bad. */
export interface RowSink {
  readonly builder: InteractionsBuilder;
  /** Reads the times of all files of the source. */
  readonly times: TimeReader;
  /** Looks for times in the columns that are not used, if there should be any. */
  unused?: UnusedTimes | undefined;
  /**
   * Throws or counts a bad line or row, numbered from 1.
   * @param cause what may be wrong instead of this line, if the first lines are all bad.
   */
  reject(line: number, reason: string, cause?: 'format' | 'columns'): void;
}
