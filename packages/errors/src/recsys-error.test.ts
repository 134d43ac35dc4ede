import { describe, expect, it } from 'vitest';
import { RecsysError } from './index.js';

describe('RecsysError', () => {
  it('states the problem, then the advice as an option of the library', () => {
    const advice = { option: 'onError', value: 'skip', purpose: 'to skip such lines' };
    const error = new RecsysError('bad-line', 'a.csv:3: user is empty.', { advice });
    expect(error.message).toBe("a.csv:3: user is empty. Set onError: 'skip' to skip such lines.");
    expect(error.problem).toBe('a.csv:3: user is empty.');
    expect(error).toMatchObject({ code: 'bad-line', advice, name: 'RecsysError' });
    const either = { option: 'time', value: 'at', purpose: 'to order', or: { option: 'time', value: false } };
    expect(new RecsysError('x', 'No.', { advice: either }).message).toBe(
      "No. Set time: 'at' to order, or time: false.",
    );
    expect(new RecsysError('x', 'No.', { advice: { option: 'columns' } }).message).toBe('No. Set columns.');
    expect(new RecsysError('x', 'No.', { advice: { option: 'k', value: 5 } }).message).toBe('No. Set k: 5.');
  });

  it('keeps its cause, and has none by default', () => {
    const cause = new Error('disk full');
    expect(new RecsysError('cannot-write', 'a', { cause }).cause).toBe(cause);
    expect('cause' in new RecsysError('cannot-write', 'a')).toBe(false);
  });

  it('recognizes errors from another copy of a package, and nothing else', () => {
    class Ours extends RecsysError {
      override readonly name = 'Ours';
    }
    expect(RecsysError.isInstance(new Ours('a', 'b'))).toBe(true);
    expect(RecsysError.isInstance(Object.assign(new Error('b'), { [Symbol.for('recsys.error')]: true }))).toBe(true);
    for (const other of [new Error('b'), { name: 'RecsysError', code: 'a' }, null, undefined, 'RecsysError'])
      expect(RecsysError.isInstance(other)).toBe(false);
  });
});
