import { describe, expect, it } from 'vitest';
import { indexOfId, simulateInteractions, summarize, toSequences } from '../index.js';

describe('simulateInteractions', () => {
  const simulation = simulateInteractions({ seed: 1, users: 3000, items: 20, meanLength: 6 });
  const sequences = toSequences(simulation.interactions);
  const probabilities = simulation.nextItemProbabilities(sequences.catalog);
  const historyOf = (user: number, length: number) =>
    sequences.items.subarray(sequences.offsets[user], sequences.offsets[user] + length);

  it('repeats by seed, and has what was asked for', () => {
    const summary = summarize(simulation.interactions);
    expect(summary).toEqual(
      summarize(simulateInteractions({ seed: 1, users: 3000, items: 20, meanLength: 6 }).interactions),
    );
    expect(summary).not.toEqual(
      summarize(simulateInteractions({ seed: 2, users: 3000, items: 20, meanLength: 6 }).interactions),
    );
    expect(summary).toMatchObject({ users: 3000, items: 20 });
    expect(summary.sequenceLength.min).toBe(5);
    expect(Math.abs(summary.sequenceLength.mean - 6)).toBeLessThan(0.1);
  });

  it('gives probabilities that sum to 1, without the pad and the items of the history', () => {
    const history = historyOf(0, 3);
    const next = probabilities(history);
    expect(next).toHaveLength(21);
    expect(next.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
    for (const seen of [0, ...history]) expect(next[seen]).toBe(0);
  });

  it('draws as often as the law says: observed counts of each next item match the sum of its probabilities', () => {
    const [expected, observed, variance] = [new Float64Array(21), new Float64Array(21), new Float64Array(21)];
    for (let user = 0; user < 3000; user++) {
      for (let length = 1; length < sequences.ends[user] - sequences.offsets[user]; length++) {
        probabilities(historyOf(user, length)).forEach((p, item) => {
          expected[item] += p;
          variance[item] += p * (1 - p);
        });
        observed[historyOf(user, length + 1).at(-1)!] += 1;
      }
    }
    for (let item = 1; item <= 20; item++) {
      expect(Math.abs(observed[item] - expected[item])).toBeLessThan(4.5 * Math.sqrt(variance[item]));
    }
  });

  it('gives the items it drew a likelihood that no perturbed law reaches', () => {
    let [own, flattened, firstOrder] = [0, 0, 0];
    for (let user = 0; user < 1000; user++) {
      for (let length = 2; length < 5; length++) {
        const next = historyOf(user, length + 1).at(-1)!;
        const unseen = 20 - length;
        own += Math.log(probabilities(historyOf(user, length))[next]);
        flattened += Math.log(0.8 * probabilities(historyOf(user, length))[next] + 0.2 / unseen);
        firstOrder += Math.log(probabilities(historyOf(user, length).subarray(-1))[next]);
      }
    }
    expect(own).toBeGreaterThan(flattened);
    expect(own).toBeGreaterThan(firstOrder);
  });

  it('has outside ids, and times that rise by minutes in a session and hours between', () => {
    expect(indexOfId(sequences.users, 'user-1')).toBeGreaterThanOrEqual(0);
    expect(sequences.catalog.ids.every((id) => /^item-\d+$/.test(String(id)))).toBe(true);
    const gaps = Array.from(
      sequences.timestamps!.subarray(1, sequences.ends[0]),
      (time, i) => time - sequences.timestamps![i],
    );
    for (const gap of gaps) expect((gap >= 60 && gap < 660) || gap >= 4 * 3600).toBe(true);
  });

  it('refuses unknown options and bad values', () => {
    expect(() => simulateInteractions({ seed: 1, user: 3 } as never)).toThrow(
      'simulateInteractions: unknown option user',
    );
    expect(() => simulateInteractions({ seed: 1, restart: 0 })).toThrow('restart must be a number from');
    expect(() => simulateInteractions({ seed: 1, items: 12.5 })).toThrow(
      'items must be an integer from 10 to 1000000, got 12.5',
    );
    expect(() => simulateInteractions({ seed: 1, items: 20, meanLength: 11 })).toThrow(
      'meanLength must be a number from 5 to 10, got 11',
    );
  });
});
