import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { type Fault, Tally } from '../fault.ts';
import { command, contentsOf, recsys } from '../small-run.ts';
import { differencesOf, writeInputs } from './shard-work.ts';
import { nameOf, SlurmCluster } from './slurm-cluster.ts';

interface Size {
  readonly nodes: number;
  readonly shards: number;
  readonly lines: number;
  /** How many nodes are killed, fewer than there are. */
  readonly kills: number;
  readonly seed: number;
}

/** Longest until all shards must be done, in milliseconds. */
const limit = 1_800_000;

export const slurm: Fault<Size> = {
  about:
    'a node of Slurm killed with all its processes in the middle of a shard (an array as in docs/shards.md; each node is a slurmd with process ids of its own): Slurm gives the task to another node, which takes the shard over, and all outputs are those of an undisturbed run',
  short: { nodes: 2, shards: 3, lines: 8000, kills: 1, seed: 1 },
  long: { nodes: 3, shards: 12, lines: 10_000, kills: 2, seed: 1 },
  run: async ({ nodes, shards, lines, kills, seed }, report) => {
    const folder = mkdtempSync(join(tmpdir(), 'recsys-slurm-faults-'));
    const at = (name: string) => join(folder, name);
    await writeInputs(folder, { shards, lines, seed });
    const whole = recsys(['recommend', at('model'), '--inputs', at('histories'), '--outputs', at('whole')]);
    if (whole.status !== 0) throw new Error(`the run without a fault failed: ${whole.stderr}`);
    const cluster = await SlurmCluster.start(nodes);
    const end = performance.now() + limit;
    const hasTime = () => performance.now() < end;
    const found = () => contentsOf(join(at('lists'), '.shards'));
    const done = () => found().filter((name) => name.endsWith('.json')).length;
    /** Returns the shard that a node works on, if it does. */
    const shardOf = (node: number) => {
      const ofNode = `-ns${cluster.namespaceOf(node)}-`;
      return found()
        .find((name) => name.includes('.in-use-by-') && name.includes(ofNode))
        ?.split('.in-use-by-')[0];
    };
    const tally = new Tally();
    try {
      cluster.submit(scriptOf(shards), folder);
      const rng = new Rng(seed);
      /** Shards in which a node was killed, and that node. */
      const killed = new Map<string, number>();
      const alive = Array.from({ length: nodes }, (_, node) => node);
      while (alive.length > nodes - kills && done() < shards && hasTime()) {
        await sleep(20 + rng.below(500));
        if (done() < Math.floor(((nodes - alive.length) * shards) / (kills + 1))) continue;
        const node = alive[rng.below(alive.length)];
        const shard = shardOf(node);
        if (shard === undefined) continue;
        await cluster.kill(node);
        if (!found().includes(`${shard}.json`)) killed.set(shard, node);
        alive.splice(alive.indexOf(node), 1);
        report(`${nameOf(node)} killed in ${shard}, ${done()} of ${shards} shards done`);
      }
      while (cluster.open > 0 && hasTime()) await sleep(500);
      const tasks = cluster.tasks();
      for (const [shard, node] of killed) {
        const task = tasks.find((own) => own.task === Number(shard.split('-')[1]));
        const isElsewhere = task !== undefined && task.restarts > 0 && task.node !== nameOf(node);
        tally.add(isElsewhere ? undefined : `${shard} of ${nameOf(node)}: ${JSON.stringify(task)}`);
      }
      for (let shard = 0; shard < shards; shard++) {
        const state = tasks.find(({ task }) => task === shard)?.state;
        if (state !== 'COMPLETED') tally.add(`task ${shard} is ${state}`);
      }
      for (const loss of differencesOf(at('whole'), at('lists'))) tally.add(loss);
      const requeued = tasks.reduce((sum, { restarts }) => sum + restarts, 0);
      return tally.record({ nodes, shards, historiesOfEach: lines, killedInAShard: killed.size, requeued });
    } finally {
      await cluster.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

/** Returns the script of docs/shards.md, with a core for each task. */
const scriptOf = (shards: number): string => `#!/bin/sh
#SBATCH --array=0-${shards - 1} --requeue
#SBATCH --cpus-per-task=1
#SBATCH --output=%a.txt --open-mode=append
export RECSYS_THREADS=1
exec ${process.execPath} ${command} recommend model --inputs histories --outputs lists --shard auto
`;
