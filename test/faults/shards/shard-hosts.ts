import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { type Fault, Tally } from '../fault.ts';
import { Hosts, nameOf } from './hosts.ts';
import { ShardWork } from './shard-work.ts';

interface Size {
  readonly hosts: number;
  readonly shards: number;
  readonly lines: number;
  /** How often each cause. */
  readonly times: { readonly dies: number; readonly freezes: number; readonly isCutOff: number };
  readonly seed: number;
}

/** Longest until the shard of a machine that is gone must be done by another one, in milliseconds. */
const patience = 60_000;

/** Longer than the lock of a job, so that another machine gets it. */
const cutOffMs = 5000;

export const shardHosts: Fault<Size> = {
  about:
    'a machine that works on a shard dies, stands still or loses its network (network namespaces, whose processes do not see each other): another one takes the shard over from the dead and the frozen while they are away, the frozen one notices, and all outputs are those of an undisturbed run',
  short: { hosts: 2, shards: 8, lines: 3000, times: { dies: 0, freezes: 1, isCutOff: 0 }, seed: 1 },
  long: { hosts: 3, shards: 72, lines: 12_000, times: { dies: 4, freezes: 4, isCutOff: 4 }, seed: 1 },
  run: async ({ hosts: number, shards, lines, times, seed }, report) => {
    const hosts = Hosts.create(number);
    if (hosts === undefined) throw new Error('this system cannot make network namespaces');
    try {
      const work = await ShardWork.start({ shards, lines, seed, address: hosts.address });
      const workers = Array.from({ length: number }, (_, host) => work.startWorker(hosts.behind(host)));
      const rng = new Rng(seed);
      const tally = new Tally();
      let takenOver = 0;
      const signal = (host: number, name: NodeJS.Signals) => process.kill(-workers[host].pid!, name);
      /** Waits until another machine has done a shard. */
      const wait = async (host: number, shard: string, what: string) => {
        if (work.isDone(shard)) return tally.add(); // just before
        const end = performance.now() + patience;
        while (!work.isDone(shard) && performance.now() < end) await sleep(20);
        if (work.isDone(shard)) takenOver += 1;
        tally.add(work.isDone(shard) ? undefined : `${shard} of ${nameOf(host)}, which ${what}, was not taken over`);
      };
      const causes = {
        dies: async (host: number, shard: string) => {
          const ended = once(workers[host], 'exit');
          signal(host, 'SIGKILL');
          await ended;
          await wait(host, shard, 'is dead');
          workers[host] = work.startWorker(hosts.behind(host));
        },
        freezes: async (host: number, shard: string) => {
          signal(host, 'SIGSTOP');
          await wait(host, shard, 'stands still');
          signal(host, 'SIGCONT');
        },
        isCutOff: async (host: number) => {
          hosts.setConnected(host, false);
          await sleep(cutOffMs);
          hosts.setConnected(host, true);
          tally.add();
        },
      };
      const names = Object.keys(times) as (keyof typeof times)[];
      const numbers = names.flatMap((name, i) => Array.from({ length: times[name] }, () => i));
      const all = rng.shuffle(numbers).map((i) => names[i]);
      for (const [i, name] of all.entries()) {
        const enough = Math.floor((i * shards) / (all.length + 1));
        while (work.done < enough && work.hasTime) await sleep(20);
        // The first machine, in some order, that works on a shard.
        const order = rng.shuffle(Array.from(workers.keys()));
        const atWork = () =>
          order.flatMap((host) => {
            const shard = work.shardOf(`@${nameOf(host)}`);
            return shard === undefined ? [] : [{ host, shard }];
          });
        let [found] = atWork();
        while (found === undefined && work.done < shards && work.hasTime) {
          await sleep(5);
          [found] = atWork();
        }
        if (found === undefined) break;
        const { host, shard } = found;
        await causes[name](host, shard);
        report(`${nameOf(host)} ${name}, ${work.done} shards done`);
      }
      for (const loss of await work.finish(workers)) tally.add(loss);
      return tally.record({ hosts: number, shards, historiesOfEach: lines, ...times, takenOver });
    } finally {
      hosts.dispose();
    }
  },
};
