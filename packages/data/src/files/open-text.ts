import { DataError } from '../errors.js';
import { peek } from './peek.js';

/** A source of bytes, opened and decoded. */
interface OpenText {
  /** The first line that is not empty, or as much of it as tells a format. */
  readonly firstLine: string;
  /** The whole text, in pieces of any size, without a byte-order mark. */
  readonly chunks: AsyncIterable<string>;
}

/** Characters after which a first line is taken for what it is, ended or not. */
const longestFirstLine = 2 ** 16;

/**
 * Decodes UTF-8.
 * @throws {DataError} naming the source when it cannot be read, unpacked or decoded; also while the chunks are read.
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
