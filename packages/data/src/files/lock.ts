import { readFileSync, readlinkSync } from 'node:fs';
import { open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errors.js';

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

/** How often a mark is renewed, and how long one counts that is not, in milliseconds. */
const [renewalMs, leaseMs] = [10_000, 60_000];

/**
 * Marks a directory or file as in use by this process, until `release` is called or the process ends in any way.
 *
 * Each process creates its own mark, an empty file that names the process, and then looks for the marks of others. Two processes that start at
 * the same time may both be refused, but never both succeed. The mark of a process that has ended is removed by the next one. Whether a process
 * runs can be seen on the same machine, and in the same container; the mark of another one is a lease, which its process renews every 10
 * seconds, and which another may take over after 60.
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
export const lockPath = async (path: string, marks: string): Promise<PathLock> => {
  const [directory, prefix] = [dirname(marks), basename(marks)];
  const inUse = (mark: string) =>
    new FileError(
      'in-use',
      `${path}: is in use by process ${mark.slice(prefix.length)}. If that process is gone, remove ${join(directory, mark)}.`,
    );
  const mine = `${prefix}${ownMark()}`;
  const own = join(directory, mine);
  try {
    await (await open(own, 'wx')).close();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inUse(mine);
    throw new FileError('cannot-write', `${path}: cannot be written: ${message}`, { cause });
  }
  const renewal = setInterval(() => utimes(own, new Date(), new Date()).catch(() => undefined), renewalMs).unref();
  const release = () => {
    clearInterval(renewal);
    return rm(own, { force: true });
  };
  const names = await readdir(directory).catch(async (cause: Error) => {
    await release();
    throw new FileError('cannot-write', `${path}: cannot be read: ${cause.message}`, { cause });
  });
  for (const other of names.filter((name) => name.startsWith(prefix) && name !== mine)) {
    if (await isLive(join(directory, other), { mark: other.slice(prefix.length), own })) {
      await release();
      throw inUse(other);
    }
    await rm(join(directory, other), { force: true, recursive: true });
  }
  const assertHeld = async () => {
    await stat(own).catch((cause) => {
      throw new FileError('lost-lock', `${path}: is no longer this process's own: another one has taken it over`, {
        cause,
      });
    });
  };
  return { assertHeld, release };
};

/** Names this process: its id and start, its container (Linux: the namespace of its process id), and its machine. */
const ownMark = (): string => {
  const parts = [process.pid, startOf(process.pid), ownNamespace() && `ns${ownNamespace()}`];
  return `${parts.filter((part) => part !== undefined && part !== '').join('-')}@${hostname()}`;
};

/** Returns the number of the namespace that process ids are counted in; '' if the system has none. */
const ownNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
};

/** Returns whether the process of a mark is running, as far as can be seen from here; else whether its lease counts. */
const isLive = async (path: string, { mark, own }: { mark: string; own: string }): Promise<boolean> => {
  const [, pid, start = '', namespace = ownNamespace(), host] = /^(\d+)(?:-(\d+))?(?:-ns(\d+))?@(.*)$/.exec(mark) ?? [];
  if (pid !== undefined && host === hostname() && namespace === ownNamespace()) {
    const startNow = startOf(Number(pid));
    return startNow === undefined ? false : startNow === start;
  }
  // Both times are of the disk's clock, which may not be that of this machine.
  const times = await Promise.all([path, own].map((file) => stat(file))).catch(() => undefined);
  return times !== undefined && times[1].mtimeMs - times[0].mtimeMs < leaseMs;
};

/**
 * Returns when a process started, which tells it from a later process with the same id: '' if the system does not say, undefined if there is no
 * such process.
 */
const startOf = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    // Linux, proc(5): after the name in parentheses come the state, 'Z' for one that has ended, and as the 20th the start in clock ticks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return '';
  }
};
