import { describe, expect, it } from 'vitest';
import { type Schedule, scheduleFactor } from './schedules.js';

describe('scheduleFactor', () => {
  it('is 1 throughout when constant', () => {
    expect([0, 5, 99].map((step) => scheduleFactor({ kind: 'constant' }, step, 100))).toEqual([1, 1, 1]);
  });

  it('rises in a line, then stays, in warm-up', () => {
    expect([0, 1, 3, 4, 50].map((step) => scheduleFactor({ kind: 'warm-up', steps: 4 }, step, 100))).toEqual([
      1 / 4,
      2 / 4,
      1,
      1,
      1,
    ]);
  });

  it('rises from 1/25 to 1 at 30 %, then falls to 1/250,000 at the last step, in one cycle', () => {
    const at = (step: number) => scheduleFactor({ kind: 'one-cycle' }, step, 100);
    expect(at(0)).toBeCloseTo(1 / 25, 12);
    expect(at(29)).toBeCloseTo(1, 12);
    expect(at(14.5)).toBeCloseTo((1 / 25 + 1) / 2, 12);
    expect(at(99)).toBeCloseTo(1 / 250_000, 12);
    expect(at(64)).toBeCloseTo((1 + 1 / 250_000) / 2, 12);
  });

  it('refuses another kind', () => {
    expect(() => scheduleFactor({ kind: 'cosine' } as unknown as Schedule, 0, 1)).toThrow(
      'kind must be constant, warm-up or one-cycle',
    );
  });
});
