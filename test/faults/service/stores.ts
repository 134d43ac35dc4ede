import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HistoryStore, postgresHistories, redisHistories } from '@recsys/serve';
import { startPostgres } from '../../support/programs/postgres.ts';
import { startRedis } from '../../support/programs/redis.ts';
import { canFillDisk, inNamespace } from '../disk-full.ts';

/** A server that keeps histories and can be killed. */
export interface KillableStore {
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Opens it beside the service. */
  open(): Promise<HistoryStore>;
  /** Fills its disk, and returns what makes space again; undefined where its disk cannot be filled. */
  readonly fillDisk: (() => () => void) | undefined;
}

/** Mounts a small file system that only processes under `path` see, until `end`. */
const smallDisk = async (folder: string) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk, { recursive: true });
  const script = 'mount -t tmpfs -o size=24m tmpfs "$1" && echo mounted && exec cat';
  const holder = spawn('unshare', [...inNamespace, 'sh', '-c', script, 'sh', disk], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const path = `/proc/${holder.pid}/root${disk}`;
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => {
      const block = Buffer.alloc(2 ** 12);
      try {
        for (;;) writeFileSync(filler, block, { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      return () => rmSync(filler);
    },
    end: async () => {
      const ended = once(holder, 'exit');
      holder.stdin.end();
      await ended;
    },
  };
};

export const startStore = async (kind: 'redis' | 'postgres', folder: string): Promise<KillableStore> => {
  if (kind === 'postgres') {
    const { url, kill, restart, stop } = await startPostgres();
    return { url, restart, stop, kill: () => kill('SIGKILL'), open: () => postgresHistories(url), fillDisk: undefined };
  }
  const disk = canFillDisk() ? await smallDisk(folder) : undefined;
  const { url, kill, restart, stop } = await startRedis(disk?.path);
  return {
    url,
    kill,
    restart,
    stop: async () => {
      await stop();
      await disk?.end();
    },
    open: () => redisHistories(url),
    fillDisk: disk?.fill,
  };
};
