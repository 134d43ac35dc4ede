import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { FileError, lockPath, type PathLock, removePartialsOf, writeFileAtomically } from '@recsys/data/node';
import { CheckpointError } from '@recsys/model';
import type { z } from 'zod';
import { type Choice, choiceSchema } from './chooser.js';
import { recordSchema, type TrialRecord } from './trial-record.js';

/** All that decides which trials there are; plain JSON, the content of `tuning.json`. */
type TuningConfig = Readonly<Record<string, unknown>> & { readonly format: 2 };

interface OpenOptions {
  readonly leaseSeconds: number;
  /** Called by the one process that starts the tuning, before it counts as started. */
  readonly prepare: () => Promise<void> | undefined;
}

/** Folder of records, choices and marks of use. */
const recordsFolder = '.trials';

/** Milliseconds until a process tries again what another one does just now. */
const retryMs = 100;

/**
 * Tuning on disk, which any number of processes may work in at once: `tuning.json` (what was asked for), `trials.jsonl` (each trial at the end of each
 * round), a run for each trial, and in `.trials` a file for each record, for each choice of a chooser, and for each mark of use.
 */
export class TuningDirectory {
  readonly #path: string;
  readonly #leaseSeconds: number;
  readonly #records = new Map<string, TrialRecord>();
  readonly #choices = new Map<number, Choice>();
  #marked = new Set<number>();
  #log: string | undefined;

  private constructor(path: string, leaseSeconds: number) {
    this.#path = path;
    this.#leaseSeconds = leaseSeconds;
  }

  /**
   * Starts tuning in a directory, or goes on with it.
   * @throws {CheckpointError} `other-run` when it was started with something else, `damaged`, `cannot-write`.
   */
  static async open(
    path: string,
    config: TuningConfig,
    { leaseSeconds, prepare }: OpenOptions,
  ): Promise<TuningDirectory> {
    await mkdir(join(path, recordsFolder), { recursive: true }).catch((cause: Error) => {
      throw new CheckpointError('cannot-write', `${path}: cannot be created: ${cause.message}`, { cause });
    });
    const directory = new TuningDirectory(path, leaseSeconds);
    const file = join(path, 'tuning.json');
    for (;;) {
      const before = await readIfThere(file);
      if (before !== undefined) {
        assertSame(path, parsed(file, before), config);
        return directory;
      }
      const lock = await directory.#claim('start');
      try {
        if (lock === undefined) await sleep(retryMs);
        else if ((await readIfThere(file)) === undefined) {
          await prepare();
          await lock.assertHeld();
          await writeFileAtomically(file, `${JSON.stringify(config, null, 2)}\n`);
        }
      } finally {
        await lock?.release();
      }
    }
  }

