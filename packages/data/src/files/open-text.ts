import { DataError } from '../errors.js';
import { peek } from './peek.js';

/** A stream of bytes, decoded to text. */
interface OpenText {
  /** The first non-empty line, or as much of it as is needed to detect the format. */
  readonly firstLine: string;
  /** The whole text, in chunks of any size, without a byte-order mark. */
  readonly chunks: AsyncIterable<string>;
}

/** Most characters to read for the first line. */
const longestFirstLine = 2 ** 16;

/**
 * Decodes bytes as UTF-8.
 * @throws {DataError} naming the source, if it cannot be read, unpacked or decoded; also later, while the chunks are read.
 */
export const openText = async (name: string, bytes: AsyncIterable<Uint8Array>): Promise<OpenText> => {
  let head = '';
  const { all } = await peek(decode(name, bytes), (piece) => {
    head += piece;
    return /[\r\n]/.test(head.trimStart()) || head.length >= longestFirstLine;
  });
  return { firstLine: head.trimStart().split(/[\r\n]/, 1)[0], chunks: all };
};

async function* decode(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
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
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw cause;
    throw new DataError('bad-data', `${name}: is not valid UTF-8 at or after line ${lines}`, { cause });
  }
}
