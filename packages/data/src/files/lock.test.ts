import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { lockPath } from './lock.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-lock-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Returns a new folder, and how to lock it. */
const newFolder = () => {
  const folder = join(mkdtempSync(join(root, 'case-')), 'run');
  mkdirSync(folder);
  const lock = () => lockPath(folder, join(folder, 'in-use-by-'), { leaseSeconds: 0.6 });
  return { folder, lock };
};

/** Marks of processes whose numbers mean nothing here: of another container, another machine, and one with the name of this one. */
const strangers = {
  container: `in-use-by-1-77-ns1@${hostname()}`,
  machine: 'in-use-by-1-77@elsewhere',
  'machine of the same name': `in-use-by-${process.pid}-77-boot0123456789ab@${hostname()}`,
};

/** What a mark says that was renewed this many times, of a lease of 0.6 s. */
const renewed = (times: number) => `01234567-89ab-4cde-8f01-23456789abcd 000600 ${String(times).padStart(12, '0')}`;

describe('lockPath', () => {
  it.each(Object.entries(strangers))(
    'respects a process of another %s as long as it renews its mark',
    async (_, name) => {
      const { folder, lock } = newFolder();
      const mark = join(folder, name);
      let times = 0;
      writeFileSync(mark, renewed(0));
      const renewal = setInterval(() => writeFileSync(mark, renewed(++times)), 100);
      await expect(lock()).rejects.toThrow(expect.objectContaining({ code: 'in-use' }));
      clearInterval(renewal);
      expect(readdirSync(folder)).toEqual([name]);
      const before = performance.now();
      const own = await lock();
      expect(performance.now() - before).toBeGreaterThanOrEqual(600);
      expect(readdirSync(folder)).toHaveLength(1);
      await own.assertHeld();
      await own.release();
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('takes over soon from a process that ended before it wrote its mark, and from what is no mark', async () => {
    const { folder, lock } = newFolder();
    writeFileSync(join(folder, strangers.machine), '');
    mkdirSync(join(folder, strangers.container));
    await (await lock()).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('renews its own mark', async () => {
    const { folder, lock } = newFolder();
    const own = await lock();
    const mark = join(folder, readdirSync(folder)[0]);
    const first = readFileSync(mark, 'utf8');
    await vi.waitFor(() => expect(readFileSync(mark, 'utf8')).not.toBe(first));
    await own.assertHeld();
    await own.release();
  });

  it('notices that another process has taken over, and neither makes its mark again nor removes a later one', async () => {
    const { folder, lock } = newFolder();
    const own = await lock();
    const mark = join(folder, readdirSync(folder)[0]);
    rmSync(mark);
    const lost = {
      code: 'lost-lock',
      message: `${folder}: is no longer this process's own: another one has taken it over`,
    };
    await expect(own.assertHeld()).rejects.toThrow(expect.objectContaining(lost));
    await sleep(250);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(mark, renewed(0));
    await expect(own.assertHeld()).rejects.toThrow(expect.objectContaining(lost));
    await own.release();
    expect(readFileSync(mark, 'utf8')).toBe(renewed(0));
  });

  it('refuses a lease that is too short or too long', async () => {
    for (const leaseSeconds of [0, 301, Number.NaN])
      await expect(lockPath(root, join(root, 'x-'), { leaseSeconds })).rejects.toThrow(
        expect.objectContaining({ code: 'bad-option' }),
      );
  });
});

/** A process with process ids of its own sees no other, as on a machine of its own. */
const asHost = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canBeHost = spawnSync(asHost[0], [...asHost.slice(1), 'true']).status === 0;

/** Locks a folder, and says what becomes of it. */
const owner = `
import { lockPath } from '@recsys/data/node';
const folder = process.argv[1];
const lock = await lockPath(folder, folder + '/in-use-by-', { leaseSeconds: 0.6 });
console.log('locked');
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  await lock.assertHeld().catch((error) => {
    console.log(error.code);
    process.exit(0);
  });
}`;

describe.skipIf(!canBeHost)(
  `lockPath of two hosts${canBeHost ? '' : ' (skipped: unshare cannot make namespaces here)'}`,
  () => {
    const start = async (folder: string): Promise<{ child: ChildProcess; said: () => Promise<string> }> => {
      const command = [...asHost, process.execPath, '--input-type=module', '-e', owner, folder];
      const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
      const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
      const said = async () => (await lines.next()).value as string;
      expect(await said()).toBe('locked');
      return { child, said };
    };

    it('a host that dies loses its lock, and so does one that stands still, which notices', async () => {
      const { folder, lock } = newFolder();
      const { child, said } = await start(folder);
      await expect(lock()).rejects.toThrow(expect.objectContaining({ code: 'in-use' }));
      process.kill(-child.pid!, 'SIGSTOP');
      const own = await lock();
      process.kill(-child.pid!, 'SIGCONT');
      expect(await said()).toBe('lost-lock');
      await own.release();
      const second = await start(folder);
      process.kill(-second.child.pid!, 'SIGKILL');
      await once(second.child, 'exit');
      const again = await lock();
      await again.assertHeld();
      await again.release();
    });
  },
);
