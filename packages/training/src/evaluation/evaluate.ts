import {
  type CandidateSampler,
  type EvaluationSet,
  evaluationHistories,
  evaluationTimes,
  type HistoryTimes,
  sampledCandidates,
  sampledPerItemCandidates,
} from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { ExcludedItems } from '@recsys/layers';
import { MetricsError, rankOfTarget } from '@recsys/metrics';
import {
  asScorer,
  assertHasTimes,
  assertSameCatalog,
  blockSize,
  type RankedScores,
  type Scorer,
  type SequentialModel,
} from '@recsys/model';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import { nextTask } from '../next-task.js';
import { cutoffs, positiveInteger } from '../schemas.js';
import { type MetricEstimates, metricsOfRanks } from './metric-estimates.js';
import { sampleOfTargets } from './sample-of-targets.js';

/** Which candidates a target is ranked among; see `EvaluateOptions`. */
export type Protocol = 'sampled' | 'sampled-per-item' | 'full';

export const protocolSchema = z.enum(['sampled', 'sampled-per-item', 'full']);

const evaluateSchema = z.strictObject({
  protocol: protocolSchema,
  k: cutoffs.default([10]),
  seed: z.int().default(0),
  numNegatives: positiveInteger.default(100),
  candidates: z.custom<CandidateSampler>((value) => typeof value === 'function').optional(),
  excludeSeen: z.boolean().default(true),
  ties: z.enum(['expected', 'optimistic', 'pessimistic']).default('expected'),
  sampleTargets: positiveInteger.optional(),
  batchSize: positiveInteger.default(256),
  onProgress: z.custom<(done: number, total: number) => void>((value) => typeof value === 'function').optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

export interface EvaluateOptions {
  /**
   * - `sampled`, the paper's: the target among `numNegatives` items drawn uniformly, with replacement, from items not in the user's
   *   train part.
   * - `sampled-per-item`: among negatives fixed once per target item, without replacement; items of the history may be among them.
   * - `full`: among all items.
   */
  protocol: Protocol;
  /** Cut-offs of the metrics, each 1 up to the number of candidates. Default [10]. */
  k?: readonly number[] | undefined;
  /** Seed of negatives, of `sampleTargets`, and of confidence intervals. Default 0: models are compared on the same candidates. */
  seed?: number | undefined;
  /** Negatives per target in the sampled protocols. Default 100. */
  numNegatives?: number | undefined;
  /** Draws the candidates in place of the protocol's own sampler, such as those of `readCandidates`. Not with `full` or `sampleTargets`. */
  candidates?: CandidateSampler | undefined;
  /** In `full`, whether items of the history are excluded from the candidates; the target never is. Default true. */
  excludeSeen?: boolean | undefined;
  /** How candidates that score like the target count: half of them are ahead (`expected`), none, or all. Default `expected`. */
  ties?: 'expected' | 'optimistic' | 'pessimistic' | undefined;
  /** Evaluate on a seeded sample of this many targets (the authors take 10,000 if there are more). Default all. */
  sampleTargets?: number | undefined;
  /** Histories scored at a time. Default 256. */
  batchSize?: number | undefined;
  /** Called after each block of histories. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the evaluation with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface EvaluationResult {
  readonly protocol: Protocol;
  /** Negatives per target; undefined in `full`. */
  readonly numNegatives: number | undefined;
  /** Number of targets ranked. */
  readonly numTargets: number;
  /** `hr@10`, `ndcg@10`, `mrr@10`, and so on for each k: means over targets. */
  readonly metrics: MetricEstimates;
  /** 0-based rank of each target, in the order of the set. */
  readonly ranks: Float32Array;
  /** The item that each rank is of, 1..numItems. */
  readonly targets: Int32Array;
  /** How many items came before it, >= 1. */
  readonly historyLengths: Uint32Array;
}

/**
 * Returns how well a model (or baseline) ranks held-out items. Memory does not grow with users × items. A model that uses times is told that of the
 * target, as the time of the request: a service knows it when it is asked.
 *
 * @param set the targets: `split.validation` or `split.test`.
 * @throws {TrainingError} `bad-option`; `empty-set` when the set has no targets; `bad-score` on a score that is not a number.
 * @throws {ModelError} `other-catalog` when the set was made with another catalog than the model; `no-times` when the model uses times and the data
 *   has none.
 * @example
 * const { metrics } = await evaluate(model, split.test, { protocol: 'full', k: [10, 20] });
 * metrics['ndcg@10']; // { value: 0.0421, low: 0.0389, high: 0.0455 }
 */
export const evaluate = async (
  subject: SequentialModel | Scorer,
  set: EvaluationSet,
  options: EvaluateOptions,
): Promise<EvaluationResult> => {
  const parsed = parseOptions('evaluate', evaluateSchema, options, { ErrorClass: TrainingError });
  const { protocol, k, seed, sampleTargets, signal, onProgress } = parsed;
  const scorer = asScorer(subject);
  const timesOf = timesFor(subject);
  assertSet(subject, set);
  assertCandidates(parsed, { numItems: scorer.numItems, givenK: options.k });
  const chosen = sampleTargets === undefined ? set : sampleOfTargets(set, { count: sampleTargets, seed });
  const total = chosen.users.length;
  const size = blockSize(widthOf(scorer, parsed), parsed.batchSize);
  const ranks = new Float32Array(total);
  const drawCandidates = protocol === 'full' ? undefined : (parsed.candidates ?? candidateSamplers[protocol](chosen));
  for (let start = 0; start < total; start += size) {
    signal?.throwIfAborted();
    const block = { start, end: Math.min(start + size, total) };
    ranks.set(
      rethrowBadScores(() =>
        drawCandidates === undefined
          ? rankAmongAll(scorer, chosen, block, timesOf, parsed)
          : rankAmongCandidates(scorer, chosen, block, timesOf, drawCandidates, parsed),
      ),
      start,
    );
    onProgress?.(block.end, total);
    await nextTask(); // lets signals, timers and progress bars run
  }
  const { users, historyEnds, targets, sequences } = chosen;
  return {
    protocol,
    numNegatives: protocol === 'full' ? undefined : parsed.numNegatives,
    numTargets: total,
    metrics: metricsOfRanks(ranks, { k, seed }),
    ranks,
    targets,
    historyLengths: historyEnds.map((end, entry) => end - sequences.offsets[users[entry]]),
  };
};

type ParsedOptions = z.output<typeof evaluateSchema>;

/** Returns how many numbers of 32 bits a target needs: its scores, or a bit for each item. */
const widthOf = ({ numItems, ranked }: Scorer, { protocol, numNegatives }: ParsedOptions): number => {
  if (protocol !== 'full') return numNegatives + 1;
  return ranked === undefined ? numItems + 1 : (numItems + 1) / 32;
};

/** Entries `start .. end - 1` of an evaluation set. */
interface Block {
  readonly start: number;
  readonly end: number;
}

/** Returns when the histories of targets were met, and the targets. */
type TimesOf = (set: EvaluationSet, start: number, end: number) => HistoryTimes | undefined;

/** Returns the times for a subject; none for a model that does not use them. */
const timesFor = (subject: SequentialModel | Scorer): TimesOf =>
  'encode' in subject && subject.usesTimes !== true ? () => undefined : evaluationTimes;

const candidateSamplers = { sampled: sampledCandidates, 'sampled-per-item': sampledPerItemCandidates };

const rankAmongCandidates = (
  scorer: Scorer,
  set: EvaluationSet,
  { start, end }: Block,
  timesOf: TimesOf,
  draw: CandidateSampler,
  { seed, numNegatives, ties }: ParsedOptions,
): Float32Array => {
  const histories = evaluationHistories(set, start, end);
  const candidates = draw({ start, end, seed, numNegatives });
  const scores = scorer.score(histories, candidates, timesOf(set, start, end));
  const width = numNegatives + 1;
  return Float32Array.from({ length: end - start }, (_, row) =>
    rankOfTarget(scores.subarray(row * width, (row + 1) * width), 0, { ties }),
  );
};

/** How many of the items that score like the target are ahead of it. */
const shareAhead = { expected: 0.5, optimistic: 0, pessimistic: 1 };

/** As `rankAmongAll`, without a table of scores. */
const rankByCounts = (
  { above }: RankedScores,
  set: EvaluationSet,
  { start, end }: Block,
  timesOf: TimesOf,
  { ties, excludeSeen }: ParsedOptions,
): Float32Array => {
  const histories = evaluationHistories(set, start, end);
  const targets = set.targets.subarray(start, end);
  const excluded = new ExcludedItems(end - start, set.sequences.catalog.ids.length + 1);
  histories.forEach((history, row) => {
    excluded.add(row, [0]);
    if (excludeSeen) excluded.add(row, history);
    excluded.remove(row, targets[row]);
  });
  const counts = above(histories, { targets, excluded }, timesOf(set, start, end));
  return Float32Array.from(histories, (_, row) => {
    if (counts[2 * row] < 0)
      throw new TrainingError('bad-score', `evaluate: a score of user ${set.users[start + row]} is not a number`);
    return counts[2 * row] + shareAhead[ties] * counts[2 * row + 1];
  });
};

const rankAmongAll = (
  scorer: Scorer,
  set: EvaluationSet,
  { start, end }: Block,
  timesOf: TimesOf,
  options: ParsedOptions,
): Float32Array => {
  if (scorer.ranked !== undefined) return rankByCounts(scorer.ranked, set, { start, end }, timesOf, options);
  const { ties, excludeSeen } = options;
  const histories = evaluationHistories(set, start, end);
  const scores = scorer.score(histories, undefined, timesOf(set, start, end));
  const width = scorer.numItems + 1;
  return Float32Array.from(histories, (history, row) => {
    const target = set.targets[start + row];
    const own = scores.subarray(row * width, (row + 1) * width);
    const targetScore = own[target];
    own[0] = Number.NEGATIVE_INFINITY;
    if (excludeSeen) for (const item of history) own[item] = Number.NEGATIVE_INFINITY;
    own[target] = targetScore;
    return rankOfTarget(own, target, { ties });
  });
};

const assertSet = (subject: SequentialModel | Scorer, set: EvaluationSet): void => {
  const { catalog } = set.sequences;
  if ('encode' in subject) {
    assertSameCatalog('evaluate', subject, catalog);
    assertHasTimes('evaluate', subject, set.sequences);
  } else if (subject.numItems !== catalog.ids.length)
    throw new TrainingError(
      'bad-option',
      `evaluate: the scorer must score the ${catalog.ids.length} items of the set, it scores ${subject.numItems}`,
    );
  if (set.users.length === 0)
    throw new TrainingError('empty-set', `evaluate: the ${set.part} set is empty: no user has enough interactions`);
};

const assertCandidates = (
  { protocol, numNegatives, candidates, sampleTargets }: ParsedOptions,
  { numItems, givenK = [] }: { numItems: number; givenK: readonly number[] | undefined },
): void => {
  const count = protocol === 'full' ? numItems : numNegatives + 1;
  // The default of 10 may be more than a toy catalog has: every target is then a hit, which is true.
  const largest = Math.max(...givenK);
  if (largest > count) {
    const among = protocol === 'full' ? 'the size of the catalog' : 'the target and its negatives';
    throw new TrainingError('bad-option', `evaluate: k must be at most ${count}, ${among}, got ${largest}`);
  }
  if (candidates !== undefined && (protocol === 'full' || sampleTargets !== undefined))
    throw new TrainingError(
      'bad-option',
      'evaluate: candidates are for the sampled protocols, with all targets of the set',
    );
};

/** Runs a function that ranks; its error on a bad score becomes one of this package. */
const rethrowBadScores = <T>(rank: () => T): T => {
  try {
    return rank();
  } catch (cause) {
    if (cause instanceof MetricsError && cause.code === 'bad-value')
      throw new TrainingError('bad-score', `evaluate: ${cause.problem}`, { cause });
    throw cause;
  }
};
