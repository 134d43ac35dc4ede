import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const quick = [...small, '--epochs', '1'];

describe('recsys train --split time', () => {
  it('trains on the past, tests the future, and evaluates the run by the same split', () => {
    const { status, stderr, events } = recsys('train', data, ...quick, '--out', 'timed', '--split', 'time', '--json');
    expect([stderr, status]).toEqual(['', 0]);
    expect(
      events()
        .filter(({ event }) => event === 'baseline')
        .map(({ name }) => name),
    ).toContain('recent popularity');
    const test = events().find(({ event }) => event === 'test');
    expect(test.numTargets).toBeLessThan(300); // not every user has an interaction in the newest tenth
    const again = recsys('evaluate', 'timed', '--json')
      .events()
      .find(({ event }) => event === 'test');
    expect(again.metrics).toEqual(test.metrics);
    const each = recsys(
      'train',
      data,
      ...quick,
      '--out',
      'each',
      '--split',
      'time',
      '--target',
      'each',
      '--test-share',
      '0.2',
      '--validate-by',
      'time',
      '--json',
    );
    expect(each.events().find(({ event }) => event === 'test').numTargets).toBeGreaterThan(2 * test.numTargets);
  });

  it('says what is wrong', () => {
    const refusal = (...flags: string[]) => recsys('train', data, ...quick, '--out', 'refused', ...flags).stderr;
    expect(refusal('--target', 'each')).toContain('--target is for --split time');
    expect(refusal('--split', 'time', '--test-share', '1')).toContain(
      '--test-share must be above 0 and below 1, got 1',
    );
    expect(refusal('--split', 'time', '--target', 'newest')).toContain('Allowed choices are last, first, random, each');
    writeFileSync(
      join(root, 'untimed.csv'),
      `who,what\n${rows.map(({ user, item }) => `${user},${item}`).join('\n')}\n`,
    );
    const untimed = ['--user', 'who', '--item', 'what', '--out', 'refused', '--split', 'time'];
    expect(recsys('train', 'untimed.csv', ...untimed).stderr).toContain('--split time needs times');
  });
});
