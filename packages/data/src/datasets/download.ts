import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DataError } from '../errors.js';
import { sha256OfFile } from '../files/hash.js';

export interface DownloadOptions {
  /** Called with the bytes that are there and, where it is known, how many there will be. */
  onProgress?: (bytes: number, total: number | undefined) => void;
  /** Ends the download; what has come is kept for the next one. */
  signal?: AbortSignal;
  /** Times to try in a row without getting further, >= 1. Default 4. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled before each one after it. Default 500. */
  retryDelay?: number;
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. */
  stallTimeout?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * Downloads a file. It appears when it is whole. Until then its bytes are in a folder beside it, from which this or a later call goes on if the
 * server still has the same file; a folder belongs to one call at a time, so that two processes may download one file at once.
 *
 * @param options.sha256 of the file, in hexadecimal; checked where it is given.
 * @throws {DataError} naming the URL, when it cannot be fetched or is not the file it should be; naming the file, when it cannot be written.
 */
export const download = async (
  url: string,
  path: string,
  { sha256, ...options }: DownloadOptions & { sha256?: string | undefined } = {},
): Promise<void> => {
  const folder = await claimFolder(path).catch(notWritten(path));
  const bytes = join(folder, 'bytes');
  try {
    await fetchWhole(url, folder, options);
    const found = sha256 === undefined ? undefined : await sha256OfFile(bytes);
    if (found !== sha256) {
      await rm(bytes);
      throw new DataError('bad-data', `${url}: has the sha256 ${found}, expected ${sha256}; it was not kept`);
    }
    await rename(bytes, path).catch(notWritten(path));
    await rm(folder, { recursive: true });
  } catch (error) {
    await releaseFolder(folder, path);
    throw error;
  }
};

/** Why an attempt failed that is worth another one. */
class Interruption extends Error {}

const fetchWhole = async (url: string, folder: string, options: DownloadOptions): Promise<void> => {
  const { attempts = 4, retryDelay = 500, signal } = options;
  let furthest = await sizeOf(join(folder, 'bytes'));
  for (let failures = 0; ; ) {
    try {
      return await fetchRest(url, folder, options);
    } catch (cause) {
      signal?.throwIfAborted();
      if (!(cause instanceof Interruption)) throw cause;
      const size = await sizeOf(join(folder, 'bytes'));
      failures = size > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, size);
      if (failures >= attempts)
        throw new DataError('bad-data', `${url}: ${cause.message} (${attempts} attempts)`, { cause });
      await wait(retryDelay * 2 ** (failures - 1), undefined, signal && { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
};

/** Fetches what is not there yet of a file; all of it where the server has another one by now. */
const fetchRest = async (
  url: string,
  folder: string,
  { onProgress, signal, stallTimeout = 30_000, fetch = globalThis.fetch }: DownloadOptions,
): Promise<void> => {
  const stall = new AbortController();
  const timer = setTimeout(
    () => stall.abort(new Interruption(`no byte came for ${stallTimeout / 1000} s`)),
    stallTimeout,
  );
  const path = join(folder, 'bytes');
  const file = await open(path, 'a').catch(notWritten(path));
  try {
    const { size: before } = await file.stat();
    const validator = await validatorOf(folder, url);
    const resumes = before > 0 && validator !== undefined;
    const response = await fetch(url, {
      headers: resumes ? { range: `bytes=${before}-`, 'if-range': validator } : {},
      signal: signal === undefined ? stall.signal : AbortSignal.any([stall.signal, signal]),
    });
    const start = await startOf(response, { url, file, before });
    if (start === 0) {
      await file.truncate(0);
      const source = JSON.stringify(sourceOf(url, response.headers));
      await writeFile(join(folder, 'source.json'), source).catch(notWritten(path));
    }
    const total = totalOf(response, start);
    let size = start;
    onProgress?.(size, total);
    for await (const piece of response.body ?? []) {
      timer.refresh();
      await file.appendFile(piece).catch(notWritten(path));
      size += piece.length;
      onProgress?.(size, total);
    }
    if (total !== undefined && size !== total) throw new Interruption(`ended after ${size} of ${total} bytes`);
    await file.sync().catch(notWritten(path));
  } catch (cause) {
    if (cause instanceof DataError || cause instanceof Interruption) throw cause;
    if (stall.signal.aborted) throw stall.signal.reason;
    throw new Interruption(`cannot be fetched: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    stall.abort(); // an answer that is not read to its end would keep the connection
    await file.close();
  }
};

/** Returns the byte of the file that an answer begins with: 0, or the first that is missing. */
const startOf = async (
  { status, statusText, headers }: Response,
  { url, file, before }: { url: string; file: FileHandle; before: number },
): Promise<number> => {
  if (status === 200) return 0;
  const answer = `answers with ${status} ${statusText}`;
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${before}-`)) return before;
  if (status === 206 || status === 416) await file.truncate(0); // what is there does not fit the server's file
  if (status === 206 || status === 416 || status === 408 || status === 429 || status >= 500)
    throw new Interruption(answer);
  throw new DataError('bad-data', `${url}: ${answer}`);
};

/** Returns the size that a file will have, where the answer says it. Of one that is packed on its way only the packed size is known. */
const totalOf = ({ headers, status }: Response, start: number): number | undefined => {
  if (headers.has('content-encoding')) return undefined;
  const length = headers.get('content-length');
  const total = status === 206 ? headers.get('content-range')?.split('/')[1] : length;
  if (total && /^\d+$/.test(total)) return Number(total);
  return length === null ? undefined : start + Number(length);
};

/** What the bytes are of: they are gone on with only where both are as they were. */
interface Source {
  readonly url: string;
  /** A strong ETag, or else the date; none for what is packed on its way, whose bytes are not those of the server. */
  readonly validator: string | null;
}

const sourceOf = (url: string, headers: Headers): Source => {
  const tag = headers.get('etag');
  const validator = tag === null || tag.startsWith('W/') ? headers.get('last-modified') : tag;
  return { url, validator: headers.has('content-encoding') ? null : validator };
};

/** Returns the validator of the bytes in a folder, unless they are of another URL or cannot be gone on with. */
const validatorOf = async (folder: string, url: string): Promise<string | undefined> => {
  try {
    const source = JSON.parse(await readFile(join(folder, 'source.json'), 'utf8')) as Source;
    return source.url === url ? (source.validator ?? undefined) : undefined;
  } catch {
    return undefined; // none was written, or it was cut off
  }
};

let calls = 0;

/** Makes a folder of this call alone; of one that another call has left, by renaming it, which only one can. */
const claimFolder = async (path: string): Promise<string> => {
  calls += 1;
  const own = `${path}.${hostname()}-${process.pid}-${calls}.partial`;
  for (const left of await leftFolders(path)) {
    try {
      await rename(left, own);
      return own;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // else another was faster
    }
  }
  await mkdir(own);
  return own;
};

/** Returns the folders that failed calls have left, or calls of processes that are no more. */
const leftFolders = async (path: string): Promise<string[]> => {
  const [directory, file] = [dirname(path), basename(path)];
  const isLeft = (name: string): boolean => {
    if (name === `${file}.partial`) return true;
    if (!name.startsWith(`${file}.${hostname()}-`)) return false;
    const pid = /-(\d+)-\d+\.partial$/.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  };
  return (await readdir(directory)).filter(isLeft).map((name) => join(directory, name));
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** Leaves what has come to the next call, unless there is nothing, or another call has left its own. */
const releaseFolder = async (folder: string, path: string): Promise<void> => {
  const isEmpty = (await sizeOf(join(folder, 'bytes'))) === 0;
  const isLeft =
    !isEmpty &&
    (await rename(folder, `${path}.partial`).then(
      () => true,
      () => false,
    ));
  if (!isLeft) await rm(folder, { recursive: true, force: true });
};

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

const notWritten =
  (path: string) =>
  (cause: Error): never => {
    throw new DataError('bad-data', `${path}: cannot be written: ${cause.message}`, { cause });
  };

/** Returns the innermost reason of a failed fetch. */
const reasonOf = (error: unknown): string => {
  const { message, cause, code } = error as NodeJS.ErrnoException;
  return cause instanceof Error ? reasonOf(cause) : message || String(code);
};
