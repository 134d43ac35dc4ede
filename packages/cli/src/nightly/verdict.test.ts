import { describe, expect, it } from 'vitest';
import { verdictOn } from './verdict.js';

const rules = { allowDrop: 0.002, significance: 0.05 };
const of = (value: number, pValue: number, given = rules) =>
  verdictOn({ metric: 'ndcg@10', difference: { value, low: value, high: value }, pValue }, 'version-000001', given);

describe('verdictOn', () => {
  it.each([
    [0.01, 0.001, true, 'better than version-000001 (NDCG@10 +0.0100, p 0.001)'],
    [-0.01, 0.05, true, 'no significant difference from version-000001 (NDCG@10 -0.0100, p 0.050)'],
    [-0.002, 0.001, true, 'worse than version-000001, but by no more than 0.002 (NDCG@10 -0.0020, p 0.001)'],
    [-0.0021, 0.049, false, 'worse than version-000001 (NDCG@10 -0.0021, p 0.049)'],
  ])('of a difference of %d with p %d: published %s', (value, pValue, isPublished, reason) => {
    expect(of(value, pValue)).toEqual({ isPublished, reason });
  });

  it('allows no drop by default, and more doubt if it is asked to', () => {
    expect(of(-0.0001, 0.01, { ...rules, allowDrop: 0 }).isPublished).toBe(false);
    expect(of(-0.01, 0.08, { ...rules, significance: 0.1 }).isPublished).toBe(false);
  });
});
