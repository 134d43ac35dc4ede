import {
  type CandidateSampler,
  type EvaluationSet,
  evaluationHistories,
  Rng,
  sampledCandidates,
  sampledPerItemCandidates,
} from '@recsys/data';
import { parseOptions } from '@recsys/errors';
import { bootstrapMean, hitGain, ndcgGain, rankOfTarget, reciprocalRankGain } from '@recsys/metrics';
import { asScorer, blockSize, type Scorer, type SequentialModel } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import { cutoffs, positiveInteger } from '../schemas.js';

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
   * - `sampled-per-item`: among negatives fixed once per target item, without replacement; the user's history is not left out.
   * - `full`: among all items.
   */
  protocol: Protocol;
  /** Cut-offs of the metrics, each 1 up to the number of candidates. Default [10]. */
  k?: readonly number[];
  /** Seed of negatives, of the sample of users, and of confidence intervals. Default 0: models are compared on the same candidates. */
  seed?: number;
  /** Negatives a target in the sampled protocols. Default 100. */
  numNegatives?: number;
  /** Draws the candidates in place of the protocol's own sampler: those of `readCandidates`, say. Not with `full` or `users`. */
  candidates?: CandidateSampler;
  /** In `full`, whether items of the history are left out of the candidates; the target never is. Default true. */
  excludeSeen?: boolean;
  /** How candidates that score like the target count: half of them are ahead (`expected`), none, or all. Default `expected`. */
  ties?: 'expected' | 'optimistic' | 'pessimistic';
  /** Evaluate a seeded sample of so many users (the authors take 10,000 when there are more). Default all. */
  sampleTargets?: number;
  /** Histories scored at a time. Default 256. */
  batchSize?: number;
  /** Called after each block of histories. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the evaluation with the signal's reason. */
  signal?: AbortSignal;
}

/** A mean over users with its 95 % percentile-bootstrap confidence interval. */
export interface MetricEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface EvaluationResult {
  readonly protocol: Protocol;
  /** Number of targets ranked. */
  readonly numTargets: number;
  /** `hr@10`, `ndcg@10`, `mrr@10`, and so on for each k. */
  readonly metrics: Readonly<Record<string, MetricEstimate>>;
  /** 0-based rank of each target, in the order of the set. */
  readonly ranks: Float32Array;
  /** The item that each rank is of, 1..numItems. */
  readonly targets: Int32Array;
  /** How many items came before it, >= 1. */
  readonly historyLengths: Uint32Array;
}

/**
 * Returns how well a model (or baseline) ranks the held-out item of each user. Memory does not grow with users × items.
 *
 * @throws {TrainingError} on a bad option, an empty set, or a score that is not a number.
 */
