import { readFileSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errors.js';

/** A path that this process holds. */
export interface PathLock {
  release(): Promise<void>;
}

/**
 * Marks a directory, or a file that is being written, as in use by this process until `release`, or until the process ends, however it ends.
 *
 * Each process has a mark of its own, an empty file that names it, and looks for those of others after it has made it: so two that begin at
 * once may both be refused, but never both go on, and a dead process's mark can be removed by anyone.
 *
 * @param marks what the paths of marks begin with, the same for all who want this path: `run/in-use-by-`.
 * @throws {FileError} when a live process uses the path, or the mark cannot be written.
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

/** Returns whether a mark's process lives, as far as can be told: one of another machine is taken to. */
const isLive = (mark: string): boolean => {
  const [, pid, start = '', host] = /^(\d+)(?:-(\d+))?@(.*)$/.exec(mark) ?? [];
  if (pid === undefined || host !== hostname()) return true;
  const startNow = startOf(Number(pid));
  return startNow === undefined ? false : startNow === start;
};

/**
 * Returns when a process started, which tells it from a later one of the same number; '' where the system does not say; undefined when no such
 * process lives.
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
