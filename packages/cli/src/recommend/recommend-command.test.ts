import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
recsys('train', data, ...small, '--out', 'whole');

describe('recsys recommend', () => {
  it('recommend: for a history, for a user, and for a file of histories, the same', () => {
    const one = recsys('recommend', 'whole', '--history', 'item-1,item-2', '--k', '3', '--json').events().slice(2);
    expect(one).toHaveLength(3);
    expect(one.map(({ event, rank }) => [event, rank])).toEqual([1, 2, 3].map((rank) => ['recommendation', rank]));
    const input = join(root, 'histories.jsonl');
    writeFileSync(input, '["item-1","item-2"]\n{"history":["item-3","nothing"]}\n');
    const file = recsys('recommend', 'whole', '--input', input, '--output', join(root, 'out.jsonl'), '--k', '3');
    expect(file.status).toBe(0);
    expect(file.stderr).toContain('skipped 1 items that the model does not know; the first: nothing');
    const lines = readFileSync(join(root, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0].map(({ item }: { item: string }) => item)).toEqual(one.map(({ item }) => item));
    const user = recsys('recommend', 'whole', '--user', 'user-7', '--k', '2', '--json').events();
    expect(user[1].history.length).toBeGreaterThan(4);
    for (const { item } of user.slice(2)) expect(user[1].history).not.toContain(item);
  });

  it('recommend: candidates and exclusions from flags and files, with those that the model does not know said', () => {
    writeFileSync(join(root, 'stock.txt'), 'item-3\nitem-4\nnew-today\n');
    const given = ['--history', 'item-1', '--candidates-file', join(root, 'stock.txt'), '--exclude', 'item-4'];
    const { events, stderr } = recsys('recommend', 'whole', ...given, '--json');
    expect(events().slice(2)).toMatchObject([{ event: 'recommendation', rank: 1, item: 'item-3' }]);
    expect(stderr).toContain('--candidates: skipped 1 items that the model does not know: new-today');
    const missing = recsys('recommend', 'whole', '--history', 'item-1', '--exclude-file', 'missing.txt');
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('missing.txt: cannot be read')]);
  });

  it('recommend: popular items for a history of which nothing is known, where asked', () => {
    const strict = recsys('recommend', 'whole', '--history', 'nobody');
    expect(strict.status).toBe(1);
    expect(strict.stderr).toContain('Use --fallback popular to recommend popular items then.');
    const popular = recsys('recommend', 'whole', '--history', 'nobody', '--fallback', 'popular', '--k', '2', '--json');
    expect(popular.stderr).toContain('the model knows no item of this history: these are popular items');
    expect(popular.events().slice(2)).toHaveLength(2);
    const input = join(root, 'strangers.jsonl');
    writeFileSync(input, '["nobody"]\n["item-1"]\n');
    const file = recsys('recommend', 'whole', '--input', input, '--fallback', 'popular');
    expect(file.stderr).toContain('used the fallback for 1 histories');
    expect(file.stdout.trim().split('\n')).toHaveLength(2);
  });

  it('recommend: all users of a run in one batch, as one by one', () => {
    const output = join(root, 'tonight.jsonl');
    const all = recsys('recommend', 'whole', '--all-users', '--output', output, '--k', '3', '--diversity', '0.2');
    expect([all.status, all.stderr]).toEqual([0, 'recommended for 300 histories\n']);
    const lines = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ user }) => user)).size).toBe(300);
    const one = recsys('recommend', 'whole', '--user', 'user-7', '--k', '3', '--diversity', '0.2', '--json').events();
    const { recommendations } = lines.find(({ user }) => user === 'user-7');
    expect(recommendations.map(({ item }: { item: string }) => item)).toEqual(one.slice(2).map(({ item }) => item));
    expect(recsys('recommend', 'whole', '--all-users', '--user', 'user-7').stderr).toContain('give exactly one of');
  });
});
