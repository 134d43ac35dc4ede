import { describe, expect, it } from 'vitest';
import { shownWidth, wrapText } from './wrap.js';

describe('wrapText', () => {
  it('leaves a line that fits as it is', () => {
    expect(wrapText('a · b', { width: 80, indent: 9 })).toEqual(['a · b']);
    expect(wrapText('x'.repeat(500), { width: Number.POSITIVE_INFINITY, indent: 9 })).toHaveLength(1);
  });

  it('breaks between parts before it breaks in one', () => {
    expect(wrapText('three thousand users · four hundred items', { width: 32, indent: 4 })).toEqual([
      'three thousand users',
      '    four hundred items',
    ]);
    expect(wrapText('loss 1.4277  NDCG@10 0.0149  best so far', { width: 34, indent: 2 })).toEqual([
      'loss 1.4277  NDCG@10 0.0149',
      '  best so far',
    ]);
  });

  it('breaks a long part between words, and never a word, so that a path can be copied', () => {
    const path = `/${'folder/'.repeat(10)}file.csv`;
    const lines = wrapText(`the file ${path} has no column of users`, { width: 40, indent: 2 });
    expect(lines).toEqual(['the file', `  ${path}`, '  has no column of users']);
  });

  it.each([40, 53, 80, 100])('keeps all words in order, in lines of at most %i columns', (width) => {
    const words = Array.from({ length: 60 }, (_, i) => 'w'.repeat(1 + ((i * 7) % 15)));
    const text = words.map((word, i) => (i % 7 === 3 ? `${word} ·` : word)).join(' ');
    const lines = wrapText(text, { width, indent: 9 });
    for (const line of lines) expect(shownWidth(line)).toBeLessThanOrEqual(width);
    expect(lines.join(' ').match(/w+/g)).toEqual(words);
  });

  it('counts columns without colours', () => {
    expect(shownWidth('\u001b[32mgreen\u001b[39m')).toBe(5);
  });
});
