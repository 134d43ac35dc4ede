import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partialPathOf } from '@recsys/data/node';
import { CheckpointError } from '@recsys/model';
import { type FitResult, fit } from '@recsys/training';
import { RunDirectory } from '@recsys/training/node';
import { formatSeconds, type Reporter } from '../reporter.js';
import { isFinished, type Plan, refit, reportTest, trainingReport } from '../train/index.js';

/** What a night starts with, as the run of its training keeps it. */
export interface NightStart {
  /** The version whose weights it starts from, as the run names it; null: from scratch. */
  readonly from: string | null;
  /** The version that is to be replaced; null: none. */
  readonly replaces: string | null;
  /** Of the data. */
  readonly fingerprint: string;
}

/** Returns what the run in a directory started with; undefined when there is none that can be read. */
export const startOf = async (directory: string): Promise<NightStart | undefined> => {
  if (!existsSync(join(directory, 'config.json'))) return undefined;
  try {
    const { info, data } = (await (await RunDirectory.open(directory)).config()) as {
      info?: { from?: string; replaces?: string };
      data?: { fingerprint?: string };
    };
    return { from: info?.from ?? null, replaces: info?.replaces ?? null, fingerprint: data?.fingerprint ?? '' };
  } catch {
    return undefined;
  }
};

/** What is in the directory of a run. */
const runFiles = /^(config\.json|metrics\.jsonl|checkpoints|refit|in-use-by-.*|\.partial-.*)$/;

/**
 * Removes a run, if there is one. It is moved aside first: one that is there is there whole.
 * @throws {CheckpointError} `cannot-write` when the directory holds anything else: a mistaken path must not cost data.
 */
export const removeRun = async (directory: string): Promise<void> => {
  if (!existsSync(directory)) return;
  const other = (await readdir(directory)).find((name) => !runFiles.test(name));
  if (other !== undefined)
    throw new CheckpointError(
      'cannot-write',
      `${directory}: holds ${other}, which is not part of a run; it is not replaced`,
    );
  const aside = partialPathOf(directory);
  await rename(directory, aside);
  await rm(aside, { recursive: true, force: true });
};

/** What the training of a night depends on. */
interface NightTraining {
  /** What the run that is in the run directory started with, if there is one. */
  readonly leftover: NightStart | undefined;
  /** The version that is current. */
  readonly current: string | undefined;
  /** Whether it is tested beside baselines: where there is no model to compare it with. */
  readonly isTested: boolean;
  readonly signal: AbortSignal;
}

/** Trains as planned; resumes a run that was stopped if it started the same way. */
export const trainNight = async (
  reporter: Reporter,
  plan: Plan,
  { leftover, current, isTested, signal }: NightTraining,
): Promise<FitResult> => {
  const { runDirectory, info, model, loaded } = plan;
  const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
  const train = (resume: boolean) =>
    fit(model, loaded.split, {
      ...plan.fit,
      runInfo: { ...info, ...(current !== undefined && { replaces: current }) },
      resume,
      runDirectory,
      signal,
      callbacks: [trainingReport(reporter, plan.fit.epochs)],
    });
  const hasSameStart = leftover?.from === (info.from ?? null) && leftover.replaces === (current ?? null);
  const result = await trainOrBegin(reporter, runDirectory, train, hasSameStart);
  const epochs = result.best?.epoch ?? result.epochs;
  const isRefitted = isFinished(result) && info.refit === true;
  const ended = isRefitted ? await refit(reporter, plan, epochs, { limits: { signal } }) : result;
  if (!isFinished(ended)) return ended;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const processorSeconds = (user + system) / 1e6;
  reporter.report(
    'trained',
    `${result.epochs} ${result.epochs === 1 ? 'epoch' : 'epochs'} in ${formatSeconds(seconds)} (${formatSeconds(processorSeconds)} of processor time)`,
    { epochs: result.epochs, steps: result.steps, best: result.best, seconds, processorSeconds },
  );
  if (isTested) await reportTest(reporter, plan, result);
  return result;
};

/** Resumes the run in a directory if possible; otherwise starts again. */
const trainOrBegin = async (
  reporter: Reporter,
  directory: string,
  train: (resume: boolean) => Promise<FitResult>,
  hasSameStart: boolean,
): Promise<FitResult> => {
  if (hasSameStart) {
    try {
      return await train(true);
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code === 'cannot-write') throw error;
      reporter.remark(`the training that was stopped cannot go on, and begins again: ${error.problem}`);
    }
  }
  await removeRun(directory);
  return train(false);
};
