import { itemIds, type UserSequences, userIds } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import type { EvaluationResult } from './evaluate.js';
import { metricsByGroup } from './group-metrics.js';

/** Items 1 .. 4 with 6, 2, 1 and 1 interactions: 60, 80, 90 and 100 % of them, the most popular first. */
const train: UserSequences = {
  offsets: Uint32Array.of(0, 10),
  ends: Uint32Array.of(10),
  items: Int32Array.of(1, 1, 1, 4, 1, 1, 2, 1, 2, 3),
  users: userIds(['u']),
  catalog: itemIds(['a', 'b', 'c', 'd']),
};

const resultOf = (targets: { rank: number; target: number; length: number }[]): EvaluationResult => ({
  protocol: 'full',
  numNegatives: undefined,
  numTargets: targets.length,
  metrics: {},
  ranks: Float32Array.from(targets, ({ rank }) => rank),
  targets: Int32Array.from(targets, ({ target }) => target),
  historyLengths: Uint32Array.from(targets, ({ length }) => length),
});

describe('metricsByGroup', () => {
  it('takes targets apart by the median history, and by the head that holds 80 % of the interactions', () => {
    const groups = metricsByGroup(
      resultOf([
        { rank: 0, target: 1, length: 5 },
        { rank: 1, target: 2, length: 7 },
        { rank: 9, target: 3, length: 5 },
        { rank: 0, target: 4, length: 9 },
      ]),
      train,
      { k: [2] },
    );
    const [zero, one] = [1, 1 / Math.log2(3)];
    expect(groups.map(({ metrics, ...group }) => ({ ...group, hr: metrics['hr@2'].value }))).toEqual([
      { group: 'short-history', limit: 5, numTargets: 2, hr: 1 / 2 },
      { group: 'long-history', limit: 5, numTargets: 2, hr: 1 },
      { group: 'head-target', limit: 2, numTargets: 2, hr: 1 },
      { group: 'tail-target', limit: 2, numTargets: 2, hr: 1 / 2 },
    ]);
    expect(groups[2].metrics['ndcg@2'].value).toBeCloseTo((zero + one) / 2, 6);
    expect(groups[3].metrics['ndcg@2']).toMatchObject({ low: 0, high: 1 });
  });

  it('leaves out a group without targets', () => {
    const groups = metricsByGroup(resultOf([{ rank: 0, target: 3, length: 4 }]), train);
    expect(groups.map(({ group }) => group)).toEqual(['short-history', 'tail-target']);
  });
});
