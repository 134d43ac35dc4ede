import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();

/**
 * Describes the machine and the commit of a measurement. Changed files in `benchmarks/results` do not make it dirty.
 */
export const describeMachine = () => ({
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  commit:
    git('describe', '--always') +
    (git('status', '--porcelain', '--', ':/', ':!/benchmarks/results') === '' ? '' : '-dirty'),
});
