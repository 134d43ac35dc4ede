import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DataError, type FileError } from '../errors.js';
import { sha256OfFile } from '../files/hash.js';
import { lockPath } from '../files/lock.js';

/** Options of a download. */
export interface DownloadOptions {
  /** Called with the number of bytes received so far, and with the total if it is known. */
  onProgress?: (bytes: number, total: number | undefined) => void;
  /** Aborts the download. The bytes received so far are kept, and the next download resumes from them. */
  signal?: AbortSignal;
  /** Attempts in a row without any progress before the download fails, >= 1. Default 4. */
  attempts?: number;
  /** Milliseconds to wait before the second attempt; doubled for each further one. Default 500. */
  retryDelay?: number;
  /** Milliseconds without a byte after which an attempt fails. Default 30,000. */
  stallTimeout?: number;
  /** Used instead of the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * Downloads a file, which appears when it is complete. Until then its bytes are in a folder beside it, and a later call resumes from them if the
 * server still has the same file. Only one call uses a folder at a time, so two processes can download the same file at once.
 *
 * @param options.sha256 expected sha256 of the file, in hexadecimal. Absent: it is not checked.
 * @throws {DataError} naming the URL, if it cannot be fetched or has another sha256; naming the file, if it cannot be written.
 */
export const download = async (
  url: string,
  path: string,
  { sha256, ...options }: DownloadOptions & { sha256?: string | undefined } = {},
): Promise<void> => {
  const folder = await claimFolder(path);
  const bytes = join(folder.path, 'bytes');
  try {
    await fetchWhole(url, folder.path, options);
    const found = sha256 === undefined ? undefined : await sha256OfFile(bytes);
    if (found !== sha256) {
      await rm(bytes);
      throw new DataError(
        'bad-data',
        `${url}: has the sha256 ${found}, expected ${sha256}; the download was discarded`,
      );
    }
    await rename(bytes, path).catch(notWritten(path));
  } finally {
    await folder.release();
  }
};

/** A failure after which another attempt may succeed. */
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

/** Fetches the missing rest of a file, or all of it if the server has another file now. */
const fetchRest = async (
  url: string,
  folder: string,
  { onProgress, signal, stallTimeout = 30_000, fetch = globalThis.fetch }: DownloadOptions,
): Promise<void> => {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new Interruption(`no data for ${stallTimeout / 1000} s`)), stallTimeout);
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
    stall.abort(); // a response that is not read to its end would keep the connection open
    await file.close();
  }
};

/** Returns the offset of a response in the file: 0, or the number of bytes that are already there. */
const startOf = async (
  { status, statusText, headers }: Response,
  { url, file, before }: { url: string; file: FileHandle; before: number },
): Promise<number> => {
  if (status === 200) return 0;
  const answer = `the server answered ${status} ${statusText}`;
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${before}-`)) return before;
  if (status === 206 || status === 416) await file.truncate(0); // the bytes so far are not of the server's file
  if (status === 206 || status === 416 || status === 408 || status === 429 || status >= 500)
    throw new Interruption(answer);
  throw new DataError('bad-data', `${url}: ${answer}`);
};

/** Returns the size of the whole file, if the response tells it. With a content encoding, only the encoded size is known. */
const totalOf = ({ headers, status }: Response, start: number): number | undefined => {
  if (headers.has('content-encoding')) return undefined;
  const length = headers.get('content-length');
  const total = status === 206 ? headers.get('content-range')?.split('/')[1] : length;
  if (total && /^\d+$/.test(total)) return Number(total);
  return length === null ? undefined : start + Number(length);
};

/** The file that bytes were received of. A download resumes only if both fields are unchanged. */
interface Source {
  readonly url: string;
  /** A strong ETag, or else the date. Null with a content encoding, because ranges then count other bytes. */
  readonly validator: string | null;
}

const sourceOf = (url: string, headers: Headers): Source => {
  const tag = headers.get('etag');
  const validator = tag === null || tag.startsWith('W/') ? headers.get('last-modified') : tag;
  return { url, validator: headers.has('content-encoding') ? null : validator };
};

/** Returns the validator of the bytes in a folder, or undefined if a download of this URL cannot resume from them. */
const validatorOf = async (folder: string, url: string): Promise<string | undefined> => {
  try {
    const source = JSON.parse(await readFile(join(folder, 'source.json'), 'utf8')) as Source;
    return source.url === url ? (source.validator ?? undefined) : undefined;
  } catch {
    return undefined; // it was not written, or only in part
  }
};

/** A folder for the bytes of a download. Only one call uses it at a time. */
interface DownloadFolder {
  readonly path: string;
  /** Ends the use of the folder. Bytes in the first folder are kept for the next call; other folders are removed. */
  release(): Promise<void>;
}

/** Returns the folder of the path, with the bytes of an earlier call if there are any; another folder if that one is in use. */
const claimFolder = async (path: string): Promise<DownloadFolder> => {
  for (let number = 1; ; number++) {
    const folder = number === 1 ? `${path}.partial` : `${path}.partial-${number}`;
    const lock = await lockPath(path, `${folder}.in-use-by-`).catch((cause: FileError) => {
      if (cause.code !== 'in-use') throw new DataError('bad-data', cause.message, { cause });
    });
    if (lock === undefined) continue;
    const release = async () => {
      const keeps = number === 1 && (await sizeOf(join(folder, 'bytes'))) > 0;
      if (!keeps) await rm(folder, { recursive: true, force: true });
      await lock.release();
    };
    try {
      await mkdir(folder, { recursive: true });
      return { path: folder, release };
    } catch (cause) {
      await release();
      throw notWritten(path)(cause as Error);
    }
  }
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

/** Returns the message of the innermost cause of an error. */
const reasonOf = (error: unknown): string => {
  const { message, cause, code } = error as NodeJS.ErrnoException;
  return cause instanceof Error ? reasonOf(cause) : message || String(code);
};
