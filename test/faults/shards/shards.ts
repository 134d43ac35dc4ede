import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { type Fault, Tally } from '../fault.ts';
import { ShardWork } from './shard-work.ts';

interface Size {
  readonly shards: number;
  readonly lines: number;
  readonly workers: number;
  readonly kills: number;
  readonly restarts: number;
  readonly seed: number;
}

export const shards: Fault<Size> = {
  about:
    'workers of shards on BullMQ killed at random moments, and Redis killed and started again: each output is whole and byte for byte that of an undisturbed run, none is done twice, and the manifest is right',
  short: { shards: 6, lines: 3000, workers: 2, kills: 3, restarts: 1, seed: 1 },
  long: { shards: 60, lines: 12_000, workers: 3, kills: 20, restarts: 2, seed: 1 },
  run: async ({ shards, lines, workers: number, kills, restarts, seed }, report) => {
    const work = await ShardWork.start({ shards, lines, seed });
    const workers = Array.from({ length: number }, () => work.startWorker());
    const rng = new Rng(seed);
    const tally = new Tally();
    let killedInAShard = 0;
    const kill = async () => {
      const place = rng.below(workers.length);
      const worker = workers[place];
      if (work.shardOf(`.in-use-by-${worker.pid}-`) !== undefined) killedInAShard += 1;
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
      workers[place] = work.startWorker();
    };
    const restart = async () => {
      await work.redis.kill();
      await sleep(rng.below(1000));
      await work.redis.restart();
    };
    const causes = Array.from({ length: kills + restarts }, (_, i) => (i < kills ? kill : restart));
    const order = rng.shuffle(causes.map((_, i) => i));
    for (const [i, place] of order.entries()) {
      // Spread over the whole work, so that none comes when all is done.
      const enough = Math.floor((i * shards) / (order.length + 1));
      while (work.done < enough && work.hasTime) await sleep(20);
      await sleep(rng.below(1000));
      await causes[place]();
      tally.add();
      report(`fault ${i + 1} of ${order.length}, ${work.done} shards done`);
    }
    for (const loss of await work.finish(workers)) tally.add(loss);
    return tally.record({
      shards,
      historiesOfEach: lines,
      workers: number,
      kills,
      killedInAShard,
      restartsOfRedis: restarts,
    });
  },
};
