import { appendFile, mkdir, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserSequences } from '@recsys/data';
import { lockPath, type PathLock, removePartials, sha256Of, writeFileAtomically } from '@recsys/data/node';
import { CheckpointError } from '@recsys/model';
import { checkpointNames, checkpointsOf, readVerifiedDirectory, writeVerifiedDirectory } from '@recsys/model/node';
import { z } from 'zod';
import { type Checkpoint, checkpointFiles, readCheckpointFiles } from './checkpoint.js';

const configSchema = z.looseObject({ format: z.literal(1) });

/** A checkpoint that was found damaged and passed over. */
export interface RefusedCheckpoint {
  readonly name: string;
  readonly reason: string;
}

/**
 * One training run on disk: `config.json` (what was asked for), `metrics.jsonl` (what came out, a line an epoch) and `checkpoints/`.
 * It holds no absolute path, so it can be moved. One process at a time trains in it; others may read it meanwhile.
 */
export class RunDirectory {
  readonly path: string;
  #lock: PathLock | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Starts a run in a new or empty directory, and takes it for training.
   * @throws {CheckpointError} when it already holds a run, is in use by a live process, or cannot be written.
   */
  static async create(path: string, config: object): Promise<RunDirectory> {
    const run = new RunDirectory(path);
    await mkdir(run.#checkpoints, { recursive: true }).catch((cause: Error) => {
      throw new CheckpointError('bad-checkpoint', `${path}: cannot be created: ${cause.message}`, { cause });
    });
    await run.lock();
    try {
      if ((await readdir(path)).includes('config.json')) {
        throw new CheckpointError(
          'bad-checkpoint',
          `${path}: already holds a run. Resume it, or choose another directory.`,
        );
      }
      await writeFileAtomically(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    } catch (error) {
      await run.release();
      throw error;
    }
    return run;
  }

  /**
   * Opens a run that was started before, to read it; `lock` it to go on with it.
   * @throws {CheckpointError} when the directory holds none.
   */
  static async open(path: string): Promise<RunDirectory> {
    await stat(join(path, 'config.json')).catch((cause: Error) => {
      throw new CheckpointError('bad-checkpoint', `${path}: holds no run (no config.json)`, { cause });
    });
    return new RunDirectory(path);
  }

  /**
   * Takes the run for training until `release`, and removes what a killed process left half-written.
   * @throws {CheckpointError} when a live process has it.
   */
  async lock(): Promise<void> {
    this.#lock = await lockPath(this.path, join(this.path, 'in-use-by-'));
    await removePartials(this.path);
    await removePartials(this.#checkpoints);
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /**
   * Returns what the run was asked for, as `create` was given it.
   * @throws {CheckpointError} when `config.json` cannot be read as it was written.
   */
  async config(): Promise<Record<string, unknown>> {
    const path = join(this.path, 'config.json');
    try {
      return configSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw new CheckpointError('bad-checkpoint', `${path}: is not the config of a run; the file is damaged`, {
        cause,
      });
    }
  }

  /**
   * Adds a line to the metrics log and returns the log's new length in bytes.
   * @throws {CheckpointError} when it cannot be written.
   */
  async log(record: object): Promise<number> {
    const path = join(this.path, 'metrics.jsonl');
    try {
      await appendFile(path, `${JSON.stringify(record)}\n`, { flush: true });
      return (await stat(path)).size;
    } catch (cause) {
      throw new CheckpointError('bad-checkpoint', `${path}: cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  /** Cuts the metrics log back to the length it had at a checkpoint; lines after it will be written again. */
  async cutLog(bytes: number): Promise<void> {
    const path = join(this.path, 'metrics.jsonl');
    const size = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    if (size > bytes) await truncate(path, bytes);
  }

  /** Writes a checkpoint, then removes those that neither it nor the one before it needs. */
  async saveCheckpoint(name: string, checkpoint: Checkpoint): Promise<void> {
    const directory = join(this.#checkpoints, name);
    // One of this name is a damaged one, or the work of a sitting that is now being done again.
    await rm(directory, { recursive: true, force: true });
    await writeVerifiedDirectory(directory, checkpointFiles(checkpoint));
    await this.#prune();
  }

  /**
   * Returns a checkpoint by name.
   * @throws {CheckpointError} naming the file that is missing or altered.
   */
  async readCheckpoint(name: string): Promise<Checkpoint> {
    const directory = join(this.#checkpoints, name);
    return readCheckpointFiles(directory, await readVerifiedDirectory(directory));
  }

  /**
   * Returns the newest checkpoint that is whole, and the newer ones that were refused; nothing when the run ended before its first checkpoint.
   * @throws {CheckpointError} when there are checkpoints and none can be read.
   */
  async latestCheckpoint(): Promise<
    { name: string; checkpoint: Checkpoint; refused: RefusedCheckpoint[] } | undefined
  > {
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
    throw new CheckpointError('bad-checkpoint', `${this.path}: has no checkpoint that can be read.${reasons}`);
  }

  get #checkpoints(): string {
    return checkpointsOf(this.path);
  }

  async #prune(): Promise<void> {
    const names = await checkpointNames(this.path);
    const needed = new Set(names.slice(0, 2));
    for (const name of names.slice(0, 2)) {
      const best = await this.readCheckpoint(name).then(
        ({ progress }) => progress.best,
        () => null,
      );
      if (best !== null) needed.add(best.checkpoint);
    }
    for (const name of names) {
      if (!needed.has(name)) await rm(join(this.#checkpoints, name), { recursive: true, force: true });
    }
  }
}

/** Returns the counts of sequences and the sha256 of them and their ids, which tell a resumed run that its data is the same. */
export const fingerprintOf = ({ offsets, ends, items, users, catalog }: UserSequences) => {
  return {
    fingerprint: sha256Of(offsets, ends, items, JSON.stringify([users.ids, catalog.ids])),
    users: users.ids.length,
    items: catalog.ids.length,
    interactions: items.length,
  };
};
