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
});
