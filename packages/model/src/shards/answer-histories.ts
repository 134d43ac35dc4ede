import type { HistoryLine } from '@recsys/data';
import { type Id, indexOfId } from '@recsys/data/core';
import type { SequentialModel } from '../contract/index.js';
import { type Recommendation, type RecommendOptions, recommendBatch } from '../recommend/index.js';

/** What a line of histories gets; no recommendations for a bad line. */
export interface HistoryAnswer {
  /** The `id` or `user` of the history, if it has one. */
  readonly name?: { readonly id: Id } | { readonly user: Id } | undefined;
  readonly recommendations: readonly Recommendation[] | undefined;
}

/** The answers for a block of lines, and what a person should know of them. */
export interface HistoryAnswers {
  readonly answers: readonly HistoryAnswer[];
  /** The first bad line. */
  readonly firstBad: { readonly number: number; readonly reason: string } | undefined;
  /** Number of bad lines. */
  readonly skipped: number;
  /** Items that the model does not know, as often as they were met. */
  readonly unknown: readonly Id[];
  /** How many histories got the fallback. */
  readonly fallbacks: number;
}

type GoodLine = Extract<HistoryLine, { history: Id[] }>;

/**
 * Recommends for a block of lines, as `readHistories` yields them. The last bits of a score may depend on the histories scored with it: the same
 * blocks have the same answers.
 *
 * @param options as those of `recommendBatch`; `at` is the time of requests whose line has none, and must be given for a model that uses times.
 * @throws {ModelError} as `recommendBatch`.
 * @example
 * const lines: HistoryLine[] = [];
 * for await (const line of readHistories('histories.jsonl')) lines.push(line);
 * const { answers } = answerHistories(model, lines, { k: 10 }); // one answer for each line
 */
export const answerHistories = (
  model: SequentialModel,
  lines: readonly HistoryLine[],
  options: RecommendOptions & { readonly at?: number | undefined },
): HistoryAnswers => {
  const checked = lines.map((line) => usableLine(model, line, options));
  const usable = checked.flatMap((line) => ('history' in line ? [line] : []));
  const unknown: Id[] = [];
  let fallbacks = 0;
  const lists = recommendBatch(
    model,
    usable.map(({ history }) => history),
    {
      ...options,
      ...(model.usesTimes && timesOf(usable, options.at)),
      onUnknownItems: (items) => unknown.push(...items),
      onFallback: () => {
        fallbacks += 1;
      },
    },
  );
  let next = 0;
  return {
    answers: checked.map((line) =>
      'history' in line ? { name: line.name, recommendations: lists[next++] } : { recommendations: undefined },
    ),
    firstBad: checked.find((line) => 'reason' in line),
    skipped: lines.length - usable.length,
    unknown,
    fallbacks,
  };
};

/**
 * Returns answers as JSON lines: an array of `{ item, score }`, or `{ id (or user), recommendations }` for a history with a name; `null` for a bad
 * line. Nothing in them can steer a terminal: JSON itself escapes neither DEL nor C1.
 *
 * @example
 * jsonLines([{ recommendations: [{ item: 'a', score: 2 }] }, { recommendations: undefined }]); // '[{"item":"a","score":2}]\nnull\n'
 */
export const jsonLines = (answers: readonly HistoryAnswer[]): string =>
  answers
    .map(({ name, recommendations = null }) => {
      const json = JSON.stringify(name === undefined ? recommendations : { ...name, recommendations });
      return `${json.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped)}\n`;
    })
    .join('');

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Returns the line, or a bad line if the model cannot answer it. */
const usableLine = (model: SequentialModel, line: HistoryLine, { fallback }: RecommendOptions): HistoryLine => {
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

/** Returns when the items of histories were met, and when they are asked about. */
const timesOf = (lines: readonly GoodLine[], at: number | undefined) => ({
  times: lines.map(({ times }) => times!),
  at: lines.map((line) => line.at ?? at!),
});

/** Lines that are scored together, from the start of a file on: the last bits of a score may depend on the others. */
const linesTogether = 1000;

/**
 * Yields lines in the blocks that are scored together, so that a file has the same recommendations whoever makes them, and wherever it is resumed.
 *
 * @example
 * for await (const block of blocksOfLines(readHistories('histories.jsonl'))) answerHistories(model, block, { k: 10 });
 */
export async function* blocksOfLines(
  lines: AsyncIterable<HistoryLine>,
): AsyncGenerator<HistoryLine[], void, undefined> {
  let block: HistoryLine[] = [];
  for await (const line of lines) {
    block.push(line);
    if (block.length < linesTogether) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
