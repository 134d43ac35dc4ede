import { evaluationHistories, leaveOneOut, type UserSequences, userIds } from '@recsys/data';
import { modelScorer, type Scorer, scorerOfAllItems } from '@recsys/model';
import { describe, expect, it } from 'vitest';
import { LastItemModel, letters, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { markovChainBaseline, popularityBaseline } from '../baselines/index.js';
import { evaluate } from './evaluate.js';

await useTestBackend();

const sequencesOf = (numItems: number, ...users: number[][]): UserSequences => {
  const offsets = Uint32Array.from([0, ...users.map((_, u) => users.slice(0, u + 1).flat().length)]);
  return {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from(users.flat()),
    users: userIds(users.map((_, u) => u)),
    catalog: letters(numItems),
  };
};

/** Scores item i by `scores[i]`, whatever the history. */
const fixed = (...scores: number[]): Scorer => scorerOfAllItems(scores.length - 1, () => scores);

describe('evaluate, among all items', () => {
  it.each(['expected', 'optimistic', 'pessimistic'] as const)('counts what a table of scores has: %s', async (ties) => {
    const split = smallSplit();
    const model = new LastItemModel({ catalog: split.catalog, units: 4, maxLength: 5 });
    const { numItems, score } = modelScorer(model);
    for (const excludeSeen of [true, false]) {
      const options = { protocol: 'full', ties, excludeSeen, k: [3] } as const;
      const counted = await evaluate(model, split.test, options);
      expect(counted).toEqual(await evaluate({ numItems, score }, split.test, options));
    }
    model.dispose();
  });
});

describe('evaluate, given candidates', () => {
  const { test } = leaveOneOut(sequencesOf(5, [1, 2, 3, 4], [2, 1, 5]));
  const candidates = ({ start, end }: { start: number; end: number }) =>
    Int32Array.of(4, 2, 3, 5, 1, 4).slice(3 * start, 3 * end);

  it('ranks each target among them', async () => {
    const { ranks } = await evaluate(fixed(99, 9, 8, 7, 1, 2), test, {
      protocol: 'sampled',
      numNegatives: 2,
      candidates,
    });
    expect([...ranks]).toEqual([2, 1]); // 4 behind 2 and 3; 5 behind 1
  });

  it('refuses them where they cannot be', async () => {
    for (const options of [{ protocol: 'full' } as const, { protocol: 'sampled', sampleTargets: 1 } as const])
      await expect(evaluate(fixed(0, 1, 1, 1, 1, 1), test, { ...options, candidates })).rejects.toThrow(
        'evaluate: candidates are for the sampled protocols, with all targets of the set',
      );
  });
});

describe('evaluate, full ranking', () => {
  const split = leaveOneOut(sequencesOf(5, [1, 2, 3, 4], [2, 1, 5]));

  it('ranks the target among all items but those of the history', async () => {
    // test targets 4 (history 1, 2, 3) and 5 (history 2, 1); scores by item: 9, 8, 7, 1, 2
    const { ranks, metrics, numTargets } = await evaluate(fixed(99, 9, 8, 7, 1, 2), split.test, {
      protocol: 'full',
      k: [1, 5],
    });
    expect([...ranks]).toEqual([1, 1]); // behind 5; behind 3
    expect(numTargets).toBe(2);
    expect(metrics['ndcg@5'].value).toBeCloseTo(1 / Math.log2(3), 12);
    expect(metrics['hr@1'].value).toBe(0);
    expect(metrics['mrr@5'].value).toBe(0.5);
  });

  it('counts items of the history as candidates when asked to, and the target in any case', async () => {
    const { ranks } = await evaluate(fixed(99, 9, 8, 7, 1, 2), split.test, { protocol: 'full', excludeSeen: false });
    expect([...ranks]).toEqual([4, 3]);
  });

  it('gives ties half a place, none, or all', async () => {
    const rank = async (ties: 'expected' | 'optimistic' | 'pessimistic') => [
      ...(await evaluate(fixed(0, 1, 1, 1, 1, 1), split.test, { protocol: 'full', ties })).ranks,
    ];
    expect(await rank('expected')).toEqual([0.5, 1]);
    expect(await rank('optimistic')).toEqual([0, 0]);
    expect(await rank('pessimistic')).toEqual([1, 2]);
  });

  it('uses the train part and the validation item as the history of a test target', async () => {
    const seen: number[][] = [];
    const spy = scorerOfAllItems(5, (history) => {
      seen.push([...history]);
      return [0, 0, 0, 0, 0, 0];
    });
    await evaluate(spy, split.validation, { protocol: 'full' });
    await evaluate(spy, split.test, { protocol: 'full' });
    expect(seen).toEqual([[1, 2], [2], [1, 2, 3], [2, 1]]);
  });

  it('refuses a score that is not a number', async () => {
    await expect(
      evaluate(fixed(0, 1, Number.NaN, 1, 1, 1), split.test, { protocol: 'full', excludeSeen: false }),
    ).rejects.toThrow(expect.objectContaining({ name: 'TrainingError', code: 'bad-score' }));
  });
});

describe('evaluate, sampled', () => {
  const split = smallSplit({ users: 40, items: 30 });
  const model = new LastItemModel({ catalog: split.catalog });

  it.each(['sampled', 'sampled-per-item', 'full'] as const)(
    '%s: does not depend on the size of blocks, and repeats by seed',
    async (protocol) => {
      const options = { protocol, numNegatives: 10 } as const;
      const all = await evaluate(model, split.test, { ...options, batchSize: 100 });
      const inBlocks = await evaluate(model, split.test, { ...options, batchSize: 7 });
      expect([...inBlocks.ranks]).toEqual([...all.ranks]);
      expect(inBlocks.metrics).toEqual(all.metrics);
      if (protocol !== 'full')
        expect([...(await evaluate(model, split.test, { ...options, seed: 1 })).ranks]).not.toEqual([...all.ranks]);
    },
  );

  it('evaluates a seeded sample of users, each as it ranks among all', async () => {
    const all = await evaluate(model, split.test, { protocol: 'sampled', numNegatives: 10 });
    const some = await evaluate(model, split.test, { protocol: 'sampled', numNegatives: 10, sampleTargets: 13 });
    expect(some.numTargets).toBe(13);
    let at = -1;
    for (const rank of some.ranks) {
      at = all.ranks.indexOf(rank, at + 1);
      expect(at).toBeGreaterThanOrEqual(0);
    }
    expect(all.targets).toEqual(split.test.targets);
    all.historyLengths.forEach((length, entry) => {
      expect(length).toBe(evaluationHistories(split.test, entry, entry + 1)[0].length);
    });
    expect([some.targets.length, some.historyLengths.length]).toEqual([13, 13]);
  });

  it('bounds each metric by its confidence interval', async () => {
    const { metrics } = await evaluate(model, split.test, { protocol: 'sampled', k: [5, 10] });
    for (const { value, low, high } of Object.values(metrics)) expect(low <= value && value <= high).toBe(true);
    expect(Object.keys(metrics)).toEqual(['hr@5', 'ndcg@5', 'mrr@5', 'hr@10', 'ndcg@10', 'mrr@10']);
  });

  it('refuses unknown options, bad values, and an empty set', async () => {
    await expect(evaluate(model, split.test, { protocol: 'all' as 'full' })).rejects.toThrow(
      'evaluate: option protocol',
    );
    await expect(evaluate(model, split.test, { protocol: 'full', k: [0] })).rejects.toThrow('evaluate: option k.0');
    await expect(evaluate(model, split.test, { protocol: 'full', topk: 3 } as never)).rejects.toThrow(
      'unknown option topk',
    );
    const empty = leaveOneOut(sequencesOf(5, [1, 2]));
    await expect(evaluate(popularityBaseline(empty.train), empty.test, { protocol: 'full' })).rejects.toThrow(
      'the test set is empty',
    );
  });

  it('ends by its signal', async () => {
    await expect(
      evaluate(model, split.test, { protocol: 'full', signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });
});

describe('baselines', () => {
  const { train } = leaveOneOut(sequencesOf(4, [1, 2, 3, 4], [1, 2, 1, 2, 3], [4, 1]));

  it('popularity scores items by how often they occur in training', () => {
    // train parts: [1, 2], [1, 2, 1], [4, 1]
    expect([...popularityBaseline(train).score([Int32Array.of(3)])]).toEqual([0, 4, 2, 0, 1]);
  });

  it('the Markov chain scores followers of the newest item by count, and the rest by popularity below them', () => {
    const scores = markovChainBaseline(train).score([Int32Array.of(3, 1), Int32Array.of(3)]);
    const [after1, after3] = [scores.subarray(0, 5), scores.subarray(5)];
    expect(after1[2]).toBeCloseTo(2 + 2 / 8, 6); // 1 -> 2 twice
    expect(after1[4]).toBeCloseTo(1 / 8, 6);
    expect([...after3].map((score) => Math.round(score * 8))).toEqual([0, 4, 2, 0, 1]); // nothing followed 3
  });

  it('score candidates as they score all items', () => {
    const chain = markovChainBaseline(train);
    const all = chain.score([Int32Array.of(1)]);
    expect([...chain.score([Int32Array.of(1)], Int32Array.of(4, 2))]).toEqual([all[4], all[2]]);
  });
});
