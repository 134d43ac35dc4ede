import { describe, expect, it } from 'vitest';
import { readInteractions } from '../index.js';
import { shownValue } from './shown-value.js';

/** A list in a list in a list …, too deep for `JSON.stringify`. */
const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

describe('shownValue', () => {
  it('is short for any value', () => {
    expect([undefined, null, 'n/a', 3n, [1], new Uint8Array(2), { a: 1 }, true].map(shownValue)).toEqual([
      'missing',
      'null',
      '"n/a"',
      '3',
      'a list',
      'binary data',
      'an object',
      'true',
    ]);
    expect(shownValue('x'.repeat(1e6))).toBe(`"${'x'.repeat(60)}"…`);
  });

  it('lets a reader refuse or skip an id that is nested without end', async () => {
    const lines = `{"user":${deep},"item":"a"}\n{"user":"b","item":"a"}\n`;
    const source = () => new Response(lines).body!;
    await expect(readInteractions(source(), { format: 'jsonl' })).rejects.toThrow('input:1: user is a list, not an id');
    const { size, skipped } = await readInteractions(source(), { format: 'jsonl', onError: 'skip' });
    expect([size, skipped]).toEqual([1, 1]);
  });
});
