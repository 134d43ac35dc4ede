import { readFileSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errors.js';

/** A path that is marked as in use by this process. */
export interface PathLock {
  /** Removes the mark. */
  release(): Promise<void>;
}

/**
 * Marks a directory or file as in use by this process, until `release` is called or the process ends in any way.
 *
 * Each process creates its own mark, an empty file that names the process, and then looks for the marks of others. Two processes that start at
 * the same time may both be refused, but never both succeed. The mark of a process that has ended is removed by the next one.
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
  const mine = `${prefix}${processMark(process.pid, startOf(process.pid) ?? '')}`;
  const release = () => rm(join(directory, mine), { force: true });
  try {
    await (await open(join(directory, mine), 'wx')).close();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inUse(mine);
    throw new FileError('cannot-write', `${path}: cannot be written: ${message}`, { cause });
  }
  for (const other of (await readdir(directory)).filter((name) => name.startsWith(prefix) && name !== mine)) {
    if (isLive(other.slice(prefix.length))) {
      await release();
      throw inUse(other);
    }
    await rm(join(directory, other), { force: true });
  }
  return { release };
};

const processMark = (pid: number, start: string): string => `${pid}${start === '' ? '' : `-${start}`}@${hostname()}`;

/** Returns whether the process of a mark is running. A process on another machine is assumed to be. */
const isLive = (mark: string): boolean => {
  const [, pid, start = '', host] = /^(\d+)(?:-(\d+))?@(.*)$/.exec(mark) ?? [];
  if (pid === undefined || host !== hostname()) return true;
  const startNow = startOf(Number(pid));
  return startNow === undefined ? false : startNow === start;
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
