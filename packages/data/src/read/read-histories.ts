import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { DataError } from '../errors.js';
import { linesOf } from '../files/lines.js';
import { collect, openBytes } from '../files/open-bytes.js';
import { openText } from '../files/open-text.js';
import type { Id } from '../table/id-map.js';
import { shownValue } from '../table/shown-value.js';
import { decodeInSubprocess } from './columnar/decode-in-subprocess.js';
import { parseExactJson } from './formats/exact-json.js';
import { isRoundedInteger, roundedInteger } from './rounded-integer.js';

/** A line or row of a file of histories, numbered from 1: its history, or what is wrong with it. */
export type HistoryLine =
  | {
      readonly number: number;
      /** At least one item, oldest first. */
      readonly history: Id[];
      /** When each item was met, and the time of the request, in seconds; if the line has them. */
      readonly times?: number[];
      readonly at?: number;
      /** The `id` or `user` of the history, if it has one. */
      readonly name?: { readonly id: Id } | { readonly user: Id };
    }
  | {
      readonly number: number;
      /** What is wrong with the line. */
      readonly reason: string;
    };

/** Options of `readHistories`. */
export interface ReadHistoriesOptions {
  /** Number of lines or rows to skip, >= 0. Default 0. */
  skip?: number;
  /** Called while a file is read, not a stream, with the bytes of text, or rows of Parquet, that are read and that there are. */
  onProgress?: (done: number, total: number) => void;
}

/** What `index.ts` documents. */
export async function* readHistories(
  from: string | Readable,
  options: ReadHistoriesOptions = {},
): AsyncGenerator<HistoryLine, void, undefined> {
  assertKnownOptions('readHistories', options, ['skip', 'onProgress'], { ErrorClass: DataError });
  const { skip = 0, onProgress } = options;
  assertInteger('readHistories', 'skip', skip, { minimum: 0, ErrorClass: DataError });
  const [name, path] = typeof from === 'string' ? [from, from] : ['input', undefined];
  const source = typeof from === 'string' ? createReadStream(from, { highWaterMark: 2 ** 18 }) : from;
  try {
    const { head, bytes } = await openBytes(name, source);
    if (String.fromCharCode(...head).startsWith('PAR1')) {
      const content = path ?? (await collect(bytes));
      source.destroy();
      let number = skip;
      for await (const { rows, done, total } of decodeInSubprocess({ name, format: 'parquet', content }, { skip })) {
        for (const row of rows) yield checkRecord(row, ++number, () => shownValue(row));
        onProgress?.(done, total);
      }
      return;
    }
    const size = path === undefined ? undefined : (await stat(path)).size;
    const { chunks } = await openText(name, bytes);
    let number = 0;
    for await (const lines of linesOf(name, chunks)) {
      for (const line of lines) {
        number += 1;
        if (number > skip) yield parseLine(line, number);
      }
      if (size !== undefined) onProgress?.((source as ReadStream).bytesRead, size);
    }
  } finally {
    source.destroy();
  }
}

const parseLine = (line: string, number: number): HistoryLine => {
  let value: unknown;
  try {
    value = parseExactJson(line);
  } catch (cause) {
    return { number, reason: `is not JSON: ${(cause as Error).message}` };
  }
  return checkRecord(value, number, () => line);
};

const checkRecord = (value: unknown, number: number, show: () => string): HistoryLine => {
  const record = Array.isArray(value) ? { history: value } : ((value ?? {}) as Record<string, unknown>);
  const items: readonly unknown[] = Array.isArray(record.history) ? record.history : [];
  const rounded = items.find(isRoundedInteger);
  if (rounded !== undefined) return { number, reason: roundedInteger('an item', rounded) };
  const history = items.map(idOf);
  if (history.length === 0 || history.includes(undefined)) {
    const reason = `must be a non-empty array of items, or { "history": [...] }, got ${show().trim().slice(0, 60)}`;
    return { number, reason };
  }
  const { times, at } = record;
  const timesOfItems = Array.isArray(times) ? times.map(timeOf) : undefined;
  if (times !== undefined && (timesOfItems?.length !== history.length || timesOfItems.includes(undefined)))
    return { number, reason: `times must be a number for each of the ${history.length} items, in seconds` };
  const request = timeOf(at);
  if (at !== undefined && request === undefined)
    return { number, reason: `at must be a number, got ${shownValue(at)}` };
  const line = {
    number,
    history: history as Id[],
    ...(timesOfItems && { times: timesOfItems as number[] }),
    ...(request !== undefined && { at: request }),
  };
  const key = 'id' in record ? 'id' : 'user';
  const given = 'id' in record ? record.id : record.user;
  if (given === undefined) return line;
  if (isRoundedInteger(given)) return { number, reason: roundedInteger(key, given) };
  const id = idOf(given);
  if (id === undefined) return { number, reason: `${key} must be a string or a number, got ${shownValue(given)}` };
  return { ...line, name: { [key]: id } as { id: Id } };
};

/** Returns a time, also one of a 64-bit integer of Parquet. */
const timeOf = (value: unknown): number | undefined => {
  const time = typeof value === 'bigint' ? Number(value) : value;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
};

/** Returns an id. A 64-bit integer of Parquet that a number cannot hold becomes text. */
const idOf = (value: unknown): Id | undefined => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)) ? value : undefined;
};
