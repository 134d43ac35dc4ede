import { describe, expect, it } from 'vitest';
import { compareToBaselines } from './compare-to-baselines.js';
import type { EvaluationResult } from './evaluate.js';
import { metricsOfRanks } from './metric-estimates.js';

/** Returns the result of an evaluation with these ranks, of one target each. */
const resultOf = (ranks: number[], given: Partial<EvaluationResult> = {}): EvaluationResult => ({
  protocol: 'full',
  numNegatives: undefined,
  numTargets: ranks.length,
  metrics: metricsOfRanks(ranks, { k: [5, 10], seed: 0 }),
  ranks: Float32Array.from(ranks),
  targets: Int32Array.from(ranks, (_, i) => 1 + i),
  historyLengths: new Uint32Array(ranks.length).fill(3),
  ...given,
});

/** 200 ranks: `first` of every four targets are ranked first, the others last. */
const firstOfFour = (first: number) => Array.from({ length: 200 }, (_, i) => (i % 4 < first ? 0 : 99));

describe('compareToBaselines', () => {
  it('compares with the best baseline', () => {
    const baselines = { popularity: resultOf(firstOfFour(1)), 'the Markov chain': resultOf(firstOfFour(2)) };
    const above = compareToBaselines(resultOf(firstOfFour(3)), baselines, { metric: 'ndcg@10' });
    expect(above).toMatchObject({ baseline: 'the Markov chain', metric: 'ndcg@10', verdict: 'above' });
    expect(above.difference.value).toBeCloseTo(1 / 4, 12);
    expect(above.text).toBe('above the Markov chain by 0.250 NDCG@10');
    expect(above.pValue).toBeLessThan(0.01);
    const below = compareToBaselines(resultOf(firstOfFour(0)), baselines, { metric: 'hr@5' });
    expect(below).toMatchObject({ verdict: 'below', text: 'below the Markov chain by 0.500 HR@5' });
  });

  it('is no verdict within the noise: the same mean by other targets', () => {
    const ranks = firstOfFour(2);
    const other = ranks.slice().reverse();
    other[0] = 0;
    const { verdict, difference, text } = compareToBaselines(resultOf(ranks), { popularity: resultOf(other) });
    expect(Math.abs(difference.value)).toBeGreaterThan(0);
    expect(verdict).toBe('equal');
    expect(text).toBe('about equal to popularity in NDCG@5');
  });

  it('sees a small difference that is the same for every target, though the intervals of the two overlap', () => {
    const ranks = Array.from({ length: 200 }, (_, i) => i % 20);
    const model = resultOf(ranks.map((rank) => Math.max(rank - 1, 0)));
    const baseline = resultOf(ranks);
    expect(model.metrics['ndcg@10'].low).toBeLessThan(baseline.metrics['ndcg@10'].high);
    expect(compareToBaselines(model, { popularity: baseline }, { metric: 'ndcg@10' }).verdict).toBe('above');
  });

  it('refuses what cannot be compared', () => {
    const model = resultOf([1, 2, 3]);
    const refused = (baseline: EvaluationResult, metric: 'ndcg@10' | 'ndcg@20', message: string) =>
      expect(() => compareToBaselines(model, { popularity: baseline }, { metric })).toThrow(message);
    refused(resultOf([1, 2]), 'ndcg@10', 'popularity must be evaluated on the same targets');
    refused(resultOf([1, 2, 3], { protocol: 'sampled', numNegatives: 100 }), 'ndcg@10', 'by the same protocol');
    refused(resultOf([1, 2, 3], { targets: Int32Array.of(7, 8, 9) }), 'ndcg@10', 'on the same targets');
    refused(resultOf([1, 2, 3]), 'ndcg@20', 'the model has no ndcg@20');
    expect(() => compareToBaselines(model, {})).toThrow('needs at least one baseline');
    expect(() => compareToBaselines(model, { a: model }, { seeds: 1 } as object)).toThrow('seeds');
  });
});
