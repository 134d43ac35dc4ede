import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { data, recsys } = workspace();

describe('recsys evaluate', () => {
  const trained = recsys('train', data, ...small, '--out', 'whole', '--json');

  it('evaluate: two runs side by side, with the p-value of their difference', () => {
    recsys('train', data, ...small, '--seed', '2', '--epochs', '1', '--out', 'short', '--json');
    const events = recsys('evaluate', 'whole', 'short', '--json').events();
    const [whole, short] = events.filter(({ event }) => event === 'test');
    const paired = events.filter(({ event }) => event === 'paired');
    expect(paired.map(({ metric }) => metric)).toEqual(['ndcg@10', 'hr@10']);
    for (const { metric, difference, pValue } of paired) {
      expect(difference.value).toBeCloseTo(whole.metrics[metric].value - short.metrics[metric].value, 10);
      expect(pValue).toBeGreaterThan(0);
      expect(pValue).toBeLessThanOrEqual(1);
    }
    expect(recsys('evaluate', 'whole', 'whole').stdout).toContain(
      'NDCG@10 first - second +0.0000 [+0.0000, +0.0000]  p 1.000',
    );
  });

  it('evaluate: gives the figures of the test again, and others when asked to', () => {
    const test = trained.events().find(({ event }) => event === 'test');
    expect(recsys('evaluate', 'whole', '--json').events().at(-1).metrics).toEqual(test.metrics);
    const other = recsys(
      'evaluate',
      'whole',
      '--protocol',
      'sampled-per-item',
      '--k',
      '5,20',
      '--part',
      'validation',
      '--sample-targets',
      '50',
      '--json',
    );
    expect(other.stderr).toContain('numNegatives must be at most 39');
    expect(other.status).toBe(1);
    const text = recsys('evaluate', 'whole', '--k', '5,20', '--part', 'validation', '--sample-targets', '50').stdout;
    expect(text).toMatch(
      /^validation SASRec {7}NDCG@5 0\.\d{4} \[0\.\d{3}, 0\.\d{3}\] {2}HR@5 .*\n {22}NDCG@20 .* HR@20 .*\n {9}full ranking, 50 targets$/m,
    );
  });

  it('evaluate: says when the best epoch was chosen by another protocol, and nothing when by the same', () => {
    expect(recsys('evaluate', 'whole').stderr).toBe('');
    expect(recsys('evaluate', 'whole', '--protocol', 'sampled')).toMatchObject({
      status: 0,
      stderr:
        'whole: its best epoch was chosen by full validation; to choose by sampled, train with --protocol sampled\n',
    });
  });

  it('evaluate --groups: the groups of histories and of targets make up all users and the whole metric', () => {
    const [, , test, ...groups] = recsys('evaluate', 'whole', '--groups', '--json').events();
    expect(groups.map(({ event, group }) => [event, group])).toEqual([
      ['group', 'short-history'],
      ['group', 'long-history'],
      ['group', 'head-target'],
      ['group', 'tail-target'],
    ]);
    for (const pair of [groups.slice(0, 2), groups.slice(2)]) {
      const meanOver = (of: (group: (typeof groups)[number]) => number) =>
        pair.reduce((sum, group) => sum + of(group) * group.numTargets, 0) / 300;
      expect(meanOver(() => 1)).toBe(1);
      expect(meanOver(({ metrics }) => metrics['ndcg@10'].value)).toBeCloseTo(test.metrics['ndcg@10'].value, 10);
    }
    expect(recsys('evaluate', 'whole', '--groups').stdout).toMatch(
      /^group {4}target among the \d+ items of the head, \d+ targets\n {9}NDCG@10 0\.\d{4} \[0\.\d{3}, 0\.\d{3}\] {2}HR@10 .*$/m,
    );
  });

  it('evaluate --catalog: coverage, Gini index and novelty of the lists of all histories', () => {
    const catalog = (...given: string[]) =>
      recsys('evaluate', 'whole', '--catalog', '--json', ...given)
        .events()
        .filter(({ event }) => event === 'catalog');
    const [one, all] = catalog('--k', '1,40', '--include-seen');
    expect(one).toMatchObject({ run: 'whole', k: 1, numLists: 300 });
    expect(one.coverage).toBeGreaterThanOrEqual(1 / 40);
    expect(one.coverage).toBeLessThanOrEqual(1);
    // Lists of the whole catalog hold every item equally often.
    expect(all).toMatchObject({ k: 40, numLists: 300, coverage: 1, gini: 0 });
    expect(all.novelty).toBeGreaterThan(Math.log2(40));
    expect(one.gini).toBeGreaterThan(0);
    expect(one.novelty).toBeLessThan(all.novelty);
    const text = recsys('evaluate', 'whole', '--catalog').stdout;
    expect(text).toMatch(
      /^catalog {2}coverage@10 [01]\.\d{4} {2}Gini@10 0\.\d{4} {2}novelty@10 \d\.\d\d bits {3}300 lists$/m,
    );
  });
});
