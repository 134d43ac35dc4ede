import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type HistoryLine, type Id, indexOfId } from '@recsys/data';
import { sha256Of, writeTargetOf } from '@recsys/data/node';
import {
  CatalogFilter,
  engineName,
  type Recommendation,
  type RecommendOptions,
  type SequentialModel,
} from '@recsys/model';
import { OutputError, UsageError } from '../errors.js';
import type { TrainableModel } from '../options/index.js';
import { jsonLine } from '../printable.js';
import { formatCount, type Reporter } from '../reporter.js';
import type { HistorySource } from './history-source.js';
import { type Ingredients, ResumableOutput } from './resumable-output.js';

/**
 * Lines that are scored and written together. The last bits of a score may depend on the histories scored with it, so a resumed file
 * has the same blocks as an uninterrupted one.
 */
const blockSize = 1000;

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
  readonly settings: RecommendOptions;
  readonly onError: 'throw' | 'skip';
  /** Undefined: lines are printed. */
  readonly destination: Destination | undefined;
  readonly reporter: Reporter;
}

/** Recommends for each history of a source, one block at a time. */
export const recommendFile = async (
  model: TrainableModel,
  source: HistorySource,
  { settings, onError, destination, reporter }: RecommendFileOptions,
): Promise<void> => {
  // Refuse bad options before there is an output.
  model.recommend(model.config.catalog.ids.slice(0, 1), { ...settings, times: [0] });
  const sink = destination === undefined ? printer() : await openOutput(model, source, destination, settings);
  if (!('append' in sink)) {
    reportTally(reporter, sink);
    return;
  }
  let tally = sink.progress;
  const { at = now(settings) } = tally;
  if (tally.lines > 0) reporter.remark(`resumed after ${formatCount(tally.lines)} lines`);
  const onProgress = (done: number, total: number) => reporter.progress('recommend', done, total);
  let block: HistoryLine[] = [];
  const flush = async () => {
    const answer = answerBlock(model, block, { ...settings, at });
    tally = { ...addTallies(tally, answer.tally), ...(model.usesTimes && { at }) };
    await sink.append(answer.text, tally);
    block = [];
  };
  try {
    for await (const read of source.read({ skip: tally.lines, onProgress })) {
      const line = usableLine(model, read, settings);
      if ('reason' in line && onError === 'throw')
        throw new UsageError('usage', `${source.name}:${line.number}: ${line.reason}.`, {
          advice: { option: 'onError', value: 'skip', purpose: 'to write null for such lines' },
        });
      block.push(line);
      if (block.length === blockSize) await flush();
    }
    if (block.length > 0) await flush();
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
  model: TrainableModel,
  source: HistorySource,
  { output, restart, overwrite }: Destination,
  { k, excludeSeen, candidates, exclude, fallback, diversity, at }: RecommendOptions,
): Promise<ResumableOutput<Tally> | Tally> => {
  const itemsIn = (choice: RecommendOptions['candidates']) =>
    choice instanceof CatalogFilter ? `${choice.items.length} items of sha256 ${sha256Of(choice.items)}` : 'all';
  const ingredients: Ingredients = {
    input: await source.fingerprint(),
    model: fingerprintOfModel(model),
    engine: engineName(),
    '--k': String(k),
    '--include-seen': String(!excludeSeen),
    candidates: itemsIn(candidates),
    exclude: exclude === undefined ? 'none' : itemsIn(exclude),
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

type GoodLine = Extract<HistoryLine, { history: Id[] }>;

const answerBlock = (
  model: TrainableModel,
  lines: readonly HistoryLine[],
  settings: RecommendOptions,
): { text: string; tally: Tally } => {
  const usable = lines.flatMap((line) => ('history' in line ? [line] : []));
  const unknown: Id[] = [];
  const onUnknownItems = (items: Id[]) => unknown.push(...items);
  let fallbacks = 0;
  const onFallback = () => {
    fallbacks += 1;
  };
  const lists = model.recommendBatch(
    usable.map(({ history }) => history),
    { ...settings, ...(model.usesTimes && timesOf(usable, settings)), onUnknownItems, onFallback },
  );
  let next = 0;
  const text = lines.map((line) => jsonLine('history' in line ? answer(line, lists[next++]) : null));
  return {
    text: text.join(''),
    tally: {
      lines: lines.length,
      skipped: lines.length - usable.length,
      unknown: unknown.length,
      firstUnknown: unknown,
      fallbacks,
    },
  };
};

const answer = ({ name }: GoodLine, recommendations: Recommendation[]) =>
  name === undefined ? recommendations : { ...name, recommendations };

/** Returns when the items of histories were met, and when they are asked about. */
const timesOf = (lines: readonly GoodLine[], { at }: RecommendOptions) => ({
  times: lines.map(({ times }) => times!),
  at: lines.map((line) => line.at ?? (at as number)),
});

/** Returns the time of requests that do not say theirs. */
const now = ({ at }: RecommendOptions): number => (at as number | undefined) ?? Math.floor(Date.now() / 1000);

/** Returns the line, or a bad line if the model cannot answer it. */
const usableLine = (model: TrainableModel, line: HistoryLine, { fallback }: RecommendOptions): HistoryLine => {
  if ('reason' in line) return line;
  if (fallback === undefined && !line.history.some((item) => indexOfId(model.config.catalog, item) >= 0))
    return {
      number: line.number,
      reason: `has no item that the model knows; got ${line.history.slice(0, 5).join(', ')}`,
    };
  if (model.usesTimes && line.times === undefined)
    return { number: line.number, reason: 'has no times, which the model uses: { "history": [...], "times": [...] }' };
  return line;
};

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

const fingerprintOfModel = (model: TrainableModel): string => {
  const all = [...model.trainableWeights(), ...((model as SequentialModel).fixedWeights?.() ?? [])];
  const weights = all.map(({ variable }) => variable.dataSync<'float32' | 'int32'>());
  return `sha256 ${sha256Of(JSON.stringify(model.config), ...weights)}`;
};
