import { describe, expect, it } from 'vitest';
import { Rng } from './rng.js';

const draw = (rng: Rng, count: number) => Array.from({ length: count }, () => rng.below(10));

describe('Rng', () => {
  it('repeats by its keys, and differs by any of them', () => {
    const of = (...keys: number[]) => draw(new Rng(...keys), 20).join('');
    expect(of(1, 2)).toBe(of(1, 2));
    expect(new Set([of(1), of(2), of(1, 2), of(2, 1), of(1, 0), of(-1), of(2 ** 40), of(2 ** 41)]).size).toBe(8);
  });

  it('fills an array with just what single draws give, and goes on from there', () => {
    for (const limit of [1, 2, 10, 3706, 2 ** 31]) {
      const [one, many] = [new Rng(3, limit), new Rng(3, limit)];
      const filled = new Int32Array(1000);
      many.fillBelow(limit, filled);
      expect([...filled]).toEqual(Array.from({ length: 1000 }, () => one.below(limit)));
      expect(many.uint32()).toBe(one.uint32());
    }
  });

  it('draws each number equally often (chi-square, 9 degrees of freedom, p > 0.001)', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(new Rng(5), 100_000)) counts[value] += 1;
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });

  it('shuffles to every order equally often', () => {
    const counts = new Map<string, number>();
    const rng = new Rng(6);
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle([1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(20.5);
  });

  it('gives unrelated streams to neighbouring keys', () => {
    const firsts = Array.from({ length: 10_000 }, (_, key) => new Rng(9, key).float());
    expect(firsts.reduce((a, b) => a + b) / firsts.length).toBeCloseTo(0.5, 1);
    const pairs = firsts.slice(1).map((value, i) => (value - 0.5) * (firsts[i] - 0.5));
    expect(Math.abs(pairs.reduce((a, b) => a + b) / pairs.length)).toBeLessThan(4 * (1 / 12 / Math.sqrt(pairs.length)));
  });

  it('refuses a key that is no whole number', () => {
    expect(() => new Rng(1.5)).toThrow('a key must be a safe integer, got 1.5');
  });
});
