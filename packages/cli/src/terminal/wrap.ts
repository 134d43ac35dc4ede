import { stripVTControlCharacters } from 'node:util';
import type { Output } from './style.js';

/** Returns how many columns a text takes, without its colours. */
export const shownWidth = (text: string): number => [...stripVTControlCharacters(text)].length;

/** Returns the columns that lines may take: those of a terminal; elsewhere lines are as long as they are, for `grep`. */
export const widthOf = ({ isTTY, columns }: Output): number =>
  isTTY === true && columns !== undefined && columns >= 40 ? columns : Number.POSITIVE_INFINITY;

/**
 * Returns text in lines of at most `width` columns. It breaks where parts end (` · `, or two spaces) if it can, else between words; a longer
 * word stays whole, so that a path can be copied.
 *
 * @param options.indent columns before each line but the first.
 */
export const wrapText = (text: string, { width, indent }: { width: number; indent: number }): string[] => {
  const room = Math.max(width - indent, 20);
  if (shownWidth(text) <= room) return [text];
  const lines: string[] = [];
  let line = '';
  const add = (separator: string, piece: string): boolean => {
    const longer = line === '' ? piece : `${line}${separator}${piece}`;
    if (line !== '' && shownWidth(longer) > room) return false;
    line = longer;
    return true;
  };
  const [first, ...rest] = text.split(/( · | {2,})/);
  const parts = [['', first], ...rest.flatMap((separator, i) => (i % 2 === 0 ? [[separator, rest[i + 1]]] : []))];
  for (const [separator, part] of parts) {
    if (shownWidth(part) <= room && add(separator, part)) continue;
    if (shownWidth(part) <= room) {
      lines.push(line);
      line = part;
      continue;
    }
    part.split(' ').forEach((word, i) => {
      if (add(i === 0 ? separator : ' ', word)) return;
      lines.push(line);
      line = word;
    });
  }
  return [...lines, line].map((own, i) => (i === 0 ? own : `${' '.repeat(indent)}${own}`));
};
