import { describe, expect, it } from 'vitest';
import { jsonLine, printable } from './printable.js';

describe('printable', () => {
  it('escapes control characters and marks of text direction, and nothing else', () => {
    expect(printable('a\u001b[31m\u0007\u009b\u007f\n\t\u202e é 好 😀')).toBe(
      'a\\u001b[31m\\u0007\\u009b\\u007f\\n\\t\\u202e é 好 😀',
    );
  });

  it('jsonLine is read back as the same value', () => {
    const value = { item: 'a\u001b\u009b\u007f"\\é\u202e', list: [1, null] };
    const line = jsonLine(value);
    expect(line).toMatch(/^[ -~é]+\n$/);
    expect(JSON.parse(line)).toEqual(value);
  });
});
