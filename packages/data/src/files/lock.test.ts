import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { lockPath } from './lock.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.useRealTimers());

/** Returns a new folder, and how to lock it. */
const newFolder = () => {
  const folder = join(mkdtempSync(join(root, 'case-')), 'run');
  mkdirSync(folder);
  return { folder, lock: () => lockPath(folder, join(folder, 'in-use-by-')) };
};

/** Makes the mark of a process whose number means nothing here: of another container, or of another machine. */
const strangers = { container: `in-use-by-1-77-ns1@${hostname()}`, machine: 'in-use-by-1-77@elsewhere' };

describe('lockPath', () => {
  it.each(Object.entries(strangers))(
    'respects a process of another %s as long as it renews its mark',
    async (_, name) => {
      const { folder, lock } = newFolder();
      writeFileSync(join(folder, name), '');
      await expect(lock()).rejects.toThrow(expect.objectContaining({ code: 'in-use' }));
      expect(readdirSync(folder)).toEqual([name]);
      const minutesAgo = new Date(Date.now() - 120_000);
      utimesSync(join(folder, name), minutesAgo, minutesAgo);
      const own = await lock();
      expect(readdirSync(folder)).toHaveLength(1);
      await own.assertHeld();
      await own.release();
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('removes an old mark that is a folder', async () => {
    const { folder, lock } = newFolder();
    mkdirSync(join(folder, strangers.machine));
    const minutesAgo = new Date(Date.now() - 120_000);
    utimesSync(join(folder, strangers.machine), minutesAgo, minutesAgo);
    await (await lock()).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('renews its own mark', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { folder, lock } = newFolder();
    const own = await lock();
    const mark = join(folder, readdirSync(folder)[0]);
    utimesSync(mark, new Date(0), new Date(0));
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(() => expect(Date.now() - statSync(mark).mtimeMs).toBeLessThan(30_000));
    await own.release();
  });

  it('notices that another process has taken over', async () => {
    const { folder, lock } = newFolder();
    const own = await lock();
    rmSync(join(folder, readdirSync(folder)[0]));
    await expect(own.assertHeld()).rejects.toThrow(
      expect.objectContaining({
        code: 'lost-lock',
        message: `${folder}: is no longer this process's own: another one has taken it over`,
      }),
    );
    await own.release();
  });
});
