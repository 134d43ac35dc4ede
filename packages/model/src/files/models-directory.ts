import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockPath, type PathLock, partialPathOf, removePartials, writeFileAtomically } from '@recsys/data/node';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { type CurrentVersion, currentFile, readCurrentVersion, versionPattern } from './current-version.js';
import { parseJsonFile } from './json-file.js';
import { artifactFiles } from './model-directory.js';
import { readVerifiedDirectory, writeVerifiedDirectory } from './verified-directory.js';

const versionFile = 'version.json';

const versionSchema = z.strictObject({
  format: z.literal(1),
  /** The version that was current before. */
  replaces: z.string().regex(versionPattern, 'is not the name of a version').nullable(),
  about: z.record(z.string(), z.unknown()),
});

/** A published model. */
export interface ModelVersion {
  /** Such as `version-000012`. */
  readonly name: string;
  /** Where its files are: a saved model. */
  readonly directory: string;
  /** The version that was current before it, which a rollback goes back to; null for the first. */
  readonly replaces: string | null;
  /** What `publish` was told of it. */
  readonly about: Readonly<Record<string, unknown>>;
}

/**
 * A folder of published models: a saved model `version-000001`, … for each, and `current.json`, which names the one to use. Whatever takes the path
 * of a saved model takes that of the folder too, and gets the current version; `@recsys/serve` follows it from one version to the next.
 *
 * A version is written aside, renamed when it is whole, checked by its checksums, and becomes current in one step. So a process that is killed
 * leaves the version before or the new one, never a part. One process at a time changes the folder.
 *
 * @example
 * const models = await ModelsDirectory.open('models');
 * try {
 *   await models.publish(await modelArtifacts(model), { trainedOn: '2026-10-01' });
 *   await models.prune(7);
 * } finally {
 *   await models.release();
 * }
 */
export class ModelsDirectory {
  readonly path: string;
  readonly #lock: PathLock;
  #current: CurrentVersion | undefined;

