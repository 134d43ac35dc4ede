/**
 * Measures what ranks cost each other: `pnpm record:distributed [FOLDER]`, where the folder (default `../shared/data`) has `ml-1m.txt` and
 * `amazon-games.txt`. One rank stands for 1 to 16, without a network; then one and two ranks of Open MPI train on this machine. Writes
 * `benchmarks/results/distributed.json`. Needs `mpirun`, and about two minutes.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runForJson, runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import type { RanksMeasurement, RanksOptions } from './support/train-on-ranks.ts';
import { writeRecord } from './support/write-record.ts';

const [folder = '../shared/data'] = process.argv.slice(2);
const program = fileURLToPath(new URL('support/train-on-ranks.ts', import.meta.url));
const sizes = [1, 2, 4, 8, 16];
const shapes = {
  'ml-1m': { dataset: join(folder, 'ml-1m.txt'), maxLength: 200, dropoutRate: 0.2, steps: 30 },
  'amazon-games': { dataset: join(folder, 'amazon-games.txt'), maxLength: 50, dropoutRate: 0.5, steps: 150 },
};
const batchSize = 128;

const standFor = (ranks: number, options: Omit<RanksOptions, 'ranks'>, threads: number): RanksMeasurement =>
  runInChild(program, [JSON.stringify({ ...options, ranks })], { RECSYS_THREADS: String(threads) });

const onMpi = (ranks: number, options: Omit<RanksOptions, 'ranks'>): RanksMeasurement =>
  runForJson(
    'mpirun',
    [
      ...['-n', String(ranks), '--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
      ...['--mca', 'mpi_yield_when_idle', '1', '--mca', 'btl_vader_single_copy_mechanism', 'none'],
      ...[process.execPath, '--import', 'tsx', program, JSON.stringify({ ...options, ranks: 'mpi' })],
    ],
    { RECSYS_THREADS: '1' },
  );

const results: Record<string, object> = {};
for (const [name, shape] of Object.entries(shapes)) {
  const options = { ...shape, batchSize };
  const withoutNetwork = sizes.map((ranks) => standFor(ranks, options, 2));
  const onThisMachine = { one: standFor(1, options, 1), two: onMpi(2, options) };
  results[name] = { maxLength: shape.maxLength, batchSize, withoutNetwork, onThisMachine };
  console.log(name, JSON.stringify(results[name]));
}
const path = fileURLToPath(new URL('results/distributed.json', import.meta.url));
writeRecord(path, { machine: describeMachine(), command: 'pnpm record:distributed', results });
console.log(`wrote ${path}`);
