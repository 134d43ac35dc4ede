import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { assertKnownOptions } from '@recsys/errors';
import { FileError } from '../errors.js';
import { Lease, longestLease, readMark, shortestLease, watchMark } from './lease.js';
import { isRunning, ownProcess } from './process-mark.js';

/** A path that is marked as in use by this process. */
export interface PathLock {
  /**
   * Checks that the path still is this process's own, before something is written that another process must not see.
   * @throws {FileError} `lost-lock` when another process has taken it over.
   */
  assertHeld(): Promise<void>;
  /** Removes the mark. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** Seconds after which a process on another machine may take over a mark that nobody renews, 0.1 .. 300. Default 60. */
  leaseSeconds?: number | undefined;
}

/**
 * Marks a directory or file as in use by this process, until `release` is called or the process ends in any way.
 *
 * Each process creates its own mark, a file that names the process, and then looks for the marks of others. Two processes that start at
 * the same time may both be refused, but never both succeed. The mark of a process that has ended is removed by the next one. Whether a process
 * runs can be seen on the same machine, and in the same container. The mark of another one is a lease, which its process renews six times in
 * `leaseSeconds`: it is watched, and refused as soon as it is renewed, or taken over if it is not. No clocks are compared.
 *
 * @param path what to lock; shown in errors.
 * @param marks beginning of the paths of all marks for this path, such as `run/in-use-by-`.
 * @throws {FileError} `in-use` when another process uses the path, `cannot-write` when the mark cannot be created.
 * @example
 * const lock = await lockPath('run', 'run/in-use-by-');
 * try {
 *   await train();
 * } finally {
 *   await lock.release();
 * }
 */
export const lockPath = async (path: string, marks: string, options: LockOptions = {}): Promise<PathLock> => {
  assertKnownOptions('lockPath', options, ['leaseSeconds'], { ErrorClass: FileError });
  const { leaseSeconds = 60 } = options;
  const leaseMs = Math.round(1000 * leaseSeconds);
  if (!(leaseMs >= shortestLease && leaseMs <= longestLease))
    throw new FileError('bad-option', `lockPath: leaseSeconds must be in 0.1..300, got ${leaseSeconds}`);
  const [directory, prefix] = [dirname(marks), basename(marks)];
  const mine = `${prefix}${ownProcess()}`;
  const inUse = (mark: string) =>
    new FileError(
      'in-use',
      `${path}: is in use by process ${mark.slice(prefix.length)}. If that process is gone, remove ${join(directory, mark)}.`,
    );
  const others = async () => {
    const names = await readdir(directory).catch((cause: Error) => {
      throw new FileError('cannot-write', `${path}: cannot be read: ${cause.message}`, { cause });
    });
    return names.filter((name) => name.startsWith(prefix) && name !== mine);
  };
  /** Marks of other machines that nobody renews, and their texts. */
  const silent = new Map<string, string>();
  const watch = async (mark: string) => {
    const running = isRunning(mark.slice(prefix.length));
    if (running === false) return;
    const text = running ? undefined : await watchMark(join(directory, mark));
    if (text === undefined) throw inUse(mark);
    silent.set(mark, text);
  };
  // Before there is a mark of this process: of two processes that wait for a third, the first to see its end takes over.
  await Promise.all((await others().catch(() => [])).map(watch));
  const lease = await Lease.create(join(directory, mine), leaseMs).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw inUse(mine);
    throw new FileError('cannot-write', `${path}: cannot be written: ${cause.message}`, { cause });
  });
  const assertHeld = async () => {
    if (await lease.isHeld()) return;
    throw new FileError('lost-lock', `${path}: is no longer this process's own: another one has taken it over`);
  };
  try {
    for (const mark of await others()) {
      const other = join(directory, mark);
      if (isRunning(mark.slice(prefix.length)) !== false) {
        const text = await readMark(other);
        if (text !== undefined && text !== silent.get(mark)) throw inUse(mark);
      }
      await rm(other, { force: true, recursive: true });
    }
    await assertHeld();
  } catch (error) {
    await lease.release();
    throw error;
  }
  return { assertHeld, release: () => lease.release() };
};
