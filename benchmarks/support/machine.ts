import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** Returns what a figure was measured on, and with which commit; results recorded beside it do not make it dirty. */
export const describeMachine = () => ({
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  commit:
    git('describe', '--always') +
    (git('status', '--porcelain', '--', ':/', ':!/benchmarks/results') === '' ? '' : '-dirty'),
});
