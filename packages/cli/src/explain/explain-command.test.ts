import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';
import { elementsOf } from '../test-xml.js';

const { root, data, rows, recsys } = workspace();
recsys('train', data, ...small, '--epochs', '1', '--num-heads', '2', '--out', 'run');
const history = 'item-1,item-2,item-3';

describe('recsys explain', () => {
  it('prints what recommend prints, with reasons that are items of the history', () => {
    const explained = recsys('explain', 'run', '--history', history, '--k', '4', '--json');
    expect([explained.status, explained.stderr]).toEqual([0, '']);
    const recommended = recsys('recommend', 'run', '--history', history, '--k', '4', '--json');
    const listed = (events: { event: string; item: string; score: number }[]) =>
      events.filter(({ event }) => event === 'recommendation').map(({ item, score }) => ({ item, score }));
    expect(listed(explained.events())).toEqual(listed(recommended.events()));
    for (const { event, reasons } of explained.events()) {
      if (event !== 'recommendation') continue;
      expect(['item-1', 'item-2', 'item-3']).toEqual(
        expect.arrayContaining(reasons.map(({ item }: { item: string }) => item)),
      );
    }
    const { weights, rollout } = explained.events().find(({ event }) => event === 'history');
    expect([weights.length, weights[0].length, weights[0][0].length, rollout.length]).toEqual([2, 2, 3, 3]);
  });

  it('writes a picture with the titles of items: a triangle for each block and head, and the shares', () => {
    writeFileSync(join(root, 'items.tsv'), 'item\ttitle\tgenres\nitem-1\tCat & <Dog>\tx\nitem-2\tToy "Story"\ty\n');
    const { status, stdout } = recsys(
      ...['explain', 'run', '--history', history, '--k', '4', '--items', 'items.tsv', '--out', 'a.svg'],
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^history {2}Cat & <Dog>, Toy "Story", item-3$/m);
    expect(stdout).toMatch(/^picture {2}a\.svg$/m);
    const xml = readFileSync(join(root, 'a.svg'), 'utf8');
    const legend = 2 * 6;
    const [heads, frames] = [4 * (3 + 2 + 1), 5];
    expect(elementsOf(xml).filter((name) => name === 'rect').length).toBe(1 + legend + heads + 4 * 3 + frames);
    expect(xml).toContain('Cat &amp; &lt;Dog&gt;');
    expect(xml).toContain('Block 2, head 1');
  });

  it('names items by the table that a run was trained with, and by their ids where it is gone', () => {
    const kinds = rows.map(({ item }) => String(item)).filter((item, i, all) => all.indexOf(item) === i);
    writeFileSync(
      join(root, 'kinds.csv'),
      `item,name,kind\n${kinds.map((item, i) => `${item},The ${item},${i % 2}\n`).join('')}`,
    );
    recsys(
      'train',
      data,
      ...small,
      '--epochs',
      '1',
      '--items',
      'kinds.csv',
      '--item-categories',
      'kind',
      '--out',
      'kinds',
    );
    expect(recsys('explain', 'kinds', '--history', history).stdout).toMatch(
      /^history {2}The item-1, The item-2, The item-3$/m,
    );
    rmSync(join(root, 'kinds.csv'));
    const { status, stdout, stderr } = recsys('explain', 'kinds', '--history', history);
    expect(stdout).toMatch(/^history {2}item-1, item-2, item-3$/m);
    expect(stderr).toMatch(/items are shown by their ids: \S*kinds\.csv/);
    expect(status).toBe(0);
  });

  it('shows the newest items of the history of a user alone', () => {
    const { status } = recsys('explain', 'run', '--user', 'user-1', '--out', 'b.svg', '--newest', '2');
    expect(status).toBe(0);
    expect(readFileSync(join(root, 'b.svg'), 'utf8')).toMatch(/The newest 2 of \d+ items are shown/);
  });

  it('skips items that the model does not know, with a remark', () => {
    expect(recsys('explain', 'run', '--history', 'item-1,nothing').stderr).toContain('does not know: nothing');
  });

  it.each([
    [[], 'give either --history or --user', 2],
    [['--history', 'item-1', '--user', 'user-1'], 'give either --history or --user', 2],
    [['--history', 'item-1,,item-2'], '--history must be items separated by commas', 2],
    [['--history', 'item-1', '--newest', '2'], '--newest needs --out', 2],
    [['--history', 'item-1', '--newest', '0', '--out', 'c.svg'], '--newest must be an integer of at least 1', 2],
    [['--history', 'item-1', '--items', 'none.tsv'], 'none.tsv', 1],
    [['--history', 'item-1', '--items', 'clicks.csv'], 'clicks.csv has no column that looks like the item', 1],
    [['--history', 'item-1', '--items', 'items.tsv', '--item-title', 'no'], 'the items have no column "no"', 1],
    [['--history', 'item-1', '--item-title', 'name'], '--item-title needs --items', 2],
    [['--history', 'nothing'], 'the history has no item that the model knows', 1],
    [['--history', 'item-1', '--out', 'none/c.svg'], 'none/c.svg: cannot be written', 1],
    [['--user', 'nobody'], '--user nobody is not one of the 300 users', 2],
  ])('refuses %j', (flags, message, code) => {
    const { status, stderr } = recsys('explain', 'run', ...flags);
    expect(stderr).toContain(message);
    expect(status).toBe(code);
  });
});
