import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import {
  evaluationTimes,
  fromTable,
  historyBatch,
  historyTimesOf,
  leaveOneOut,
  toSequences,
  trainBatches,
} from '../index.js';
import { sequencesOf } from '../test-support.js';

const untimed = sequencesOf(9, [1, 2, 3, 4, 5], [6, 7, 8, 9]);
/** Times in milliseconds. */
const sequences = {
  ...untimed,
  timestamps: Float64Array.of(10e3, 20e3, 30e3, 40e3, 50e3, 1e3, 2e3, 3e3, 4e3),
  timeUnit: 1e-3,
};
const split = leaveOneOut(sequences);

describe('the times of training batches', () => {
  it('are those of the inputs, and of their targets, in seconds', () => {
    const [batch] = trainBatches(split.train, { maxLength: 2, seed: 1 });
    const byItem = new Map([...batch!.items].map((item, t) => [item, [batch!.times![t], batch!.queryTimes![t]]]));
    expect(byItem).toEqual(
      new Map([
        [1, [10, 20]],
        [2, [20, 30]],
        [6, [1, 2]],
      ]),
    );
  });

  it('are absent for data without times', () => {
    const [batch] = trainBatches(leaveOneOut(untimed).train, { maxLength: 2, seed: 1 });
    expect(batch).not.toHaveProperty('times');
    expect(evaluationTimes(leaveOneOut(untimed).test, 0, 1)).toBeUndefined();
    expect(historyTimesOf(untimed, 'u0')).toBeUndefined();
  });
});

describe('the times of an evaluation', () => {
  it('are those of the history, and of the target', () => {
    expect(evaluationTimes(split.test, 0, 2)).toEqual({
      times: [Float64Array.of(10, 20, 30, 40), Float64Array.of(1, 2, 3)],
      at: [50, 4],
    });
    expect(evaluationTimes(split.validation, 1, 2)!.at).toEqual([3]);
    expect(historyTimesOf(sequences, 'u1')).toEqual([1, 2, 3, 4]);
  });
});

describe('the times of a batch of histories', () => {
  const histories = [Int32Array.of(1, 2, 3), Int32Array.of(4)];
  const times = { times: [Float64Array.of(10, 20, 30), Float64Array.of(5)], at: [90, 7] };

  it('are cut with the histories; each token is asked about when the next was met, the newest at the request', () => {
    const batch = historyBatch(histories, { maxLength: 2, times });
    expect([...batch.times!]).toEqual([20, 30, 5]);
    expect([...batch.queryTimes!]).toEqual([30, 90, 7]);
    expect(historyBatch(histories, { maxLength: 2 })).not.toHaveProperty('times');
  });

  it.each([
    [{ ...times, at: [90] }, '2 histories need as many times, got those of 2 and 1 requests'],
    [{ ...times, times: [Float64Array.of(1, 2), Float64Array.of(5)] }, 'history 0 has 3 items and 2 times'],
    [{ ...times, at: [90, Number.NaN] }, 'times must be finite numbers, in seconds'],
  ])('must match: %j', (times, message) => {
    expect(() => historyBatch(histories, { maxLength: 2, times })).toThrow(`historyBatch: ${message}`);
  });
});

describe('the unit of times', () => {
  it.each([
    ['seconds', [1.7e9, 1.7e9 + 60], undefined],
    ['milliseconds', [1.7e12, 1.7e12 + 60e3], 1e-3],
    ['ISO 8601', ['2026-10-01T12:00:00Z', '2026-10-01T12:01:00Z'], 1e-3],
    ['steps', [1, 61], undefined],
  ])('is known for %s', (_, timestamp, timeUnit) => {
    const made = toSequences(fromTable(table({ user: ['a', 'a'], item: ['x', 'y'], timestamp })));
    expect(made.timeUnit).toBe(timeUnit);
    const [first, second] = historyTimesOf(made, 'a')!;
    expect(second - first).toBeCloseTo(60, 5);
  });
});
