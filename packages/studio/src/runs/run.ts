import type { Stats } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockMarks } from '@recsys/data/node';
import { checkpointNames, checkpointsOf } from '@recsys/model/node';
import { z } from 'zod';
import { StudioError } from '../errors.js';
import type { RunLog, RunStatus, RunSummary } from '../protocol/index.js';
import { MetricsLog } from './metrics-log.js';
import { type RunSettings, readConfig } from './read-config.js';

const trainingSchema = z.looseObject({ progress: z.looseObject({ finished: z.string().nullable() }) });

/** Ms after which a process on another machine that has not renewed its mark counts as ended; it renews it six times as often. */
const longestSilence = 60_000;

/** Why a run has no numbers yet. */
const nothing = { model: '', loss: '', protocol: '', epochs: { done: 0, planned: 0 }, seconds: 0 } as const;
const noData: RunSummary['data'] = { name: '', users: 0, items: 0, interactions: 0, fingerprint: '' };

/** A run in a folder, as it was at the last look. */
export class Run {
  /** Path from the folder of runs. */
  readonly name: string;
  readonly path: string;
  #settings: RunSettings | undefined;
  #log: MetricsLog;
  /** Sizes and times of its files at the last look. */
  #files = '';
  #finished = false;
  /** Marks of processes on other machines: their texts, and when they last changed. */
  readonly #marks = new Map<string, { text: string; since: number }>();
  summary: RunSummary | undefined;

  constructor(name: string, path: string) {
    this.name = name;
    this.path = path;
    this.#log = new MetricsLog(path);
  }

  /** The settings; undefined if they cannot be read. */
  get settings(): RunSettings | undefined {
    return this.#settings;
  }

  /** Looks at the files again, if they have changed. Resolves to what is new: of the run, and of its log. */
  async look(): Promise<{ changed: boolean; log: RunLog | undefined }> {
    const [config, metrics, ...folders] = await Promise.all(
      ['config.json', 'metrics.jsonl', '.', 'checkpoints'].map((file) =>
        lstat(join(this.path, file)).catch(() => undefined),
      ),
    );
    const files = [config, metrics, ...folders].map(signatureOf).join();
    const isSame = files === this.#files;
    if (isSame && this.summary?.status !== 'training') return { changed: false, log: undefined };
    let log: RunLog | undefined;
    let summary: RunSummary;
    try {
      if (!isSame) log = await this.#readFiles();
      summary = await this.#summarize(metrics ?? config);
    } catch (error) {
      const problem = problemOf(error);
      const updated = (metrics ?? config)?.mtimeMs ?? 0;
      summary = { ...nothing, name: this.name, status: 'unreadable', problem, data: noData, updated };
    }
    this.#files = files;
    const changed = JSON.stringify(summary) !== JSON.stringify(this.summary);
    if (changed) this.summary = summary;
    return { changed, log };
  }

  /** Everything that a page which follows the run needs to begin with. */
  wholeLog(): RunLog {
    const { name: run, settings } = this;
    return { type: 'log', run, again: true, epochs: this.#log.epochs, settings: settings?.all ?? {} };
  }

  async #readFiles(): Promise<RunLog | undefined> {
    const isNew = this.#settings === undefined;
    this.#settings = await readConfig(this.path);
    const change = await this.#log.read();
    this.#finished = await isFinished(this.path);
    if (isNew || change?.again) return this.wholeLog();
    return change && { type: 'log', run: this.name, again: false, epochs: change.epochs };
  }

  async #summarize(written: Stats | undefined): Promise<RunSummary> {
    const { model, loss, data, validation, epochs: planned } = this.#settings!;
    const { epochs, test, badLines } = this.#log;
    const validated = epochs.filter((epoch) => epoch.validation?.[validation?.metric ?? ''] !== undefined);
    const valueIn = (epoch: (typeof epochs)[number]) => epoch.validation![validation!.metric];
    const [first, ...rest] = validated;
    const best = first && rest.reduce((a, b) => (valueIn(b) > valueIn(a) ? b : a), first);
    return {
      name: this.name,
      status: await this.#status(),
      problem:
        badLines === 0
          ? undefined
          : `${badLines === 1 ? 'a line' : `${badLines} lines`} of metrics.jsonl cannot be read`,
      model,
      data,
      loss,
      protocol: validation?.protocol ?? '',
      epochs: { done: epochs.at(-1)?.epoch ?? 0, planned },
      seconds: epochs.at(-1)?.seconds ?? 0,
      best: best && { epoch: best.epoch, metric: validation!.metric, metrics: best.validation! },
      test,
      updated: written?.mtimeMs ?? 0,
    };
  }

  async #status(): Promise<RunStatus> {
    const marks = await lockMarks(join(this.path, 'in-use-by-'));
    const now = performance.now();
    for (const { owner, text } of marks)
      if (this.#marks.get(owner)?.text !== text) this.#marks.set(owner, { text, since: now });
    const runs = marks.some(
      ({ owner, isRunning }) => isRunning ?? now - this.#marks.get(owner)!.since < longestSilence,
    );
    if (runs) return 'training';
    return this.#finished || this.#log.test !== undefined ? 'finished' : 'stopped';
  }
}

/** Returns why files cannot be read. @throws what is no error of files. */
const problemOf = (error: unknown): string => {
  if (error instanceof StudioError) return error.problem;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return `its files cannot be read (${code})`;
};

const signatureOf = (stats: Stats | undefined): string =>
  stats === undefined ? '' : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;

/** Returns whether the newest checkpoint is the last one. */
const isFinished = async (run: string): Promise<boolean> => {
  const [newest] = await checkpointNames(run);
  if (newest === undefined) return false;
  try {
    const text = await readFile(join(checkpointsOf(run), newest, 'training.json'), 'utf8');
    return trainingSchema.parse(JSON.parse(text)).progress.finished !== null;
  } catch {
    return false; // it is being written or removed
  }
};
