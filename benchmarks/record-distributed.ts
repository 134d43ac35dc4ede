/**
 * Measures what ranks of one thread cost each other: `pnpm record:distributed [FOLDER]`, where the folder (default `../shared/data`) has `ml-1m.txt` and
 * `amazon-games.txt`. One rank stands for 1, 2 and 8, without a network; then one and two ranks of Open MPI train on this machine. Writes
 * `benchmarks/results/distributed.json`. Needs `mpirun`, and about two minutes.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mpirunFlags } from '../test/support/programs/mpi.ts';
import { runForJson, runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import type { RanksMeasurement, RanksOptions } from './support/train-on-ranks.ts';
import { writeRecord } from './support/write-record.ts';

const [folder = '../shared/data'] = process.argv.slice(2);
const program = fileURLToPath(new URL('support/train-on-ranks.ts', import.meta.url));
const sizes = [1, 2, 8];
const shapes = {
  'ml-1m': { dataset: join(folder, 'ml-1m.txt'), maxLength: 200, dropoutRate: 0.2, steps: 20 },
  'amazon-games': { dataset: join(folder, 'amazon-games.txt'), maxLength: 50, dropoutRate: 0.5, steps: 60 },
};
const batchSize = 128;

const threads = { RECSYS_THREADS: '1' };

const standFor = (ranks: number, options: Omit<RanksOptions, 'ranks'>): RanksMeasurement =>
  runInChild(program, [JSON.stringify({ ...options, ranks })], threads);

const onMpi = (ranks: number, options: Omit<RanksOptions, 'ranks'>): RanksMeasurement =>
  runForJson(
    'mpirun',
    [
      ...['-n', String(ranks), ...mpirunFlags, process.execPath, '--import', 'tsx', program],
      JSON.stringify({ ...options, ranks: 'mpi' }),
    ],
    threads,
  );

const before = loadavg();
const results: Record<string, object> = {};
for (const [name, shape] of Object.entries(shapes)) {
  const options = { ...shape, batchSize };
  const withoutNetwork = sizes.map((ranks) => standFor(ranks, options));
  const onThisMachine = [1, 2].map((ranks) => onMpi(ranks, options));
  results[name] = { maxLength: shape.maxLength, batchSize, withoutNetwork, onThisMachine };
  console.log(name, JSON.stringify(results[name]));
}
const path = fileURLToPath(new URL('results/distributed.json', import.meta.url));
writeRecord(path, {
  machine: describeMachine(),
  command: 'pnpm record:distributed',
  load: { before, after: loadavg() },
  results,
});
console.log(`wrote ${path}`);