  private constructor(path: string, lock: PathLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Opens a folder, which is made if it is not there, and locks it until `release`. A version that was written, but not made current because its
   * process was killed, is made current now; what was half-written is removed.
   * @throws {CheckpointError} `cannot-write`; `other-run` when it is the directory of a run or of a saved model; `damaged` when `current.json` is.
   * @throws {FileError} `in-use` when a live process has opened it.
   */
  static async open(path: string): Promise<ModelsDirectory> {
    await mkdir(path, { recursive: true }).catch(cannotWrite(path));
    const own = ['config.json', 'model.json'].find((name) => existsSync(join(path, name)));
    if (own !== undefined)
      throw new CheckpointError('other-run', `${path}: holds a run or a saved model (${own}); choose another folder.`);
    const models = new ModelsDirectory(path, await lockPath(path, join(path, 'in-use-by-')));
    try {
      await removePartials(path).catch(cannotWrite(path));
      models.#current = await readCurrentVersion(path);
      await models.#finishPublishing();
    } catch (error) {
      await models.release();
      throw error;
    }
    return models;
  }

  /** Lets other processes open the folder. */
  release(): Promise<void> {
    return this.#lock.release();
  }

  /**
   * Returns the current version; undefined before the first.
   * @throws {CheckpointError} `damaged` when its files are.
   */
  async current(): Promise<ModelVersion | undefined> {
    return this.#current && this.#read(this.#current.version);
  }

  /** Returns the names of the versions, newest first. */
  async names(): Promise<string[]> {
    const names = await readdir(this.path).catch(cannotWrite(this.path));
    return names.filter((name) => versionPattern.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
  }

  /**
   * Writes a model as a new version, and makes it the current one.
   *
   * @param artifacts of `modelArtifacts`.
   * @param about what to know of it later, as JSON.
   * @throws {CheckpointError} `cannot-write`; the version before stays the current one then.
   * @throws {FileError} `cannot-write`, too; `lost-lock` when another process has taken the folder over.
   */
  async publish(artifacts: tf.io.ModelArtifacts, about: Readonly<Record<string, unknown>> = {}): Promise<ModelVersion> {
    await this.#lock.assertHeld();
    const number = 1 + (await this.#newest());
    const name = `version-${String(number).padStart(6, '0')}`;
    const replaces = this.#current?.version ?? null;
    const version = JSON.stringify({ format: 1, replaces, about });
    await writeVerifiedDirectory(join(this.path, name), { ...artifactFiles(artifacts), [versionFile]: version });
    const published = await this.#read(name); // as it is on the disk
    await this.#use(name, number);
    return published;
  }

  /**
   * Makes the version before the current one current again. The one that it takes back stays in the folder, and is not used again by itself.
   * @returns the version that is current now.
   * @throws {CheckpointError} `no-run` when there is none before; `damaged` when its files are.
   */
  async rollBack(): Promise<ModelVersion> {
    if (this.#current === undefined) throw new CheckpointError('no-run', `${this.path}: holds no version yet`);
    const { version } = this.#current;
    const { replaces } = await this.#about(version); // its other files may be damaged, which is why it is taken back
    if (replaces === null)
      throw new CheckpointError('no-run', `${this.path}: ${version} is the first version; there is none before it`);
    const before = await this.#read(replaces);
    await this.#use(before.name, await this.#newest());
    return before;
  }

  /**
   * Removes old versions: all but the newest, the current one, and the one before it, which a rollback needs.
   *
   * @param keep how many of the newest are kept, >= 1.
   * @returns the names of those that were removed. One that cannot be removed now is tried again the next time.
   */
  async prune(keep: number): Promise<string[]> {
    const names = await this.names();
    const version = this.#current?.version;
    const before = version === undefined ? null : (await this.#about(version)).replaces;
    const needed = new Set([...names.slice(0, keep), version, before]);
    const removed: string[] = [];
    for (const name of names.filter((own) => !needed.has(own))) {
      const directory = join(this.path, name);
      const aside = partialPathOf(directory); // no version is ever there in part
      const isAside = await rename(directory, aside).then(
        () => true,
        () => false,
      );
      if (!isAside) continue;
      removed.push(name);
      await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    }
    return removed;
  }

  /** Returns a version whose files are whole. */
  async #read(name: string): Promise<ModelVersion> {
    const directory = join(this.path, name);
    const files = await readVerifiedDirectory(directory);
    const { replaces, about } = parseJsonFile(directory, versionFile, files, versionSchema);
    return { name, directory, replaces, about };
  }

  /** Returns what a version says of itself; its other files are not read. */
  async #about(name: string): Promise<z.output<typeof versionSchema>> {
    const directory = join(this.path, name);
    const path = join(directory, versionFile);
    const content = await readFile(path).catch((cause: Error) => {
      throw new CheckpointError('damaged', `${path}: cannot be read: ${cause.message}`, { cause });
    });
    return parseJsonFile(directory, versionFile, new Map([[versionFile, content]]), versionSchema);
  }

  /** Returns the number of the newest version that is, or was, in the folder. */
  async #newest(): Promise<number> {
    return Math.max(this.#current?.newest ?? 0, ...(await this.names()).map(numberOf));
  }

  async #use(version: string, newest: number): Promise<void> {
    await this.#lock.assertHeld();
    const current: CurrentVersion = { format: 1, version, newest };
    await writeFileAtomically(join(this.path, currentFile), `${JSON.stringify(current)}\n`);
    this.#current = current;
  }

  /** A version is only written when it is to be current: makes one that was never so, because its process was killed, current now. */
  async #finishPublishing(): Promise<void> {
    for (const name of await this.names()) {
      if (numberOf(name) <= (this.#current?.newest ?? 0)) return;
      const isWhole = await this.#read(name).then(
        () => true,
        () => false,
      );
      if (isWhole) return this.#use(name, numberOf(name));
    }
  }
}

const numberOf = (name: string): number => Number(name.slice('version-'.length));

/** Returns a function that throws an error of the file system as one of the folder. */
const cannotWrite =
  (path: string) =>
  (cause: Error): never => {
    throw new CheckpointError('cannot-write', `${path}: cannot be used: ${cause.message}`, { cause });
  };
