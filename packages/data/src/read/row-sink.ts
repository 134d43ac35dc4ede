import type { InteractionsBuilder } from '../table/interactions.js';

/** A row as a database cursor or a JSON line gives it: an object by column. */
export type Row = Readonly<Record<string, unknown>>;

/** Where rows go, and how a line that cannot be used is dealt with. */
export interface RowSink {
  readonly builder: InteractionsBuilder;
  /** Deals with a bad line or row, numbered from 1. */
  reject(line: number, reason: string): void;
}
