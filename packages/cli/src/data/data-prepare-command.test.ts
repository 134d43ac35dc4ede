import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();

describe('recsys data prepare', () => {
  it('writes what train, evaluate and recommend take as data, with the same result as the file', () => {
    const core = ['--k-core', '5'];
    const prepared = recsys('data', 'prepare', data, '--output', 'prepared', ...columns, ...core, '--json');
    expect(prepared.stderr).toBe('');
    expect(prepared.events().filter(({ event }) => event !== 'progress')).toMatchObject([
      { event: 'order', description: expect.stringContaining('when (epoch seconds), ') },
      { event: 'wrote', path: 'prepared', read: rows.length, skipped: 0, shards: 1 },
    ]);
    const settings = small.slice(columns.length);
    const fromFile = recsys('train', data, ...small, ...core, '--out', 'runs/file', '--json');
    const trained = recsys('train', 'prepared', ...settings, '--out', 'runs/prepared', '--json');
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    const results = (events: Record<string, unknown>[]) =>
      events
        .filter(({ event }) => ['order', 'epoch', 'test'].includes(event as string))
        .map(({ seconds: _, ...rest }) => rest);
    expect(results(trained.events())).toEqual(results(fromFile.events()));
    expect(recsys('evaluate', 'runs/prepared', '--json').status).toBe(0);
    expect(recsys('recommend', 'runs/prepared', '--user', String(rows[0].user)).status).toBe(0);
  });

  it('refuses what makes no sense, as a flag', () => {
    const refuse = (args: string[], status: number, message: string) =>
      expect(recsys(...args)).toMatchObject({ status, stderr: expect.stringContaining(message) });
    refuse(['data', 'prepare', data, '--output', 'prepared'], 1, 'Use --overwrite to replace it.');
    refuse(['data', 'prepare', data, '--output', 'more', '--user', 'whom', '--item', 'what'], 1, 'no column "whom"');
    refuse(
      ['data', 'prepare', data, '--output', 'more', ...columns, '--where', 'size > 3'],
      1,
      'Referenced column "size" not found',
    );
    refuse(['train', 'prepared', '--k-core', '5'], 2, 'is prepared, so --k-core has no effect');
    refuse(['data', 'describe', 'prepared'], 2, 'is a prepared directory');
    expect(existsSync(join(root, 'more'))).toBe(false);
    rmSync(join(root, 'prepared', 'users.parquet'));
    refuse(['train', 'prepared', '--out', 'runs/damaged'], 1, 'users.parquet: is missing');
  });
});