  /** Returns the directory of the run of a trial. */
  runOf(trial: number): string {
    return join(this.#path, nameOf(trial));
  }

  /** Looks for what other processes have done. */
  async look(): Promise<void> {
    const marked = new Set<number>();
    for (const name of await readdir(join(this.#path, recordsFolder))) {
      const [, trial, rung, isMark] =
        /^trial-(\d+)\.(?:rung-(\d+)\.json|settings\.json|(in-use-by-).*)$/.exec(name) ?? [];
      if (trial === undefined) continue;
      const number = Number(trial);
      if (isMark !== undefined) marked.add(number);
      else if (rung === undefined) {
        if (!this.#choices.has(number)) this.#choices.set(number, await this.#read(name, choiceSchema));
      } else if (this.recordOf(number, Number(rung)) === undefined) this.#keep(await this.#read(name, recordSchema));
    }
    this.#marked = marked;
  }

  /** Returns the record of a trial at the end of a round, if there was one when this process last looked. */
  recordOf(trial: number, rung: number): TrialRecord | undefined {
    return this.#records.get(keyOf({ trial, rung }));
  }

  /** Returns what a chooser has chosen for a trial. */
  choiceOf(trial: number): Choice | undefined {
    return this.#choices.get(trial);
  }

  /** The ids of all choices. */
  get chosen(): number[] {
    return [...this.#choices.values()].map(({ id }) => id);
  }

  /** Returns whether a process has marked a trial as its own; that process may be gone. */
  isMarked(trial: number): boolean {
    return this.#marked.has(trial);
  }

  /** Marks a trial as this process's own, to train it; undefined if another process has it. */
  claim(trial: number): Promise<PathLock | undefined> {
    return this.#claim(nameOf(trial));
  }

  /** Marks the choice of the next trial as this process's own; undefined if another process chooses. */
  claimChoice(): Promise<PathLock | undefined> {
    return this.#claim('choice');
  }

  /** Keeps a record of a claimed trial; it is on the disk when this returns. */
  async add(record: TrialRecord): Promise<void> {
    await this.#write(`${nameOf(record.trial)}.rung-${record.rung}.json`, record);
    this.#keep(record);
  }

  /** Chooses, and keeps what was chosen for a trial. `choose` is told whether a process was killed while it chose. */
  async addChoice(
    trial: number,
    lock: PathLock,
    choose: (options: { wasKilled: boolean }) => Promise<Choice>,
  ): Promise<void> {
    const begun = join(this.#path, recordsFolder, 'choice.begun');
    const wasKilled = (await readIfThere(begun)) !== undefined;
    await writeFileAtomically(begun, '');
    const choice = await choose({ wasKilled });
    await lock.assertHeld();
    await this.#write(`${nameOf(trial)}.settings.json`, choice);
    this.#choices.set(trial, choice);
    await rm(begun, { force: true });
  }

  /** Does what is done once, when nothing more will be chosen; false if another process does it just now. */
  async closeChoices(close: () => Promise<void>): Promise<boolean> {
    const closed = join(this.#path, recordsFolder, 'choice.closed');
    if ((await readIfThere(closed)) !== undefined) return true;
    const lock = await this.claimChoice();
    if (lock === undefined) return false;
    try {
      await close();
      await writeFileAtomically(closed, '');
      return true;
    } finally {
      await lock.release();
    }
  }

  /** Removes the marks that killed processes have left behind: when all trials have all records, nobody needs one. */
  async tidy(): Promise<void> {
    const folder = join(this.#path, recordsFolder);
    for (const name of await readdir(folder))
      if (name.includes('.in-use-by-')) await rm(join(folder, name), { force: true, recursive: true });
  }

  /** Writes records as `trials.jsonl`, for people to read: what counts is in the folder of records. */
  async writeLog(records: readonly TrialRecord[]): Promise<void> {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    if (text === this.#log) return;
    await writeFileAtomically(join(this.#path, 'trials.jsonl'), text);
    this.#log = text;
  }

  #keep(record: TrialRecord): void {
    this.#records.set(keyOf(record), record);
  }

  async #claim(name: string): Promise<PathLock | undefined> {
    const marks = join(this.#path, recordsFolder, `${name}.in-use-by-`);
    return lockPath(join(this.#path, name), marks, { leaseSeconds: this.#leaseSeconds }).catch(undefinedIfTaken);
  }

  async #write(name: string, value: object): Promise<void> {
    const path = join(this.#path, recordsFolder, name);
    await removePartialsOf(path);
    await writeFileAtomically(path, `${JSON.stringify(value)}\n`);
  }

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T> {
    const path = join(this.#path, recordsFolder, name);
    const found = schema.safeParse(parsed(path, (await readIfThere(path)) ?? ''));
    if (found.success) return found.data;
    throw new CheckpointError('damaged', `${path}: is not the record of a trial; the file is damaged`);
  }
}

/** Returns undefined for the error of a path that another process has, or has taken over. */
export const undefinedIfTaken = (error: unknown): undefined => {
  if (!(error instanceof FileError && (error.code === 'in-use' || error.code === 'lost-lock'))) throw error;
};

const nameOf = (trial: number): string => `trial-${String(trial).padStart(3, '0')}`;

const keyOf = ({ trial, rung }: Pick<TrialRecord, 'trial' | 'rung'>): string => `${trial} ${rung}`;

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

/** @throws {CheckpointError} `other-run`, naming the first thing that differs, with both values. */
const assertSame = (path: string, recorded: unknown, config: TuningConfig): void => {
  const now = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  const found = differenceOf(partsOf(recorded) ?? {}, now);
  if (found === undefined) return;
  const [name, before, after] = found;
  const values = `${JSON.stringify(before)}, not ${JSON.stringify(after)}`;
  const advice =
    name === 'engine'
      ? 'Use one engine on all machines (RECSYS_ENGINE), or another directory.'
      : 'Choose another directory.';
  throw new CheckpointError('other-run', `${path}: was started with another ${name}: ${values}. ${advice}`);
};

/** Returns the name of the first part that differs, and both its values. */
const differenceOf = (
  before: Record<string, unknown>,
  now: Record<string, unknown>,
): [name: string, before: unknown, now: unknown] | undefined => {
  const key = Object.keys({ ...now, ...before }).find((name) => !isDeepStrictEqual(before[name], now[name]));
  if (key === undefined) return undefined;
  const [old, own] = [partsOf(before[key]), partsOf(now[key])];
  if (old === undefined || own === undefined) return [key, before[key], now[key]];
  const [name, ...values] = differenceOf(old, own)!;
  return [`${key}.${name}`, ...values];
};

const partsOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
