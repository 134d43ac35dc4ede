import { appendFile, lstat, mkdir, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserSequences } from '@recsys/data';
import { lockPath, type PathLock, removePartials, sha256Of, writeFileAtomically } from '@recsys/data/node';
import { CheckpointError } from '@recsys/model';
import { checkpointNames, checkpointsOf, readVerifiedDirectory, writeVerifiedDirectory } from '@recsys/model/node';
import { z } from 'zod';
import { bestCheckpointIn, type Checkpoint, checkpointFiles, readCheckpointFiles } from './checkpoint.js';

const configSchema = z.looseObject({ format: z.literal(1) });

/** A damaged checkpoint that was skipped. */
export interface RefusedCheckpoint {
  readonly name: string;
  readonly reason: string;
}

/** The newest checkpoint of a run that is whole, and the newer ones that were refused. */
export interface LatestCheckpoint {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly refused: RefusedCheckpoint[];
}

/**
 * One training run on disk: `config.json` (its settings), `metrics.jsonl` (a line per epoch) and `checkpoints/`. It holds no absolute path,
 * so it can be moved. One process at a time trains in it; others may read it meanwhile.
 *
 * @example
 * const run = await RunDirectory.open('runs/movies');
 * const { fit } = await run.config();
 * const latest = await run.latestCheckpoint(); // { name: 'step-0000001200', checkpoint, refused: [] }
 */
export class RunDirectory {
  readonly path: string;
  #lock: PathLock | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Starts a run in a new or empty directory, and locks it.
   * @throws {CheckpointError} `other-run` when it already holds a run, `cannot-write`, `unsafe-path`.
   * @throws {FileError} `in-use` when a live process uses it.
   */
  static async create(path: string, config: object): Promise<RunDirectory> {
    const run = new RunDirectory(path);
    await mkdir(run.#checkpoints, { recursive: true }).catch((cause: Error) => {
      throw new CheckpointError('cannot-write', `${path}: cannot be created: ${cause.message}`, { cause });
    });
    await run.lock();
    try {
      if ((await readdir(path).catch(cannotWrite(path))).includes('config.json')) {
        throw new CheckpointError('other-run', `${path}: already holds a run. Resume it, or choose another directory.`);
      }
      await writeFileAtomically(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    } catch (error) {
      await run.release();
      throw error;
    }
    return run;
  }

  /**
   * Opens a run that was started before, to read it; `lock` it to train in it.
   * @throws {CheckpointError} `no-run` when the directory holds none.
   */
  static async open(path: string): Promise<RunDirectory> {
    const config = await stat(join(path, 'config.json')).catch((cause: Error) => {
      throw new CheckpointError('no-run', `${path}: holds no run (no config.json)`, { cause });
    });
    if (!config.isFile()) throw new CheckpointError('unsafe-path', `${path}/config.json: is not a regular file`);
    return new RunDirectory(path);
  }

