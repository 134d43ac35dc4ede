import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readMark } from './lease.js';
import { isRunning } from './process-mark.js';

/** A mark that `lockPath` left at a path. */
export interface LockMark {
  /** The process, as its mark names it. */
  readonly owner: string;
  /** Whether it runs; undefined if that cannot be seen from here, as on another machine. */
  readonly isRunning: boolean | undefined;
  /** What is in the mark. A process that runs changes it at least every 50 seconds. */
  readonly text: string;
}

/**
 * Returns the marks at a path, to see whether another process uses it. Nothing is written, and nothing is waited for.
 *
 * @param marks beginning of the paths of all marks, as `lockPath` takes it.
 * @example
 * const marks = await lockMarks('runs/movies/in-use-by-');
 * marks.some(({ isRunning }) => isRunning); // whether a process of this machine trains in it
 */
export const lockMarks = async (marks: string): Promise<LockMark[]> => {
  const [directory, prefix] = [dirname(marks), basename(marks)];
  const names = await readdir(directory).catch(() => [] as string[]);
  const found = await Promise.all(
    names
      .filter((name) => name.startsWith(prefix))
      .map(async (name) => ({ name, text: await readMark(join(directory, name)) })),
  );
  return found.flatMap(({ name, text }) => {
    const owner = name.slice(prefix.length);
    return text === undefined ? [] : [{ owner, isRunning: isRunning(owner), text }];
  });
};
