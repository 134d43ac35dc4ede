/**
 * Runs the speed measurements of the README: `pnpm record:speed [FOLDER]`, where the folder (default `../shared/data`)
 * contains `ml-1m.txt` and `amazon-games.txt`. Writes `benchmarks/results/speed-node<version>.json`. Set the
 * environment variable `PEER=torch,torch-packed` to compare with PyTorch as users write it, and with PyTorch at its best.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const [folder = '../shared/data'] = process.argv.slice(2);
const peers = ['--rounds', '3', '--peer', ['wasm-kernels', ...(process.env.PEER ? [process.env.PEER] : [])].join(',')];
const movies = ['--dataset', join(folder, 'ml-1m.txt'), '--dropout-rate', '0.2'];
const games = ['--dataset', join(folder, 'amazon-games.txt'), '--max-length', '50', '--dropout-rate', '0.5'];

const growth: Record<string, string[]> = {
  ...Object.fromEntries(
    [1, 2].map((n) => [`ml-1m, ${n} threads`, ['train', ...movies, '--steps', '20', '--threads', String(n)]]),
  ),
  ...Object.fromEntries(
    [50, 100, 200, 400].map((n) => [
      `ml-1m, maxLength ${n}`,
      ['train', ...movies, '--steps', '20', '--max-length', String(n)],
    ]),
  ),
  ...Object.fromEntries(
    [10_000, 100_000, 1_000_000].map((n) => [
      `catalog of ${n}`,
      ['train', '--catalog', String(n), '--max-length', '50', '--steps', '30'],
    ]),
  ),
  evaluate: ['evaluate', ...movies],
  recommend: ['recommend', ...movies],
};
const withEngine = (engine: string) =>
  Object.fromEntries(
    Object.entries(growth).map(([name, args]) => [`${name}, ${engine}`, [...args, '--engine', engine]]),
  );

const runs: Record<string, string[]> = {
  'ml-1m': ['train', ...movies, '--max-length', '200', '--steps', '30', ...peers],
  'amazon-games': ['train', ...games, '--steps', '100', ...peers],
  'ml-1m on tfjs wasm': ['train', ...movies, '--max-length', '200', '--steps', '2', '--backend', 'wasm'],
  'amazon-games on tfjs wasm': ['train', ...games, '--steps', '10', '--backend', 'wasm'],
  ...withEngine('native'),
  ...withEngine('wasm'),
  kernels: ['kernels'],
};

const bench = fileURLToPath(new URL('bench.ts', import.meta.url));
const results: Record<string, object> = {};
for (const [name, args] of Object.entries(runs)) {
  const measured = runInChild<Record<string, unknown>>(bench, [...args, '--json']);
  const { machine: _, options: __, command: ___, ...result } = measured;
  results[name] = { command: `pnpm bench ${args.join(' ')}`, ...result };
  console.log(name, JSON.stringify(result));
}
const file = `speed-node${process.versions.node.split('.')[0]}.json`;
const path = fileURLToPath(new URL(`results/${file}`, import.meta.url));
writeRecord(path, { machine: describeMachine(), results });
console.log(`wrote ${path}`);
