import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Id } from '@recsys/data';
import { writeTargetOf } from '@recsys/data/node';
import { engineName, recommend, type SequentialModel } from '@recsys/model';
import {
  answerHistories,
  blocksOfLines,
  type FileRecommendOptions,
  filterFingerprint,
  jsonLines,
  modelFingerprint,
} from '@recsys/model/node';
import { OutputError, UsageError } from '../errors.js';
import { formatCount, type Reporter } from '../reporter.js';
import type { HistorySource } from './history-source.js';
import { type Ingredients, ResumableOutput } from './resumable-output.js';

/** Number of unknown items that are shown. */
const shownUnknown = 5;

/** Counts of the lines that are done. */
interface Tally {
  readonly lines: number;
  /** Bad lines, for which `null` was written. */
  readonly skipped: number;
  /** How often an item was skipped because the model does not know it. */
  readonly unknown: number;
  /** The first of those items. */
  readonly firstUnknown: readonly Id[];
  /** How many histories got the fallback. */
  readonly fallbacks: number;
  /** The time of requests that do not say theirs, in seconds since 1970: that of the start, also when resumed. */
  readonly at?: number;
}

const nothing: Tally = { lines: 0, skipped: 0, unknown: 0, firstUnknown: [], fallbacks: 0 };

/** The file that lines are written to, and how. */
interface Destination {
  readonly output: string;
  readonly restart: boolean;
  readonly overwrite: boolean;
}

interface RecommendFileOptions {
  readonly settings: FileRecommendOptions;
  readonly onError: 'throw' | 'skip';
  /** Undefined: lines are printed. */
  readonly destination: Destination | undefined;
  readonly reporter: Reporter;
}

/** Recommends for each history of a source, one block at a time. */
export const recommendFile = async (
  model: SequentialModel,
  source: HistorySource,
  { settings, onError, destination, reporter }: RecommendFileOptions,
): Promise<void> => {
  // Refuse bad options before there is an output.
  recommend(model, model.config.catalog.ids.slice(0, 1), { ...settings, times: [0] });
  const sink = destination === undefined ? printer() : await openOutput(model, source, destination, settings);
  if (!('append' in sink)) {
    reportTally(reporter, sink);
    return;
  }
  let tally = sink.progress;
  const { at = now(settings) } = tally;
  if (tally.lines > 0) reporter.remark(`resumed after ${formatCount(tally.lines)} lines`);
  const onProgress = (done: number, total: number) => reporter.progress('recommend', done, total);
  try {
    for await (const block of blocksOfLines(source.read({ skip: tally.lines, onProgress }))) {
      const answered = answerHistories(model, block, { ...settings, at });
      const { answers, firstBad, skipped, unknown, fallbacks } = answered;
      if (firstBad !== undefined && onError === 'throw')
        throw new UsageError('usage', `${source.name}:${firstBad.number}: ${firstBad.reason}.`, {
          advice: { option: 'onError', value: 'skip', purpose: 'to write null for such lines' },
        });
      const own = { lines: answers.length, skipped, unknown: unknown.length, firstUnknown: unknown, fallbacks };
      tally = { ...addTallies(tally, own), ...(model.usesTimes && { at }) };
      await sink.append(jsonLines(answers), tally);
    }
    await sink.finish();
  } finally {
    reporter.stopBar();
    await sink.close();
  }
  reportTally(reporter, tally);
};

/** Prints pieces to standard output, as fast as they are read. */
const printer = () => ({
  progress: nothing,
  append: async (piece: string): Promise<void> => {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  },
  finish: async (): Promise<void> => undefined,
  close: async (): Promise<void> => undefined,
});

const openOutput = async (
  model: SequentialModel,
  source: HistorySource,
  { output, restart, overwrite }: Destination,
  { k, excludeSeen, candidates, exclude, fallback, diversity, at }: FileRecommendOptions,
): Promise<ResumableOutput<Tally> | Tally> => {
  const ingredients: Ingredients = {
    input: await source.fingerprint(),
    model: modelFingerprint(model),
    engine: engineName(),
    '--k': String(k),
    '--include-seen': String(!excludeSeen),
    candidates: filterFingerprint(candidates),
    exclude: exclude === undefined ? 'none' : filterFingerprint(exclude),
    '--fallback': String(fallback ?? 'none'),
    '--diversity': String(diversity ?? 0),
    ...(at !== undefined && { '--at': String(at) }),
  };
  return ResumableOutput.open<Tally>(await writablePath(source.name, output), {
    ingredients,
    start: nothing,
    restart,
    overwrite,
  });
};

/** Returns the path of an output: the file that a symbolic link leads to, never a device or the input. */
const writablePath = async (input: string, output: string): Promise<string> => {
  const { path, replaceable } = await writeTargetOf(output).catch((cause: Error) => {
    throw new OutputError('cannot-write', `${output}: cannot be written: ${cause.message}`, { cause });
  });
  if (!replaceable)
    throw new UsageError('usage', `${output}: is not a regular file, so it could not be resumed; remove --output`);
  if (path === (await realpath(input).catch(() => undefined)))
    throw new UsageError('usage', `${output}: is the --input itself; choose another --output`);
  return path === resolve(output) ? output : path;
};

/** Returns the time of requests that do not say theirs. */
const now = ({ at }: FileRecommendOptions): number => at ?? Math.floor(Date.now() / 1000);

const addTallies = (a: Tally, b: Tally): Tally => ({
  lines: a.lines + b.lines,
  skipped: a.skipped + b.skipped,
  unknown: a.unknown + b.unknown,
  firstUnknown: [...new Set([...a.firstUnknown, ...b.firstUnknown])].slice(0, shownUnknown),
  fallbacks: a.fallbacks + b.fallbacks,
});

const reportTally = (reporter: Reporter, { lines, skipped, unknown, firstUnknown, fallbacks }: Tally): void => {
  if (unknown > 0)
    reporter.remark(
      `skipped ${formatCount(unknown)} items that the model does not know; the first: ${firstUnknown.join(', ')}`,
    );
  if (fallbacks > 0)
    reporter.remark(`used the fallback for ${formatCount(fallbacks)} histories without an item that the model knows`);
  if (skipped > 0) reporter.remark(`wrote null for ${formatCount(skipped)} bad lines`);
  reporter.remark(`recommended for ${formatCount(lines - skipped)} histories`);
};
