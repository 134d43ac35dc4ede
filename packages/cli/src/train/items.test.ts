import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const ids = [...new Set(rows.map(({ item }) => String(item)))];
const lines = ids.map((id, i) => `${id},Title ${i},${i % 2 ? 'odd|small' : 'even'},${i}`);
writeFileSync(join(root, 'items.csv'), `sku,title,kinds,price\n${lines.join('\n')}\nbrand-new,New,even,3\n`);
const flags = ['--items', 'items.csv', '--item-id', 'sku', '--item-categories', 'kinds', '--item-numbers', 'price'];
const tests = (output: string) => /^test .*$/m.exec(output)?.[0];

describe('recsys train --items', () => {
  const trained = recsys('train', data, ...small, ...flags, '--out', 'runs/items');

  it('trains with features, says what they are, and keeps how they were read', () => {
    expect([trained.stderr, trained.status]).toEqual(['', 0]);
    expect(trained.stdout).toMatch(
      /^items +items.csv · kinds, price · 4 numbers for each of 41 items · 1 without interactions$/m,
    );
    const { model, info } = JSON.parse(readFileSync(join(root, 'runs/items/config.json'), 'utf8'));
    expect(model.features).toEqual({
      columns: [
        { feature: 'kinds', value: 'even' },
        { feature: 'kinds', value: 'odd' },
        { feature: 'kinds', value: 'small' },
        { feature: 'price', mean: expect.any(Number), deviation: expect.any(Number) },
      ],
      dense: [],
      numEntries: expect.any(Number),
    });
    expect(info.items).toEqual({
      path: '../../items.csv',
      options: { itemId: 'sku', itemCategories: 'kinds', itemNumbers: 'price' },
    });
    expect(info.keptItems).toEqual(['brand-new']);
  });

  it('evaluates and recommends from the run, without the file of items', () => {
    const evaluated = recsys('evaluate', 'runs/items');
    expect([evaluated.stderr, evaluated.status]).toEqual(['', 0]);
    expect(tests(evaluated.stdout)).toBe(tests(trained.stdout));
    const all = recsys('recommend', 'runs/items', '--user', String(rows[0].user), '--k', '41', '--json');
    expect([all.stderr, all.status]).toEqual(['', 0]);
    expect(all.stdout).toContain('brand-new');
  });

  it('resumes to the same result, and refits', () => {
    const stopped = recsys('train', data, ...small, ...flags, '--refit', '--max-steps', '30', '--out', 'stopped');
    expect(stopped.status).toBe(0);
    const whole = recsys('train', data, ...small, ...flags, '--refit', '--out', 'whole');
    const resumed = recsys('train', '--resume', 'stopped');
    expect([resumed.stderr, resumed.status]).toEqual(['', 0]);
    expect(tests(resumed.stdout)).toBe(tests(whole.stdout));
    expect(/^refit .*$/m.exec(resumed.stdout)?.[0]).toBe(/^refit .*$/m.exec(whole.stdout)?.[0]);
  });

  it('goes on from a run with features', () => {
    const next = recsys('train', data, ...small, ...flags, '--from', 'runs/items', '--out', 'next');
    expect([next.stderr, next.status]).toEqual(['', 0]);
    expect(recsys('train', data, ...small, '--from', 'runs/items')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('runs/items: has features of items; give them by --items'),
    });
  });

  it.each([
    [['--item-id', 'sku'], 2, '--item-id <column> needs --items'],
    [['--items', 'items.csv', '--item-separator', ';'], 2, '--item-separator needs --item-categories'],
    [['--items', 'no.csv'], 1, 'no.csv'],
    [['--items', 'items.csv', '--item-numbers', 'title'], 1, 'items.csv:2: "Title 0" is not a number (column "title")'],
  ])('refuses %j', (given, status, message) => {
    expect(recsys('train', data, ...small, ...given, '--out', 'never')).toMatchObject({
      status,
      stderr: expect.stringContaining(message),
    });
  });
});
