import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { columns, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();

describe('recsys data', () => {
  it('data describe: counts, quantiles and distributions', () => {
    const events = recsys('data', 'describe', data, ...columns, '--json').events();
    expect(events.map(({ event }) => event)).toEqual(['data', 'length', 'order', 'lengths', 'popularity']);
    expect(events[0]).toMatchObject({ users: 300, items: 40, interactions: rows.length, skipped: 0 });
    for (const { bins } of events.filter((event) => event.bins))
      expect(bins.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBeGreaterThanOrEqual(40);
    expect(recsys('data', 'describe', data, ...columns).stdout).toContain('users by number of interactions\n');
  });

  it('data convert: what is written is what was read, and describes the same', () => {
    const [before] = recsys('data', 'describe', data, ...columns, '--json').events();
    for (const extension of ['csv', 'parquet', 'arrow', 'txt']) {
      const written = recsys('data', 'convert', data, `converted.${extension}`, ...columns, '--json');
      expect(written.stderr).toBe('');
      expect(written.events()).toMatchObject([
        { event: 'order', kind: 'epoch-seconds', column: 'when' },
        { event: 'wrote', path: `converted.${extension}`, interactions: rows.length, skipped: 0 },
      ]);
      const [after] = recsys('data', 'describe', `converted.${extension}`, '--json').events();
      expect(after).toEqual({ ...before, path: `converted.${extension}` });
    }
  });

  it('data get: lists the datasets, with terms and citation, and refuses what is none', () => {
    const events = recsys('data', 'get', '--list', '--json', '--cache', 'cache').events();
    expect(events.map(({ name }) => name)).toEqual([
      'ml-100k',
      'ml-1m',
      'ml-latest-small',
      'amazon-beauty',
      'amazon-games',
      'steam',
    ]);
    for (const { terms, citation } of events) expect(`${terms} ${citation}`).toMatch(/research.* 201[58]/);
    expect(recsys('data', 'get', 'ml-2m')).toMatchObject({ status: 2, stderr: expect.stringContaining('"ml-2m"') });
    expect(recsys('data', 'get')).toMatchObject({ status: 2 });
    const archive = recsys('data', 'get', 'ml-1m', '--archive', data, '--cache', 'cache');
    expect(archive).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('terms    Free for research'),
      stderr: `recsys: ${data}: is not a zip archive, so it has no entry "ml-1m/ratings.dat"\n`,
    });
  });

  it('takes a dataset of the cache by its name, a file of that name first', () => {
    process.env.RECSYS_CACHE = join(root, 'named');
    try {
      const missing = recsys('data', 'describe', 'amazon-games');
      expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('recsys data get amazon-games') });
      expect(recsys('train', 'amazon-games')).toMatchObject({ status: 2, stderr: missing.stderr });
      mkdirSync(join(root, 'named', 'amazon-games'), { recursive: true });
      const path = join(root, 'named', 'amazon-games', 'amazon-games.csv');
      writeFileSync(path, 'user,item,timestamp\na,x,1\n');
      expect(recsys('data', 'describe', 'amazon-games', '--json').events()[0]).toMatchObject({ path, interactions: 1 });
      writeFileSync(join(root, 'amazon-games'), 'a x\nb y\n');
      const [own] = recsys('data', 'describe', 'amazon-games', '--json').events();
      expect(own).toMatchObject({ path: 'amazon-games', interactions: 2 });
    } finally {
      delete process.env.RECSYS_CACHE;
    }
  });

  const movieLens = fileURLToPath(new URL('../../../../../shared/data/ml-latest-small/ratings.csv', import.meta.url));
  it.skipIf(!existsSync(movieLens))('data get: from an archive (needs the data beside the checkout)', () => {
    const archive = join(root, 'movielens.zip');
    writeFileSync(archive, zipSync({ 'ml-latest-small/ratings.csv': readFileSync(movieLens) }));
    const given = ['data', 'get', 'ml-latest-small', '--archive', archive, '--cache', 'cache', '--output', 'small.txt'];
    expect(recsys(...given)).toMatchObject({ status: 0, stdout: expect.stringContaining('100,836 interactions') });
    const counts = { users: 610, items: 9_724, interactions: 100_836 };
    expect(recsys('data', 'describe', 'small.txt', '--json').events()[0]).toMatchObject(counts);
    const entry = ['--entry', 'ml-latest-small/ratings.csv'];
    expect(recsys('data', 'describe', archive, ...entry, '--json').events()[0]).toMatchObject(counts);
    const liked = recsys('data', 'describe', archive, ...entry, '--min-rating', '4', '--json').events()[0];
    expect(liked).toMatchObject({ interactions: 48_580 });
  });

  it('reads ratings by name, and keeps what was rated high enough', () => {
    writeFileSync(join(root, 'rated.csv'), 'who,what,liked\na,x,5\na,y,2\nb,x,4\n');
    const names = ['--user', 'who', '--item', 'what', '--rating', 'liked'];
    recsys('data', 'convert', 'rated.csv', 'liked.csv', ...names, '--min-rating', '4');
    expect(readFileSync(join(root, 'liked.csv'), 'utf8')).toBe('user,item,rating\na,x,5\nb,x,4\n');
    expect(recsys('data', 'describe', 'rated.csv', '--rating', 'liked')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no column that looks like the user; it has "who"'),
    });
  });

  it('reads JSON arrays, CSV with semicolons and partitions, with their ratings', () => {
    const rows = [
      { user: 'a', item: 'x', rating: 5 },
      { user: 'b', item: 'y', rating: 2 },
    ];
    writeFileSync(join(root, 'rated.json'), JSON.stringify(rows, null, 2));
    mkdirSync(join(root, 'days', 'day=2026-10-01'), { recursive: true });
    writeFileSync(join(root, 'days', 'day=2026-10-01', 'part-0.csv'), 'user;item;rating\na;x;5\nb;y;2\n');
    for (const [input, format] of [
      ['rated.json', 'json'],
      ['days', 'csv'],
    ])
      for (const named of [[], ['--format', format]]) {
        recsys('data', 'convert', input, 'best.csv', '--min-rating', '4', ...named);
        expect(readFileSync(join(root, 'best.csv'), 'utf8')).toBe('user,item,rating\na,x,5\n');
        rmSync(join(root, 'best.csv'));
      }
  });
});