  /**
   * Locks the run for training until `release`, and removes what a killed process left half-written. Training cuts and deletes files, so a run
   * whose log or checkpoints are symbolic links, which may lead anywhere, is refused.
   * @throws {CheckpointError} `unsafe-path`.
   * @throws {FileError} `in-use` when a live process uses the run.
   */
  async lock(): Promise<void> {
    await assertKind(this.#metricsFile, 'file');
    await assertKind(this.#checkpoints, 'folder');
    this.#lock = await lockPath(this.path, join(this.path, 'in-use-by-'));
    await removePartials(this.path).catch(cannotWrite(this.path));
    await removePartials(this.#checkpoints).catch(cannotWrite(this.#checkpoints));
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /**
   * Returns the settings of the run, as `create` was given them.
   * @throws {CheckpointError} `damaged` when `config.json` cannot be read as it was written.
   */
  async config(): Promise<Record<string, unknown>> {
    const path = join(this.path, 'config.json');
    try {
      return configSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw new CheckpointError('damaged', `${path}: is not the config of a run; the file is damaged`, {
        cause,
      });
    }
  }

  /**
   * Adds a line to the metrics log and returns the log's new length in bytes.
   * @throws {CheckpointError} `cannot-write`.
   */
  async log(record: object): Promise<number> {
    await this.#lock?.assertHeld();
    const path = this.#metricsFile;
    try {
      await appendFile(path, `${JSON.stringify(record)}\n`, { flush: true });
      return (await stat(path)).size;
    } catch (cause) {
      throw new CheckpointError('cannot-write', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  /** Returns the lines of the metrics log; what a killed process has left of a line is left out. */
  async readLog(): Promise<unknown[]> {
    const text = await readFile(this.#metricsFile, 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /**
   * Cuts the metrics log back to the length it had at a checkpoint; lines after it will be written again.
   * @throws {CheckpointError} `cannot-write`.
   */
  async cutLog(bytes: number): Promise<void> {
    const size = await stat(this.#metricsFile).then(
      ({ size }) => size,
      () => 0,
    );
    if (size > bytes) await truncate(this.#metricsFile, bytes).catch(cannotWrite(this.#metricsFile));
  }

  /** Writes a checkpoint, then removes those that neither it nor the one before it needs. */
  async saveCheckpoint(name: string, checkpoint: Checkpoint): Promise<void> {
    await this.#lock?.assertHeld();
    const directory = join(this.#checkpoints, name);
    // One of this name is damaged, or was written before training was resumed from an older one.
    await rm(directory, { recursive: true, force: true }).catch(cannotWrite(directory));
    await writeVerifiedDirectory(directory, checkpointFiles(checkpoint));
    await this.#prune();
  }

  /**
   * Returns a checkpoint by name.
   * @throws {CheckpointError} `damaged`, naming the file that is missing or altered.
   */
  async readCheckpoint(name: string): Promise<Checkpoint> {
    const directory = join(this.#checkpoints, name);
    return readCheckpointFiles(directory, await readVerifiedDirectory(directory));
  }

  /**
   * Returns the newest checkpoint that is whole, and the newer ones that were refused; nothing when the run ended before its first checkpoint.
   * @throws {CheckpointError} `damaged` when there are checkpoints and none can be read.
   */
  async latestCheckpoint(): Promise<LatestCheckpoint | undefined> {
    const refused: RefusedCheckpoint[] = [];
    const names = await checkpointNames(this.path);
    if (names.length === 0) return undefined;
    for (const name of names) {
      try {
        return { name, checkpoint: await this.readCheckpoint(name), refused };
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        refused.push({ name, reason: error.message });
      }
    }
    const reasons = refused.map(({ reason }) => ` ${reason}.`).join('');
    throw new CheckpointError('damaged', `${this.path}: has no checkpoint that can be read.${reasons}`);
  }

  get #checkpoints(): string {
    return checkpointsOf(this.path);
  }

  get #metricsFile(): string {
    return join(this.path, 'metrics.jsonl');
  }

  /** Removes old checkpoints. One that cannot be removed now, as on a network disk that holds it open, is tried again at the next. */
  async #prune(): Promise<void> {
    const names = await checkpointNames(this.path);
    const needed = new Set(names.slice(0, 2));
    for (const name of names.slice(0, 2)) {
      const training = await readFile(join(this.#checkpoints, name, 'training.json'), 'utf8').catch(() => '');
      const best = bestCheckpointIn(training);
      if (best !== undefined) needed.add(best);
    }
    for (const name of names) {
      if (!needed.has(name))
        await rm(join(this.#checkpoints, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Returns a function that throws an error of the file system as one of the run. */
const cannotWrite =
  (path: string) =>
  (cause: Error): never => {
    throw new CheckpointError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  };

/** Checks that a path, if it exists, is a regular file or a folder itself, not a link to one. */
const assertKind = async (path: string, kind: 'file' | 'folder'): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || (kind === 'file' ? found.isFile() : found.isDirectory())) return;
  throw new CheckpointError(
    'unsafe-path',
    `${path}: must be a ${kind === 'file' ? 'regular file' : 'folder'} for training, and is not`,
  );
};

/**
 * Returns the counts of sequences and the sha256 of them and their ids, by which a resumed run knows that its data is the same.
 * @example
 * fingerprintOf(split.train); // { fingerprint: '9f2c…', users: 6040, items: 3416, interactions: 987531 }
 */
export const fingerprintOf = ({ offsets, ends, items, users, catalog }: UserSequences) => {
  return {
    fingerprint: sha256Of(offsets, ends, items, JSON.stringify([users.ids, catalog.ids])),
    users: users.ids.length,
    items: catalog.ids.length,
    interactions: items.length,
  };
};
