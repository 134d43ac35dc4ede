import { DataError } from '../errors.js';

/** Most characters of a line. Without a limit, a file without line breaks would fill the memory. */
export const longestLine = 2 ** 24;

/** @throws {DataError} `line-too-long` for a line with more characters than `longestLine`. */
export const assertLineLength = (name: string, length: number): void => {
  if (length > longestLine)
    throw new DataError(
      'line-too-long',
      `${name}: has a line of more than ${longestLine} characters; is it a text file?`,
    );
};

/**
 * Yields the lines of a text: for each chunk those that end in it, and at last a line without a line break. Takes linear time and memory for
 * chunks and lines of any length.
 *
 * @throws {DataError} `line-too-long`.
 */
export async function* linesOf(name: string, chunks: AsyncIterable<string>): AsyncGenerator<string[], void, undefined> {
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf('\n');
    if (end < 0) {
      pieces.push(chunk);
      length += chunk.length;
      assertLineLength(name, length);
      continue;
    }
    yield (pieces.join('') + chunk.slice(0, end)).split('\n');
    pieces = [chunk.slice(end + 1)];
    length = pieces[0].length;
  }
  if (length > 0) yield [pieces.join('')];
}

/**
 * Calls `take` with each non-empty line and its number, from 1. A line may end in `\n` or `\r\n`.
 * @throws {DataError} `line-too-long`.
 */
export const forEachLine = async (
  name: string,
  chunks: AsyncIterable<string>,
  take: (line: string, number: number) => void,
): Promise<void> => {
  let number = 0;
  for await (const lines of linesOf(name, chunks)) {
    for (const line of lines) {
      number += 1;
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text !== '' && text.trim() !== '') take(text, number);
    }
  }
};
