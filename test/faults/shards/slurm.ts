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
  readonly kills: number;
  readonly seed: number;
}

/** Longest until all shards must be done, in milliseconds. */
const limit = 1_800_000;

export const slurm: Fault<Size> = {
  about:
    'a node of Slurm killed with all its processes in the middle of a shard (an array of docs/shards.md; each node is a slurmd with process ids of its own): Slurm gives the task to another node, which takes the shard over while the first one is gone, and all outputs are those of an undisturbed run',
  short: { nodes: 2, shards: 3, lines: 8000, kills: 1, seed: 1 },
  long: { nodes: 3, shards: 24, lines: 20_000, kills: 3, seed: 1 },
  run: async ({ nodes, shards, lines, kills, seed }, report) => {
    const folder = mkdtempSync(join(tmpdir(), 'recsys-slurm-faults-'));
    const at = (name: string) => join(folder, name);
    await writeInputs(folder, { shards, lines, seed });
    const whole = recsys(['recommend', at('model'), '--inputs', at('histories'), '--outputs', at('whole')]);
    if (whole.status !== 0) throw new Error(`the run without a fault failed: ${whole.stderr}`);
    const cluster = await SlurmCluster.start(nodes);
    const end = performance.now() + limit;
    const hasTime = () => performance.now() < end;
    const marks = () => contentsOf(join(at('lists'), '.shards')).filter((name) => name.includes('.in-use-by-'));
    const isDone = (stem: string) => contentsOf(join(at('lists'), '.shards')).includes(`${stem}.json`);
    const done = () => contentsOf(join(at('lists'), '.shards')).filter((name) => name.endsWith('.json')).length;
    const tally = new Tally();
    try {
      cluster.submit(scriptOf(shards), folder);
      const rng = new Rng(seed);
      for (let i = 0; i < kills; i++) {
        while (done() < Math.floor((i * shards) / (kills + 1)) && hasTime()) await sleep(20);
        const node = rng.below(nodes);
        const ofNode = `-ns${cluster.namespaceOf(node)}-`;
        let mark: string | undefined;
        while (mark === undefined && hasTime()) {
          await sleep(20);
          mark = marks().find((name) => name.includes(ofNode));
        }
        if (mark === undefined) break;
        await cluster.kill(node);
        const stem = mark.split('.in-use-by-')[0];
        while (!isDone(stem) && hasTime()) await sleep(100);
        const task = cluster.tasks().find((own) => own.task === Number(stem.split('-')[1]));
        const isElsewhere = isDone(stem) && task !== undefined && task.restarts > 0 && task.node !== nameOf(node);
        tally.add(isElsewhere ? undefined : `${stem} of ${nameOf(node)}: ${JSON.stringify(task)}`);
        report(`${nameOf(node)} killed in ${stem}, done again on ${task?.node}; ${done()} of ${shards} shards done`);
        cluster.startNode(node);
      }
      while (cluster.open > 0 && hasTime()) await sleep(500);
      const tasks = cluster.tasks();
      for (let shard = 0; shard < shards; shard++) {
        const state = tasks.find(({ task }) => task === shard)?.state;
        if (state !== 'COMPLETED') tally.add(`task ${shard} is ${state}`);
      }
      for (const loss of differencesOf(at('whole'), at('lists'))) tally.add(loss);
      const requeued = tasks.reduce((sum, { restarts }) => sum + restarts, 0);
      return tally.record({ nodes, shards, historiesOfEach: lines, kills, requeued });
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
