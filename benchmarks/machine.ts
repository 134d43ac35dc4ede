import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** Returns what a figure was measured on, and with which commit. */
export const describeMachine = () => ({
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
});
