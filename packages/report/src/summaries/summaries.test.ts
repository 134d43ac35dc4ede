import { itemIds, leaveOneOut, userIds } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../test-options.js';
import { compareResults, describeData, projectVectors, sampleScores, scoreBins, wilsonInterval } from './index.js';

describe('describeData', () => {
  const offsets = Uint32Array.of(0, 4, 7, 10);
  const sequences = {
    offsets,
    ends: offsets.slice(1),
    items: Int32Array.of(1, 2, 3, 1, 1, 2, 3, 4, 1, 2),
    timestamps: Float64Array.of(0, 1, 2, 3, 0, 0, 48, 1, 2, 3),
    timeUnit: 10,
    users: userIds(['a', 'b', 'c']),
    catalog: itemIds(['w', 'x', 'y', 'z']),
  };

  it('counts users, items and interactions, those of items in the train part alone', () => {
    const data = describeData(leaveOneOut(sequences), { source: 'tiny' });
    expect(data).toMatchObject({ users: 3, items: 4, interactions: 10, medianLength: 3, source: 'tiny' });
    expect(data.parts).toEqual({ train: 4, validation: 3, test: 3 });
    expect([...Array.from(data.counts)]).toEqual([0, 2, 1, 0, 1]);
  });

  it('puts all lengths and all times into bins', () => {
    const { lengths, times } = describeData(leaveOneOut(sequences));
    expect(lengths).toEqual([
      { from: 3, to: 3, count: 2 },
      { from: 4, to: 4, count: 1 },
    ]);
    expect(times!.length).toBe(48);
    expect(times!.reduce((sum, { count }) => sum + count, 0)).toBe(10);
    expect(times![0]).toEqual({ from: 0, to: 10, count: 3 }); // the three of time 0; a bin is one unit of 10 seconds
    expect(times![47].to).toBe(480);
    expect(times![47].count).toBe(1);
  });

  it('has no times where the data has none, or all are equal', () => {
    const { timestamps: _, ...without } = sequences;
    expect(describeData(leaveOneOut(without)).times).toBeUndefined();
    const equal = { ...sequences, timestamps: new Float64Array(10).fill(7) };
    expect(describeData(leaveOneOut(equal)).times).toBeUndefined();
  });

  it('has wider bins for longer histories, and loses none', () => {
    const ends = Uint32Array.from({ length: 300 }, (_, user) => ((user + 1) * (user + 2)) / 2);
    const long = {
      offsets: Uint32Array.of(0, ...ends),
      ends,
      items: new Int32Array(ends[299]).fill(1),
      users: userIds(Array.from(ends.keys(), String)),
      catalog: itemIds(['w']),
    };
    const { lengths } = describeData(leaveOneOut(long));
    expect(lengths.length).toBeLessThanOrEqual(25);
    expect(lengths.reduce((sum, { count }) => sum + count, 0)).toBe(300);
    expect(lengths.every(({ from, to, count }) => count === Math.min(300, to) - from + 1)).toBe(true);
  });
});

describe('compareResults', () => {
  const [good, bad] = [resultOf(new Array(50).fill(0)), resultOf(new Array(50).fill(20))];

  it('says which is better, and how surely', () => {
    const { difference, pValue, verdict } = compareResults(['a', good], ['b', bad], 'ndcg@10');
    expect(difference.value).toBe(1);
    expect(pValue).toBeLessThan(0.001);
    expect(verdict).toBe('above');
    expect(compareResults(['b', bad], ['a', good], 'hr@10').verdict).toBe('below');
    expect(compareResults(['a', good], ['a', good], 'ndcg@10')).toMatchObject({ verdict: 'equal', pValue: 1 });
  });

  it('refuses results of other targets or another protocol', () => {
    const others = { ...good, targets: Array.from(good.targets).reverse() };
    for (const other of [others, { ...good, protocol: 'sampled' }, resultOf([1])])
      expect(() => compareResults(['a', good], ['b', other], 'hr@10')).toThrow(
        expect.objectContaining({ code: 'other-targets' }),
      );
  });
});

describe('sampleScores', () => {
  it('has the softmax of the items that may be recommended, best first', () => {
    const scores = [100, Math.log(2), Math.log(5), Math.log(1), Math.log(2)]; // of the pad and four items
    const { probabilities, hits, numLists, k } = sampleScores([{ scores, target: 4, excluded: [2] }], { k: 2 });
    expect(Array.from(probabilities).map((own) => Number(own.toFixed(6)))).toEqual([0.4, 0.4]);
    expect([Array.from(hits), numLists, k]).toEqual([[0, 1], 1, 2]);
  });

  it('does not exclude a target that is in the history', () => {
    expect(Array.from(sampleScores([{ scores: [0, 1, 2], target: 2, excluded: [1, 2] }]).hits)).toEqual([1]);
  });
});

describe('scoreBins', () => {
  it('are of equal count, and hold the means', () => {
    const probabilities = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 0.1 : 0.6));
    const hits = Array.from({ length: 200 }, (_, i) => (i % 4 === 1 ? 1 : 0)); // half of those with 0.6
    const bins = scoreBins({ probabilities, hits, numLists: 20, k: 10 }, 2);
    expect(bins.map(({ count, expected, observed }) => [count, Number(expected.toFixed(6)), observed])).toEqual([
      [100, 0.1, 0],
      [100, 0.6, 0.5],
    ]);
    expect(bins[1].low).toBeCloseTo(0.404, 3);
    expect(bins[1].high).toBeCloseTo(0.596, 3);
  });

  it('are fewer where there are few items', () => {
    expect(scoreBins({ probabilities: [0.1, 0.2], hits: [0, 1], numLists: 1, k: 2 }).length).toBe(1);
    expect(wilsonInterval(0, 10).low).toBe(0);
    expect(wilsonInterval(10, 10).high).toBe(1);
  });
});

describe('projectVectors', () => {
  it('finds the plane in which directions lie', () => {
    const angles = [0, 0.3, 0.7, 1.1, 1.5, 2];
    // Row 0 is no part; the others lie on a circle in coordinates 1 and 3, whatever their lengths.
    const vectors = [
      9,
      9,
      9,
      9,
      ...angles.flatMap((angle, i) => [0, (i + 1) * Math.cos(angle), 0, (i + 1) * Math.sin(angle)]),
    ];
    const { points, shares } = projectVectors(vectors, 4, [1, 2, 3, 4, 5, 6]);
    expect(shares[0] + shares[1]).toBeCloseTo(1, 9);
    expect(shares[0]).toBeGreaterThan(shares[1]);
    const distance = (i: number, j: number) => Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]);
    for (const i of [1, 2, 5]) expect(distance(0, i)).toBeCloseTo(2 * Math.sin((angles[i] - angles[0]) / 2), 6);
  });

  it('puts equal vectors and vectors of zeros in one place', () => {
    const { points, shares } = projectVectors([1, 1, 1, 1, 0, 0], 2, [0, 1]);
    expect(points).toEqual(
      [
        [0, 0],
        [0, 0],
      ].map((point) => point.map((value) => expect.closeTo(value, 9))),
    );
    expect(shares).toEqual([0, 0]);
  });
});