export const evaluate = async (
  subject: SequentialModel | Scorer,
  set: EvaluationSet,
  options: EvaluateOptions,
): Promise<EvaluationResult> => {
  const parsed = parseOptions('evaluate', evaluateSchema, options, { ErrorClass: TrainingError });
  const scorer = asScorer(subject);
  if (set.users.length === 0) {
    throw new TrainingError(
      'bad-option',
      `evaluate: the ${set.part} set has no users; a user needs at least 3 interactions to be in it`,
    );
  }
  const candidates = parsed.protocol === 'full' ? scorer.numItems : parsed.numNegatives + 1;
  const largest = Math.max(...(options.k ?? []));
  if (largest > candidates) {
    const among = parsed.protocol === 'full' ? 'the size of the catalog' : 'the target and its negatives';
    throw new TrainingError('bad-option', `evaluate: k must be at most ${candidates}, ${among}, got ${largest}`);
  }
  const chosen = parsed.sampleTargets === undefined ? set : sampleOfTargets(set, parsed.sampleTargets, parsed.seed);
  const total = chosen.users.length;
  const width = parsed.protocol === 'full' ? scorer.numItems + 1 : parsed.numNegatives + 1;
  const size = blockSize(width, parsed.batchSize);
  const ranks = new Float32Array(total);
  if (parsed.candidates !== undefined && (parsed.protocol === 'full' || parsed.sampleTargets !== undefined))
    throw new TrainingError(
      'bad-option',
      'evaluate: candidates are for the sampled protocols, of all users of the set',
    );
  const drawCandidates =
    parsed.protocol === 'full' ? undefined : (parsed.candidates ?? candidateSamplers[parsed.protocol](chosen));
  for (let start = 0; start < total; start += size) {
    parsed.signal?.throwIfAborted();
    const end = Math.min(start + size, total);
    const block = { start, end };
    ranks.set(
      drawCandidates === undefined
        ? rankAmongAll(scorer, chosen, block, parsed)
        : rankAmongCandidates(scorer, chosen, block, drawCandidates, parsed),
      start,
    );
    parsed.onProgress?.(end, total);
    await tf.nextFrame(); // lets signals, timers and progress bars run
  }
  const { users, historyEnds, targets, sequences } = chosen;
  return {
    protocol: parsed.protocol,
    numTargets: total,
    metrics: summarise(ranks, parsed.k, parsed.seed),
    ranks,
    targets,
    historyLengths: historyEnds.map((end, entry) => end - sequences.offsets[users[entry]]),
  };
};

type ParsedOptions = z.output<typeof evaluateSchema>;

/** Entries `start .. end - 1` of an evaluation set. */
interface Block {
  readonly start: number;
  readonly end: number;
}

const candidateSamplers = { sampled: sampledCandidates, 'sampled-per-item': sampledPerItemCandidates };

const rankAmongCandidates = (
  scorer: Scorer,
  set: EvaluationSet,
  { start, end }: Block,
  draw: CandidateSampler,
  { seed, numNegatives, ties }: ParsedOptions,
): Float32Array => {
  const scores = scorer.score(evaluationHistories(set, start, end), draw({ start, end, seed, numNegatives }));
  const width = numNegatives + 1;
  return Float32Array.from({ length: end - start }, (_, row) =>
    rankOfTarget(scores.subarray(row * width, (row + 1) * width), 0, { ties }),
  );
};

const rankAmongAll = (
  scorer: Scorer,
  set: EvaluationSet,
  { start, end }: Block,
  { ties, excludeSeen }: ParsedOptions,
): Float32Array => {
  const histories = evaluationHistories(set, start, end);
  const scores = scorer.score(histories);
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

/** Returns the entries of a seeded sample of users, in the order of the set; the whole set when it has no more. */
const sampleOfTargets = (set: EvaluationSet, users: number, seed: number): EvaluationSet => {
  if (users >= set.users.length) return set;
  const order = new Rng(seed, set.users.length).shuffle(Uint32Array.from(set.users.keys()));
  const entries = order.subarray(0, users).sort();
  return {
    ...set,
    users: entries.map((entry) => set.users[entry]),
    historyEnds: entries.map((entry) => set.historyEnds[entry]),
    trainEnds: entries.map((entry) => set.trainEnds[entry]),
    targets: Int32Array.from(entries, (entry) => set.targets[entry]),
  };
};

/** Returns the metrics of ranks at each cut-off. */
export const summarise = (
  ranks: ArrayLike<number>,
  k: readonly number[],
  seed: number,
): Record<string, MetricEstimate> => {
  const metrics: Record<string, MetricEstimate> = {};
  const gains = { hr: hitGain, ndcg: ndcgGain, mrr: reciprocalRankGain };
  for (const cutoff of k) {
    for (const [name, gain] of Object.entries(gains)) {
      const rng = new Rng(seed);
      const perUser = Float64Array.from(ranks, (rank) => gain(rank, cutoff));
      metrics[`${name}@${cutoff}`] = bootstrapMean(perUser, { uniform: () => rng.float() });
    }
  }
  return metrics;
};
