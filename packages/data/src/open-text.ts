import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from './errors.js';

/** A source of bytes, opened and decoded. */
export interface OpenText {
  /** The first line that is not empty, or as much of it as tells a format. */
  readonly firstLine: string;
  /** The whole text, in pieces of any size, without a byte-order mark. */
  readonly chunks: AsyncIterable<string>;
}

/** Characters after which a first line is taken for what it is, ended or not. */
const longestFirstLine = 2 ** 16;

/**
 * Opens a stream of bytes, unpacks gzip, and decodes UTF-8.
 * @throws {DataError} naming the source when it cannot be read, unpacked or decoded; also while the chunks are read.
 */
export const openText = async (name: string, source: Readable): Promise<OpenText> => {
  const chunks = decode(name, source)[Symbol.asyncIterator]();
  let head = '';
  let ended = false;
  while (!ended && !/\S.*[\r\n]/.test(head) && head.length < longestFirstLine) {
    const next = await chunks.next();
    if (next.done) ended = true;
    else head += next.value;
  }
  async function* all() {
    yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  return { firstLine: head.trimStart().split(/[\r\n]/, 1)[0]!, chunks: all() };
};

async function* decode(name: string, source: Readable): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const bytes = unpack(source);
  let lines = 1;
  try {
    for await (const chunk of bytes) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== '') yield text;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof DataError) throw cause;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new DataError(`${name}: is not valid UTF-8 at or after line ${lines}`, { cause });
    }
    if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR')
      throw new DataError(`${name}: is a damaged or cut-off gzip (${message})`, { cause });
    throw new DataError(`${name}: cannot be read: ${message}`, { cause });
  }
}

/** Yields the bytes of a stream, unpacked when they begin as gzip does. */
async function* unpack(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]();
  const head = await takeHead(chunks);
  const isGzip = head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
  const plain = joined(head, chunks);
  if (!isGzip) {
    yield* plain;
    return;
  }
  const output = new PassThrough();
  pipeline(plain, createGunzip(), output, () => undefined); // an error reaches the reader of `output`
  yield* output;
}

/** Returns the first bytes of a stream: at least two, unless it has fewer. */
const takeHead = async (chunks: AsyncIterator<unknown>): Promise<Uint8Array> => {
  let head = new Uint8Array(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, asBytes(next.value)]);
  }
  return head;
};

async function* joined(head: Uint8Array, rest: AsyncIterator<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield asBytes(next.value);
}

const asBytes = (chunk: unknown): Uint8Array =>
  typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
