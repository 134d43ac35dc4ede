import { describe, expect, it } from 'vitest';
import { noOptuna } from '../support/programs/optuna.ts';
import { noPostgres } from '../support/programs/postgres.ts';
import { noRedis } from '../support/programs/redis.ts';
import { canFillDisk } from './disk-full.ts';
import { faults } from './faults.ts';
import { whyNoHosts } from './shards/hosts.ts';
import { noSlurm } from './shards/slurm-cluster.ts';

/** Returns why a kind of fault cannot be caused on this system. */
const whyNot: Readonly<Record<string, () => string | undefined>> = {
  'disk-full': () => (canFillDisk() ? undefined : 'this system cannot mount file systems'),
  shards: () => noRedis,
  'shard-hosts': () => noRedis ?? whyNoHosts(),
  slurm: () => noSlurm ?? 'Slurm takes a minute to find a node gone; run pnpm faults slurm',
  'sweep-optuna': () => noOptuna,
  service: () => (noRedis === undefined || noPostgres === undefined ? undefined : `${noRedis}, and ${noPostgres}`),
};

describe('faults, a few of each kind (pnpm faults causes many)', () => {
  for (const [name, { short, run }] of Object.entries(faults)) {
    const reason = whyNot[name]?.();
    it.skipIf(reason !== undefined)(
      `${name}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
      async () => {
        const { tried, losses } = await run(short, () => {});
        expect(losses).toEqual([]);
        expect(tried).toBeGreaterThan(0);
      },
      180_000,
    );
  }
});
