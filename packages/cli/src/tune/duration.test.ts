import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['90', 90],
    ['0.5', 0.5],
    ['45s', 45],
    ['30m', 1800],
    ['1.5h', 5400],
    ['1h30m', 5400],
    ['1d', 86400],
  ])('%s is %d seconds', (text, seconds) => expect(parseDuration('--budget', text)).toBe(seconds));

  it.each(['', '0', '-5', '5 m', 'm', '5x', '1h30', 'Infinity', '1e9'])('refuses %j', (text) =>
    expect(() => parseDuration('--budget', text)).toThrow('--budget must be a time'),
  );
});
