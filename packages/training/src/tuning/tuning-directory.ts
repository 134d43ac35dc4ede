import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { lockPath, type PathLock, writeFileAtomically } from '@recsys/data/node';
import { CheckpointError } from '@recsys/model';
import { z } from 'zod';

/** A trial at the end of a round: a line of `trials.jsonl`. */
export interface TrialRecord {
  /** Number of the trial, from 0: the starting point. */
  readonly trial: number;
  /** Number of the round, from 0. */
  readonly rung: number;
  /** Whole epochs of training so far. */
  readonly epochs: number;
  /** Seconds of training and validation so far. */
  readonly seconds: number;
  /** The best validation so far; null if there was none, or the trial failed. */
  readonly value: number | null;
  /** The epoch of the best validation. */
  readonly bestEpoch: number | null;
  /** Why it stopped: the round has no more epochs, or training found no better epoch, or its time was over, or it failed. */
  readonly stopped: 'rung' | 'patience' | 'seconds' | 'failed';
  /** What went wrong in a trial that failed. */
  readonly problem?: string | undefined;
}

const recordSchema = z.strictObject({
  trial: z.int().min(0),
  rung: z.int().min(0),
  epochs: z.int().min(0),
  seconds: z.number().min(0),
  value: z.number().nullable(),
  bestEpoch: z.int().min(1).nullable(),
  stopped: z.enum(['rung', 'patience', 'seconds', 'failed']),
  problem: z.string().optional(),
});

/** All that decides which trials there are; plain JSON, the content of `tuning.json`. */
type TuningConfig = Readonly<Record<string, unknown>> & { readonly format: 1 };

/** Tuning on disk: `tuning.json` (what was asked for), `trials.jsonl` (each trial at the end of each round) and a run for each trial. */
export class TuningDirectory {
  readonly records: TrialRecord[] = [];
  readonly #path: string;
  readonly #lock: PathLock;

  private constructor(path: string, lock: PathLock) {
    this.#path = path;
    this.#lock = lock;
  }

  /**
   * Starts tuning in a directory, or goes on with it, and locks it.
   * @throws {CheckpointError} `other-run` when it was started with something else, `damaged`, `cannot-write`.
   * @throws {FileError} `in-use` when a live process uses it.
   */
  static async open(path: string, config: TuningConfig): Promise<TuningDirectory> {
    await mkdir(path, { recursive: true }).catch((cause: Error) => {
      throw new CheckpointError('cannot-write', `${path}: cannot be created: ${cause.message}`, { cause });
    });
    const directory = new TuningDirectory(path, await lockPath(path, join(path, 'in-use-by-')));
    try {
      const before = await readIfThere(join(path, 'tuning.json'));
      if (before === undefined)
        await writeFileAtomically(join(path, 'tuning.json'), `${JSON.stringify(config, null, 2)}\n`);
      else assertSame(path, parsed(join(path, 'tuning.json'), before), config);
      directory.records.push(...(await readRecords(join(path, 'trials.jsonl'))));
    } catch (error) {
      await directory.release();
      throw error;
    }
    return directory;
  }

  /** Returns the directory of the run of a trial. */
  runOf(trial: number): string {
    return join(this.#path, `trial-${String(trial).padStart(3, '0')}`);
  }

  /** Keeps a record; it is on the disk when this returns. */
  async add(record: TrialRecord): Promise<void> {
    this.records.push(record);
    const lines = this.records.map((own) => `${JSON.stringify(own)}\n`);
    await writeFileAtomically(join(this.#path, 'trials.jsonl'), lines.join(''));
  }

  async release(): Promise<void> {
    await this.#lock.release();
  }
}

const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new CheckpointError('damaged', `${path}: cannot be read: ${cause.message}`, { cause });
  });

const parsed = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError('damaged', `${path}: is not JSON; the file is damaged`, { cause });
  }
};

const readRecords = async (path: string): Promise<TrialRecord[]> => {
  const lines = ((await readIfThere(path)) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line, i) => {
    const found = recordSchema.safeParse(parsed(`${path}:${i + 1}`, line));
    if (!found.success)
      throw new CheckpointError('damaged', `${path}:${i + 1}: is not the record of a trial; the file is damaged`);
    return found.data;
  });
};

/** @throws {CheckpointError} `other-run`, naming the first thing that differs, with both values. */
const assertSame = (path: string, recorded: unknown, config: TuningConfig): void => {
  const before = (typeof recorded === 'object' && recorded !== null ? recorded : {}) as Record<string, unknown>;
  const now = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)]))
    if (!isDeepStrictEqual(before[key], now[key]))
      throw new CheckpointError(
        'other-run',
        `${path}: was started with another ${key}: ${JSON.stringify(before[key])}, not ${JSON.stringify(now[key])}. Choose another directory.`,
      );
};
