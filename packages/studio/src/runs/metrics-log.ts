import { join } from 'node:path';
import { z } from 'zod';
import type { EpochPoint, TestResult } from '../protocol/index.js';
import { readPart } from './read-part.js';

const metricValues = z.record(z.string(), z.number());
const intervals = z.record(z.string(), z.object({ value: z.number(), low: z.number(), high: z.number() }));

const epochSchema = z.object({
  epoch: z.number(),
  step: z.number(),
  loss: z.number(),
  learningRate: z.number(),
  seconds: z.number(),
  validation: metricValues.optional(),
});

const testSchema = z.object({
  protocol: z.string(),
  numTargets: z.number(),
  epoch: z.number(),
  metrics: intervals,
  baselines: z.record(z.string(), intervals).default({}),
});

/** Most bytes that are read of a log. */
const mostBytes = 2 ** 28;

/** How much before the place of the last read must be as it was: a resumed run cuts its log, and may then write more than it cut. */
const rememberedBytes = 1024;

/** What a read has found. */
interface LogChange {
  /** Whether all epochs were read again. */
  readonly again: boolean;
  /** Epochs that are new; with `again` all of them. */
  readonly epochs: readonly EpochPoint[];
}

/** A run's `metrics.jsonl`, which grows while it is read, and which a resumed run cuts back. */
export class MetricsLog {
  readonly #path: string;
  #place = 0;
  #before: Buffer = Buffer.alloc(0);
  epochs: EpochPoint[] = [];
  test: TestResult | undefined;
  /** Lines that are no records. */
  badLines = 0;

  constructor(run: string) {
    this.#path = join(run, 'metrics.jsonl');
  }

  /**
   * Reads what was added since the last time; undefined if that is nothing. A last line without an end is still being written, and left for
   * the next time.
   * @throws {StudioError} `bad-run` on what is no log.
   */
  async read(): Promise<LogChange | undefined> {
    const from = this.#place - this.#before.length;
    let part = await readPart(this.#path, from, mostBytes);
    if (part === undefined && this.#place === 0) return undefined;
    const isAsBefore = part?.bytes.subarray(0, this.#before.length).equals(this.#before) ?? false;
    if (!isAsBefore) {
      this.#forget();
      part = await readPart(this.#path, 0, mostBytes);
    }
    const bytes = part?.bytes.subarray(this.#before.length) ?? Buffer.alloc(0);
    const end = bytes.lastIndexOf('\n') + 1;
    if (isAsBefore && end === 0) return undefined;
    const [epochsBefore, testBefore] = [this.epochs.length, this.test];
    for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') this.#take(line);
    this.#place += end;
    this.#before = Buffer.concat([this.#before, bytes.subarray(0, end)]).subarray(-rememberedBytes);
    const added = this.epochs.slice(epochsBefore);
    if (isAsBefore && added.length === 0 && this.test === testBefore) return undefined;
    return { again: !isAsBefore, epochs: added };
  }

  #forget(): void {
    this.#place = 0;
    this.#before = Buffer.alloc(0);
    this.epochs = [];
    this.test = undefined;
    this.badLines = 0;
  }

  #take(line: string): void {
    const record = recordIn(line);
    if (record === undefined) this.badLines += 1;
    else if ('metrics' in record) this.test = record;
    else if ('loss' in record) this.epochs.push(record);
  }
}

/** Returns the epoch or the test in a line; {} for another event, undefined for what is no record. */
const recordIn = (line: string): EpochPoint | TestResult | Record<never, never> | undefined => {
  let json: { event?: unknown };
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (json?.event === 'epoch') return epochSchema.safeParse(json).data;
  if (json?.event === 'test') return testSchema.safeParse(json).data;
  return typeof json?.event === 'string' ? {} : undefined;
};
