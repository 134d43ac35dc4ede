import { DataError } from '../../errors.js';
import { assertLineLength } from '../../files/lines.js';

/**
 * Yields the text of each element of a JSON array, a chunk of them at a time. It finds only where elements end; `JSON.parse` decides whether they are
 * valid, several times as fast as a parser that is given text in pieces. Memory grows with the longest element.
 *
 * @throws {DataError} `bad-data` on text that is not one array, `line-too-long` on an element of more than 16 Mi characters.
 */
export async function* elementsOf(
  name: string,
  chunks: AsyncIterable<string>,
): AsyncGenerator<string[], void, undefined> {
  /** Number of brackets that are open. The elements are at depth 1. */
  let depth = 0;
  let [isInString, isEscaped, isOver] = [false, false, false];
  let pieces: string[] = [];
  let [length, count] = [0, 0];
  for await (const chunk of chunks) {
    const elements: string[] = [];
    let start = 0;
    const endElement = (end: number, isLast: boolean) => {
      const element = pieces.join('') + chunk.slice(start, end);
      [pieces, length, start] = [[], 0, end + 1];
      if (isLast && count === 0 && element.trim() === '') return; // `[]`
      elements.push(element);
      count += 1;
    };
    const marks = /["\\[\]{},]/g;
    if (isEscaped) marks.lastIndex = 1;
    isEscaped = false;
    for (let found = marks.exec(chunk); found !== null && !isOver; found = marks.exec(chunk)) {
      const { 0: mark, index } = found;
      if (isInString) {
        if (mark === '"') isInString = false;
        else if (mark === '\\') {
          marks.lastIndex = index + 2;
          isEscaped = index === chunk.length - 1;
        }
      } else if (mark === '"') isInString = true;
      else if (mark === '[' || mark === '{') {
        depth += 1;
        if (depth > 1) continue;
        if (mark === '{' || chunk.slice(0, index).trim() !== '') throw notArray(name);
        start = index + 1;
      } else if (mark === ']' || mark === '}') {
        depth -= 1;
        if (depth === 0) {
          isOver = true;
          endElement(index, true);
        }
      } else if (mark === ',' && depth === 1) endElement(index, false);
    }
    yield elements;
    const rest = chunk.slice(start);
    if (isOver) assertNothing(name, rest);
    else if (depth > 0) {
      pieces.push(rest);
      length += rest.length;
      assertLineLength(name, length);
    } else if (chunk.trim() !== '') throw notArray(name);
  }
  if (depth === 0 && !isOver) throw notArray(name);
  if (!isOver) throw new DataError('bad-data', `${name}: ends within the JSON array; it is cut off`);
}

const notArray = (name: string): DataError =>
  new DataError('bad-data', `${name}: is not a JSON array of objects, [{…}, {…}]`);

const assertNothing = (name: string, rest: string): void => {
  if (rest.trim() !== '') throw new DataError('bad-data', `${name}: has text after the end of the JSON array`);
};
