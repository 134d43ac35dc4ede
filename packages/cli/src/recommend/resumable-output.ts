import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  FileError,
  lockPath,
  type PathLock,
  removePartialsOf,
  syncDirectory,
  writeFileAtomically,
} from '@recsys/data/node';
import { z } from 'zod';
import { OutputError, UsageError } from '../errors.js';

/** What an output is made from, by name; the same names and values make the same output. */
export type Ingredients = Readonly<Record<string, string>>;

export interface ResumableOutputOptions<Progress extends object> {
  /** What the output is made from: it is resumed only when all of this is the same. */
  ingredients: Ingredients;
  /** The progress of an output that has not started. */
  start: Progress;
  /** Discard unfinished output and start over. */
  restart: boolean;
  /** Whether a complete output may be replaced. */
  overwrite: boolean;
}

const journalSchema = z.strictObject({
  format: z.literal(1),
  ingredients: z.record(z.string(), z.string()),
  bytes: z.int().min(0),
  progress: z.record(z.string(), z.unknown()),
});

type Journal = z.output<typeof journalSchema>;

/**
 * A file that is written piece by piece and survives a kill at any moment without a lost or repeated piece.
 *
 * Pieces go to `<path>.partial`; a journal beside it, `<path>.partial.json`, records how many of its bytes are complete and the `Progress`
 * they stand for. A piece is synced before the journal records it, and the journal is replaced atomically; what lies beyond the recorded bytes
 * is cut off and written again. The last step renames the file to `path`, and then removes the journal. One process at a time writes an output.
 */
export class ResumableOutput<Progress extends object> {
  /** The progress that the journal records. */
  progress: Progress;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lock: PathLock;
  readonly #ingredients: Ingredients;
  #bytes: number;

  private constructor(
    path: string,
    { file, lock }: { file: FileHandle; lock: PathLock },
    { ingredients, bytes, progress }: { ingredients: Ingredients; bytes: number; progress: object },
  ) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
    this.#ingredients = ingredients;
    this.#bytes = bytes;
    this.progress = progress as Progress;
  }

  /**
   * Starts or resumes an output. Returns only its progress when it is complete and just its journal was left, which is then removed.
   * @throws {UsageError} when the output already exists, or unfinished output was made with different settings or is damaged.
   * @throws {OutputError} when it cannot be written, or another process is writing it.
   */
  static async open<Progress extends object>(
    path: string,
    options: ResumableOutputOptions<Progress>,
  ): Promise<ResumableOutput<Progress> | Progress> {
    const lock = await lockPath(path, `${path}.in-use-by-`).catch((cause: Error) => {
      throw new OutputError('cannot-write', cause.message, { cause });
    });
    let output: ResumableOutput<Progress> | Progress | undefined;
    try {
      output = await ResumableOutput.#open(path, lock, options);
      return output;
    } finally {
      if (!(output instanceof ResumableOutput)) await lock.release();
    }
  }

  static async #open<Progress extends object>(
    path: string,
    lock: PathLock,
    { ingredients, start, restart, overwrite }: ResumableOutputOptions<Progress>,
  ): Promise<ResumableOutput<Progress> | Progress> {
    const partial = `${path}.partial`;
    if (restart) await rm(journalOf(path), { force: true });
    const journal = await readJournal(path);
    if (journal !== undefined) {
      refuseOthers(path, journal.ingredients, ingredients);
      const isWhole = !existsSync(partial) && (await sizeOf(path)) === journal.bytes;
      if (isWhole) {
        await rm(journalOf(path));
        return journal.progress as Progress;
      }
      if ((await sizeOf(partial)) < journal.bytes)
        throw new UsageError(
          'usage',
          `${partial}: is missing, or shorter than the ${journal.bytes} bytes that its journal records; use --restart to start over`,
        );
    }
    if (existsSync(path) && !overwrite)
      throw new UsageError('usage', `${path}: already exists; use --overwrite, or another --output`);
    return writing(path, async () => {
      await removePartialsOf(journalOf(path));
      const file = await open(partial, journal === undefined ? 'w' : 'r+');
      const output = new ResumableOutput<Progress>(
        path,
        { file, lock },
        journal ?? { ingredients, bytes: 0, progress: start },
      );
      if (journal === undefined) await output.#writeJournal();
      else await file.truncate(journal.bytes);
      return output;
    });
  }

  /**
   * Appends a piece and syncs it to disk.
   * @throws {OutputError} when it cannot be written; the pieces before it are kept.
   */
  async append(piece: string, progress: Progress): Promise<void> {
    await writing(this.#path, async () => {
      await this.#lock.assertHeld();
      const bytes = Buffer.from(piece);
      for (let done = 0; done < bytes.length; )
        done += (await this.#file.write(bytes, done, bytes.length - done, this.#bytes + done)).bytesWritten;
      await this.#file.datasync();
      this.#bytes += bytes.length;
      this.progress = progress;
      await this.#writeJournal();
    });
  }

  /** Renames the file to its final name and releases it. */
  async finish(): Promise<void> {
    await this.#file.close();
    await writing(this.#path, async () => {
      await rename(`${this.#path}.partial`, this.#path);
      await syncDirectory(dirname(this.#path));
      await rm(journalOf(this.#path));
    });
    await this.close();
  }

  /** Releases the output, complete or not. May be called twice. */
  async close(): Promise<void> {
    await this.#file.close();
    await this.#lock.release();
  }

  async #writeJournal(): Promise<void> {
    const journal: Journal = {
      format: 1,
      ingredients: { ...this.#ingredients },
      bytes: this.#bytes,
      progress: this.progress as Record<string, unknown>,
    };
    await writeFileAtomically(journalOf(this.#path), `${JSON.stringify(journal, null, 2)}\n`);
  }
}

const journalOf = (path: string): string => `${path}.partial.json`;

const readJournal = async (path: string): Promise<Journal | undefined> => {
  const journal = journalOf(path);
  if (!existsSync(journal)) return undefined;
  try {
    return journalSchema.parse(JSON.parse(await readFile(journal, 'utf8')));
  } catch (cause) {
    throw new UsageError(
      'usage',
      `${journal}: is not the journal of an unfinished output; use --restart to start over`,
      {
        cause,
      },
    );
  }
};

const refuseOthers = (path: string, before: Ingredients, now: Ingredients): void => {
  const changed = Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]);
  if (changed.length === 0) return;
  const differences = changed.map((name) => `${name} was ${before[name]}, now ${now[name]}`).join('; ');
  throw new UsageError(
    'usage',
    `${path}: was started with different settings: ${differences}. Use the same settings, or --restart.`,
  );
};

/** Returns the size of a file, -1 when it is not there. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => -1,
  );

const writing = async <Result>(path: string, write: () => Promise<Result>): Promise<Result> => {
  try {
    return await write();
  } catch (error) {
    if (error instanceof FileError && error.code === 'lost-lock')
      throw new OutputError('cannot-write', error.problem, { cause: error });
    const cause = error instanceof FileError ? (error.cause as Error) : (error as Error);
    throw new OutputError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  }
};
