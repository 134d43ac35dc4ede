import type { InteractionsBuilder } from '../table/interactions.js';

/** A row, as a database cursor or a line of JSON has it: an object with a field per column. */
export type Row = Readonly<Record<string, unknown>>;

/** Takes the rows of a file, good and bad. */
export interface RowSink {
  readonly builder: InteractionsBuilder;
  /** Throws or counts a bad line or row, numbered from 1. */
  reject(line: number, reason: string): void;
}
