import { describe, expect, it } from 'vitest';
import { Rng, uniformNegatives } from '../index.js';
import { sequencesOf } from '../test-support.js';

const sequences = sequencesOf(30, [1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11], [1, 3, 5, 7, 9, 11, 13]);

describe('uniformNegatives', () => {
  it("draws every item outside a user's sequence equally often, and none inside", () => {
    const into = new Int32Array(25_000);
    uniformNegatives(sequences).sample({ user: 0, into, rng: new Rng(1) });
    const counts = new Map<number, number>();
    for (const item of into) counts.set(item, (counts.get(item) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 6));
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(51.2); // 24 degrees, p > 0.001
  });

  it('keeps users apart when they take turns', () => {
    const sampler = uniformNegatives(sequencesOf(3, [1, 2], [2, 3]));
    const into = new Int32Array(1);
    for (let i = 0; i < 20; i++) {
      sampler.sample({ user: i % 2, into, rng: new Rng(i) });
      expect(into[0]).toBe(i % 2 === 0 ? 3 : 1);
    }
  });

  it('gives what drawing one by one until an item is outside gives, and leaves the stream there', () => {
    for (let user = 0; user < 5; user++) {
      const [rng, other] = [new Rng(8, user), new Rng(8, user)];
      const own = sequences.items.subarray(sequences.offsets[user], sequences.ends[user]);
      const into = new Int32Array(300);
      uniformNegatives(sequences).sample({ user, into, rng });
      const expected = Array.from({ length: 300 }, () => {
        let item = 1 + other.below(30);
        while (own.includes(item)) item = 1 + other.below(30);
        return item;
      });
      expect([...into]).toEqual(expected);
      expect(rng.uint32()).toBe(other.uint32());
    }
  });

  it('refuses a user who has interacted with everything, by their own id', () => {
    const sampler = uniformNegatives(sequencesOf(2, [1, 2, 1]));
    expect(() => sampler.sample({ user: 0, into: new Int32Array(1), rng: new Rng(1) })).toThrow(
      'user "u0" has interacted with all 2 items; none is left to draw',
    );
  });
});
