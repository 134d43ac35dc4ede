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

  it('rises for another share of one cycle', () => {
    const at = (step: number) => scheduleFactor({ kind: 'one-cycle', rise: 0.05 }, step, 100);
    expect(at(4)).toBeCloseTo(1, 12);
    expect(at(0)).toBeCloseTo(1 / 25, 12);
    expect(at(99)).toBeCloseTo(1 / 250_000, 12);
  });

  it('falls along half a cosine, after a warm-up if there is one', () => {
    expect(scheduleFactor({ kind: 'cosine' }, 0, 100)).toBe(1);
    expect(scheduleFactor({ kind: 'cosine' }, 50, 100)).toBeCloseTo(0.5, 12);
    expect(scheduleFactor({ kind: 'cosine' }, 99, 100)).toBeCloseTo(0.000247, 6);
    const warm = (step: number) => scheduleFactor({ kind: 'cosine', warmUp: 20 }, step, 100);
    expect([0, 9, 19, 20].map(warm)).toEqual([0.05, 0.5, 1, 1]);
    expect(warm(60)).toBeCloseTo(0.5, 12);
  });

  it('rises in a line and falls as the root of the step, in the schedule of Vaswani et al.', () => {
    const at = (step: number) => scheduleFactor({ kind: 'noam', steps: 400 }, step - 1, 1000);
    const published = (step: number) => 64 ** -0.5 * Math.min(step ** -0.5, step * 400 ** -1.5);
    for (const step of [1, 100, 400, 900]) expect(at(step) * (64 * 400) ** -0.5).toBeCloseTo(published(step), 12);
  });

  it('refuses another kind', () => {
    expect(() => scheduleFactor({ kind: 'step' } as unknown as Schedule, 0, 1)).toThrow(
      'kind must be one of constant, warm-up, one-cycle, cosine, noam',
    );
  });
});
