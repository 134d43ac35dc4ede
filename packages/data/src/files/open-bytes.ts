import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from '../errors.js';
import { peek } from './peek.js';

/** A stream of bytes, unpacked. */
export interface OpenBytes {
  /** The first bytes, by which binary formats are recognised. At most `headSize` bytes. */
  readonly head: Uint8Array;
  /** All bytes, including the head, in chunks of any size. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Whether these are the bytes of the source itself: it was not packed. */
  readonly plain: boolean;
}

const headSize = 6;

/**
 * Opens a stream of bytes, and unpacks it if it is gzip.
 * @throws {DataError} naming the source, if it cannot be read or unpacked; also later, while the bytes are read.
 */
export const openBytes = async (name: string, source: Readable): Promise<OpenBytes> => {
  const packed = await takeHead(named(name, source));
  const isGzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b;
  return isGzip ? { ...(await takeHead(named(name, gunzip(packed.bytes)))), plain: false } : { ...packed, plain: true };
};

/**
 * Returns all bytes in one array.
 * @throws {DataError} with the message `tooMany`, as soon as there are more than `limit` bytes.
 */
export const collect = async (
  bytes: AsyncIterable<Uint8Array>,
  { limit = Number.POSITIVE_INFINITY, tooMany = '' } = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    pieces.push(piece);
    size += piece.length;
    if (size > limit) throw new DataError('bad-data', tooMany);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

const gunzip = (bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => {
  const output = new PassThrough();
  pipeline(bytes, createGunzip(), output, () => undefined); // an error reaches the reader of `output`
  return output;
};

/** Yields chunks as bytes. Errors name the source. */
async function* named(name: string, chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR')
      throw new DataError('bad-data', `${name}: is a damaged or cut-off gzip (${message})`, { cause });
    throw new DataError('bad-data', `${name}: cannot be read: ${message}`, { cause });
  }
}

/** Returns the first bytes of a source, and all of them. */
const takeHead = async (source: AsyncIterable<Uint8Array>): Promise<Omit<OpenBytes, 'plain'>> => {
  let size = 0;
  const { first, all } = await peek(source, (piece) => {
    size += piece.length;
    return size >= headSize;
  });
  return { head: Buffer.concat(first).subarray(0, headSize), bytes: all };
};
