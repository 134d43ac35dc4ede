import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();

describe('recsys train --refit', () => {
  it('trains once more on the validation part too, for the best number of epochs, and tests it apart', () => {
    const { status, stderr, events } = recsys('train', data, ...small, '--out', 'run', '--refit', '--json');
    expect([stderr, status]).toEqual(['', 0]);
    const names = events().map(({ event }) => event);
    expect(names.filter((name) => name === 'refit')).toHaveLength(1);
    const validated = events().filter(({ validation }) => validation !== undefined);
    const best = validated.reduce((a, b) => (b.validation['ndcg@10'] > a.validation['ndcg@10'] ? b : a));
    const [test, again] = ['test', 'refit'].map((name) => events().find(({ event }) => event === name));
    expect(again).toMatchObject({ epoch: best.epoch, numTargets: test.numTargets, run: join('run', 'refit') });
    expect(again.metrics).not.toEqual(test.metrics);
    expect(recsys('recommend', join('run', 'refit'), '--history', 'item-1', '--k', '2').status).toBe(0);
  });

  it('continues the refit when the run is resumed', () => {
    const steps = String(4 * Math.ceil(300 / 16) + 3);
    const stopped = recsys('train', data, ...small, '--out', 'stopped', '--refit', '--json');
    expect(stopped.status).toBe(0);
    const half = recsys('train', data, ...small, '--out', 'half', '--refit', '--max-steps', '5', '--json');
    expect(half.events().at(-1)).toMatchObject({ event: 'stopped' });
    expect(existsSync(join(root, 'half', 'refit'))).toBe(false);
    const whole = recsys('train', '--resume', 'half', '--max-steps', steps, '--json');
    const resumed = whole.events().at(-1).event === 'stopped' ? recsys('train', '--resume', 'half', '--json') : whole;
    const refitOf = (run: ReturnType<typeof recsys>) => run.events().find(({ event }) => event === 'refit').metrics;
    expect(refitOf(resumed)).toEqual(refitOf(stopped));
  });
});
