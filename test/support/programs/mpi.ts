/** Ranks of Open MPI for tests, started with Debian's program. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { tellSkipped } from './tell-skipped.js';

const isInstalled = process.env.PATH!.split(delimiter).some((folder) => existsSync(join(folder, 'mpirun')));

/** Why no ranks can be started here, or undefined. */
export const noMpi = isInstalled ? undefined : 'there is no mpirun in PATH; install the package openmpi-bin';
tellSkipped('Open MPI', noMpi);

/** For few cores, as root or not, in a container or not. */
export const mpirunFlags = [
  ...['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
  ...['--mca', 'mpi_yield_when_idle', '1', '--mca', 'btl_vader_single_copy_mechanism', 'none'],
];

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Ranks that run. */
interface Job {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Ends one of them at once, as a crash does. */
  killRank(rank: number): void;
}

/** Starts a program of Node on `size` ranks, of one thread each. */
export const startRanks = (size: number, program: readonly string[], cwd: string): Job => {
  const args = ['-n', String(size), ...mpirunFlags, process.execPath, ...program];
  const env = { ...process.env, RECSYS_THREADS: '1' };
  const job = spawn('mpirun', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: string[][] = [[], []];
  job.stdout.on('data', (chunk) => stdout.push(String(chunk)));
  job.stderr.on('data', (chunk) => stderr.push(String(chunk)));
  const ended = new Promise<Ended>((resolve) => {
    job.once('close', (status) => resolve({ status, stdout: stdout.join(''), stderr: stderr.join('') }));
  });
  const killRank = (rank: number) => {
    const children = readFileSync(`/proc/${job.pid}/task/${job.pid}/children`, 'utf8').trim().split(' ');
    const isRank = (pid: string) =>
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`OMPI_COMM_WORLD_RANK=${rank}\0`);
    process.kill(Number(children.find(isRank)), 'SIGKILL');
  };
  return { process: job, ended, killRank };
};

/** Runs a program of Node on `size` ranks to its end. */
export const onRanks = (size: number, program: readonly string[], cwd: string): Promise<Ended> =>
  startRanks(size, program, cwd).ended;
