import { describe, expect, it } from 'vitest';
import {
  clean,
  durationText,
  formatDifference,
  formatPercent,
  formatPhraseP,
  html,
  listOf,
  raw,
  shortened,
  table,
} from './index.js';

describe('html', () => {
  it('escapes values in elements and attributes, and leaves pieces as they are', () => {
    const text = `<b a="1">'&`;
    expect(html`<p title="${text}">${text}${html`<i>${1}</i>`}${raw('<br>')}${undefined}${false}</p>`.text).toBe(
      '<p title="&lt;b a=&quot;1&quot;&gt;&#39;&amp;">&lt;b a=&quot;1&quot;&gt;&#39;&amp;<i>1</i><br></p>',
    );
  });

  it('joins lists, and the pieces in them', () => {
    expect(html`${['<', html`<br>`, [2]]}`.text).toBe('&lt;<br>2');
  });

  it('replaces what a page has no place for', () => {
    expect(clean('a\u0000\u0085\ud800b\u202ec\n\td 🎬 é')).toBe('a\ufffd\ufffd\ufffdb\ufffdc d 🎬 é');
  });
});

describe('shortened', () => {
  it('cuts between characters', () => {
    expect(shortened('🎬🎬🎬🎬', 3)).toBe('🎬🎬…');
    expect(shortened('abc', 3)).toBe('abc');
  });
});

describe('table', () => {
  it('has headings for columns and rows, and can be scrolled by keyboard', () => {
    const { text } = table(
      [{ name: '<a>', value: 1 }],
      [
        { title: 'Name', cell: ({ name }) => name },
        { title: 'Value', cell: ({ value }) => value, isNumber: true },
      ],
      { label: 'Values', rowClass: () => 'first' },
    );
    expect(text).toContain('<div class="scroll" role="region" aria-label="Values" tabindex="0">');
    expect(text).toContain('<th scope="col">Name</th><th scope="col" class="number">Value</th>');
    expect(text).toContain('<tr class="first"><th scope="row">&lt;a&gt;</th><td class="number">1</td></tr>');
  });
});

describe('formats', () => {
  it('write numbers as a reader expects them', () => {
    expect(formatDifference({ value: -0.01, low: -0.02, high: 0.004 })).toBe('−0.0100 [−0.020, +0.004]');
    expect([0.0009, 0.04].map(formatPhraseP)).toEqual(['p < 0.001', 'p = 0.040']);
    expect([0, 0.00123, 0.0512, 0.5].map(formatPercent)).toEqual([
      '0.0\u00a0%',
      '0.12\u00a0%',
      '5.1\u00a0%',
      '50\u00a0%',
    ]);
    expect([3.21, 95, 600, 9000].map(durationText)).toEqual(['3.2 seconds', '95 seconds', '10 minutes', '2.5 hours']);
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listOf)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
});
