import { RecsysError } from '@recsys/errors';
import { describe, expect, it } from 'vitest';
import { errorLine } from './errors.js';

describe('errorLine', () => {
  it.each([
    [{ option: 'onError', value: 'skip', purpose: 'to skip such lines' }, 'Use --on-error skip to skip such lines.'],
    [
      {
        option: 'columns.timestamp',
        value: "John's day",
        purpose: 'to order by it',
        or: { option: 'columns.timestamp', value: false },
      },
      "Use --time 'John'\\''s day' to order by it, or --no-time.",
    ],
    [{ option: 'columns', purpose: 'to name yours' }, 'Use --user, --item, --time to name yours.'],
    [{ option: 'k', value: 5 }, 'Use --k 5.'],
  ])('gives the advice %j as a flag', (advice, expected) => {
    expect(errorLine(new RecsysError('code', 'x.csv: is wrong.', { advice }))).toBe(`x.csv: is wrong. ${expected}`);
  });

  it('is the problem alone where there is no advice', () => {
    expect(errorLine(new RecsysError('code', 'is wrong'))).toBe('is wrong');
  });

  it('cuts a long problem and keeps the advice', () => {
    const advice = { option: 'k', value: 5 };
    expect(errorLine(new RecsysError('code', 'x'.repeat(3000), { advice }))).toBe(`${'x'.repeat(2000)}… Use --k 5.`);
  });

  it('escapes what would steer a terminal', () => {
    expect(errorLine(new RecsysError('code', 'a\u001b[2J\u009b\n'))).toBe('a\\u001b[2J\\u009b\\n');
  });
});
