import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DataError } from '../../errors.js';
import { peek } from '../../files/peek.js';
import type { Row } from '../row-sink.js';
import { listFiles } from './list-files.js';

/**
 * Where to read interactions from: the path of a file, or of a folder of shards, which are read in the order of their names, with the folders in it; an
 * http, https or file URL; a stream of bytes; or rows, such as a database cursor. Bytes may be plain, gzip or a zip archive.
 */
export type InteractionSource = string | URL | Readable | AsyncIterable<Row> | Iterable<Row>;

/** A file, stream or list of rows, with a name for errors. */
type SourcePart = FilePart | { readonly name: string; readonly rows: AsyncIterable<Row> | Iterable<Row> };

export interface FilePart {
  readonly name: string;
  /** Its path, if it is a file. */
  readonly path?: string;
  /** The keys in the names of its folders, such as `day=2026-10-01`. */
  readonly partitionKeys?: readonly string[];
  open(): Promise<Readable>;
}

/**
 * Returns the parts of a source: the files of a folder in the order of their names, or the source itself.
 * @param anyKind whether to take files with any file extension from a folder.
 * @throws {DataError} on a missing file, a folder that is empty or has other files, or a value that is not a source.
 */
export const listSources = async (
  source: InteractionSource,
  anyKind: boolean,
): Promise<{ name: string; parts: SourcePart[] }> => {
  if (source instanceof URL)
    return listSources(source.protocol === 'file:' ? fileURLToPath(source) : source.href, anyKind);
  if (typeof source === 'string') {
    if (source.startsWith('file://')) return listSources(new URL(source), anyKind);
    assertReadable(source);
    const parts = /^https?:\/\//.test(source)
      ? [{ name: source, open: () => openUrl(source) }]
      : (await listFiles(source, anyKind)).map(({ path, isRegular, partitionKeys }) => ({
          name: path,
          ...(isRegular && { path }),
          partitionKeys,
          open: async () => createReadStream(path, { highWaterMark: 2 ** 18 }),
        }));
    return { name: source, parts };
  }
  const name = 'input';
  if (source !== null && typeof source === 'object' && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    const {
      first: [first],
      all,
    } = await peek(source as AsyncIterable<unknown>, () => true).catch((cause: Error) => {
      if (cause instanceof DataError) throw cause;
      throw new DataError('bad-data', `input: cannot be read: ${cause.message}`, { cause });
    });
    if (typeof first === 'object' && first !== null && !(first instanceof Uint8Array))
      return { name, parts: [{ name, rows: all as AsyncIterable<Row> }] };
    return { name, parts: [{ name, open: async () => Readable.from(all) }] };
  }
  throw new DataError(
    'bad-data',
    `readInteractions: source must be a path, a URL, a stream of bytes or rows, got ${JSON.stringify(source) ?? String(source)}`,
  );
};

/** @throws {DataError} on a URL of something else than a file. It is not shown, as it may hold a password. */
const assertReadable = (source: string): void => {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1].toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql' || scheme === 'duckdb')
    throw new DataError(
      'bad-option',
      `readInteractions: the source is a database (${scheme}:); read the rows of a query instead: queryRows(database, query)`,
    );
  if (scheme !== undefined && source.includes('://') && !['http', 'https'].includes(scheme))
    throw new DataError('bad-option', `readInteractions: a URL must be http, https or file, got ${scheme}://`);
};

/** How long a server may send nothing, in milliseconds. */
const stallTimeout = 30_000;

/** Opens a URL. A server that sends nothing for a time is given up. */
const openUrl = async (url: string): Promise<Readable> => {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new Error(`no data for ${stallTimeout / 1000} s`)), stallTimeout);
  const response = await fetch(url, { signal: stall.signal }).catch((cause: Error) => {
    clearTimeout(timer);
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new DataError('bad-data', `${url}: cannot be fetched: ${reason}`, { cause });
  });
  if (!response.ok || response.body === null) {
    clearTimeout(timer);
    stall.abort();
    throw new DataError('bad-data', `${url}: the server answered ${response.status} ${response.statusText}`);
  }
  return Readable.from(untilStalled(response.body, timer));
};

async function* untilStalled(
  body: AsyncIterable<Uint8Array>,
  timer: NodeJS.Timeout,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of body) {
      timer.refresh();
      yield piece;
    }
  } finally {
    clearTimeout(timer);
  }
}
