import { availableParallelism, cpus, hostname } from 'node:os';
import { Writable } from 'node:stream';
import type { MpiCommunicator } from '@recsys/mpi';
import { UsageError } from '../errors.js';
import { loadOptional } from '../load-optional.js';
import type { OptionSpecs } from '../options/index.js';
import { formatCount, Reporter } from '../reporter.js';

export const distributedOptions = {
  distributed: {
    flags: '--distributed',
    help: 'train on the processes that mpirun has started, each with batches of its own: mpirun -n 2 recsys train DATA --distributed',
    type: 'boolean',
  },
} as const satisfies OptionSpecs;

/** The processes that train together; undefined for one alone. */
export type Ranks = MpiCommunicator | undefined;

/** Most threads that a backend takes. */
const mostThreads = 64;

/** Returns the processes that mpirun has started; undefined without `--distributed`. */
export const openRanks = async (given: Record<string, unknown>): Promise<Ranks> => {
  if (given.distributed !== true) return undefined;
  const { openMpi } = await loadOptional('@recsys/mpi', '--distributed', () => import('@recsys/mpi'));
  return openMpi();
};

/** Returns what this process reports with: of several, rank 0 alone prints. */
export const reporterOf = (ranks: Ranks, { json }: { readonly json: boolean }): Reporter => {
  if (ranks === undefined || ranks.rank === 0) return new Reporter({ json });
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Reporter({ json, quiet: true, errors: nowhere });
};

/** Shares the cores of this machine among its ranks, unless RECSYS_THREADS says how many threads to use. */
export const shareCores = async (reporter: Reporter, ranks: Ranks): Promise<void> => {
  if (ranks === undefined) return;
  const hosts = (await ranks.allgather(Buffer.from(hostname()))).map((name) => Buffer.from(name).toString());
  const here = hosts.filter((name) => name === hostname()).length;
  const machines = new Set(hosts).size;
  const text = machines === 1 ? 'on one machine' : `on ${machines} machines, ${here} of them here`;
  reporter.report('ranks', `${ranks.size} ${text}`, { ranks: ranks.size, machines, here });
  const [share, allowed] = [Math.max(1, Math.floor(cpus().length / here)), availableParallelism()];
  if (allowed < share)
    reporter.remark(
      `mpirun binds each rank to ${allowed} of the ${share} cores that it could use; give mpirun --bind-to none`,
    );
  process.env.RECSYS_THREADS ??= String(Math.min(share, allowed, mostThreads)); // read by the backend when it starts
};

/**
 * Checks that a run is resumed in as many parts as it was started in.
 * @throws {UsageError}
 */
export const assertAsManyRanks = (ranks: Ranks, runDirectory: string, parts = 1): void => {
  if (ranks === undefined || ranks.size === parts) return;
  const [before, advice] =
    parts === 1
      ? ['in one process', 'Resume it']
      : [`on ${parts} ranks`, `Use mpirun -n ${parts}, or resume it in one process,`];
  throw new UsageError(
    'usage',
    `${runDirectory}: was trained ${before}, and mpirun has started ${ranks.size}, which would cut its batches in other places. ${advice} without --distributed.`,
  );
};

/** Returns the command that resumes a run. */
export const resumeCommand = (runDirectory: string, ranks: Ranks): string =>
  ranks === undefined
    ? `recsys train --resume ${runDirectory}`
    : `mpirun -n ${ranks.size} recsys train --resume ${runDirectory} --distributed`;

/** Reports how much the ranks have told each other. */
export const reportTraffic = (reporter: Reporter, ranks: Ranks, gradientBytes = 0): void => {
  if (ranks === undefined) return;
  const { bytesReceived } = ranks;
  const text = `${kilobytes(gradientBytes)} of gradients per step · rank 0 has received ${kilobytes(bytesReceived)}`;
  reporter.report('traffic', text, { gradientBytes, bytesReceived });
};

const kilobytes = (bytes: number): string => `${formatCount(Math.round(bytes / 1000))} kB`;
