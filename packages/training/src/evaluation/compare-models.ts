import { type EvaluationSet, evaluationHistories, type HistoryTimes, type IdMap, indexOfId, Rng } from '@recsys/data';
import { comparePaired, type MetricName } from '@recsys/metrics';
import { asScorer, assertHasTimes, assertSameCatalog, type Scorer, type SequentialModel } from '@recsys/model';
import { TrainingError } from '../errors.js';
import { type EvaluateOptions, type EvaluationResult, evaluate } from './evaluate.js';
import { gainsOf, type MetricEstimate, metricNames } from './metric-estimates.js';

export interface CompareModelsOptions extends Omit<EvaluateOptions, 'candidates'> {
  /** The metric that is compared, such as `hr@10`. Default NDCG at the first of `k`. */
  metric?: MetricName | undefined;
}

/** How a model compares with an earlier one on the same targets. */
export interface ModelComparison {
  readonly metric: MetricName;
  /** Of the model, on the targets that both can rank. */
  readonly model: EvaluationResult;
  /** Of the earlier one, on the same targets. */
  readonly earlier: EvaluationResult;
  /** Mean of model minus earlier over targets, with its paired 95 % bootstrap interval. */
  readonly difference: MetricEstimate;
  /** Of the paired randomization test, in both directions. */
  readonly pValue: number;
  /** Targets that are not compared, as the earlier model cannot rank them. */
  readonly leftOut: {
    /** Those whose item is not in its catalog. */
    readonly newItems: number;
    /** The others whose history has no item of its catalog. */
    readonly unknownHistories: number;
  };
}

/**
 * Compares a model with an earlier one, whose catalog may be another: whether a new version may take its place. Both rank the same targets among the
 * same items, those that both know. A target is not compared if the earlier model does not know its item, or knows
 * no item of its history. Of other histories it sees the items that it knows, as a service gives them to it; the model sees them whole. So new users count like
 * others, and new items count as part of histories alone.
 *
 * @param model of the catalog of the set.
 * @param earlier of any catalog. It should not have been trained on the targets, or it seems better than it is.
 * @param set the targets, such as `split.test`.
 * @throws {TrainingError} `bad-option`; `empty-set` when there is no target that both can rank; `bad-score` on a score that is not a number.
 * @throws {ModelError} `other-catalog` when the set was made with another catalog than the model; `no-times` when a model uses times and the data
 *   has none.
 * @example
 * const { difference, pValue } = await compareModels(today, yesterday, split.test, { protocol: 'full', k: [10] });
 * const isWorse = difference.value < 0 && pValue < 0.05;
 */
export const compareModels = async (
  model: SequentialModel,
  earlier: SequentialModel,
  set: EvaluationSet,
  { metric: given, ...options }: CompareModelsOptions,
): Promise<ModelComparison> => {
  const { k = [10], seed = 0 } = options;
  const metric = given ?? (`ndcg@${k[0]}` as const);
  if (!metricNames(k).includes(metric))
    throw new TrainingError(
      'bad-option',
      `compareModels: option metric must be one of ${metricNames(k).join(', ')}, got ${metric}`,
    );
  assertSameCatalog('compareModels', model, set.sequences.catalog);
  for (const own of [model, earlier]) assertHasTimes('compareModels', own, set.sequences);
  const places = placesIn(earlier.config.catalog, set.sequences.catalog);
  const { shared, leftOut } = sharedTargets(set, places);
  if (shared.users.length === 0)
    throw new TrainingError(
      'empty-set',
      `compareModels: none of the ${set.users.length} targets of the ${set.part} set can be ranked by both models`,
    );
  const [ofModel, ofEarlier] = [
    await evaluate(withoutNewItems(asScorer(model), places), shared, options),
    await evaluate(ofAnotherCatalog(asScorer(earlier), places), shared, options),
  ];
  const rng = new Rng(seed);
  const { difference, pValue } = comparePaired(gainsOf(metric, ofModel.ranks), gainsOf(metric, ofEarlier.ranks), {
    uniform: () => rng.float(),
  });
  return { metric, model: ofModel, earlier: ofEarlier, difference, pValue, leftOut };
};

/** Returns the index that each item of a catalog, and the pad, has in the other one; 0 for one that is not there. */
const placesIn = (other: IdMap, catalog: IdMap): Int32Array =>
  Int32Array.from([0, ...catalog.ids.map((id) => Math.max(0, indexOfId(other, id)))]);

/** Returns the targets that a model of these items can rank, and how many it cannot. */
const sharedTargets = (set: EvaluationSet, places: Int32Array) => {
  const entries: number[] = [];
  const leftOut = { newItems: 0, unknownHistories: 0 };
  for (const [entry, target] of set.targets.entries()) {
    const [history] = evaluationHistories(set, entry, entry + 1);
    if (places[target] === 0) leftOut.newItems += 1;
    else if (!history.some((item) => places[item] > 0)) leftOut.unknownHistories += 1;
    else entries.push(entry);
  }
  const shared: EvaluationSet = {
    ...set,
    users: Uint32Array.from(entries, (entry) => set.users[entry]),
    historyEnds: Uint32Array.from(entries, (entry) => set.historyEnds[entry]),
    trainEnds: Uint32Array.from(entries, (entry) => set.trainEnds[entry]),
    targets: Int32Array.from(entries, (entry) => set.targets[entry]),
  };
  return { shared, leftOut };
};

/** Returns a scorer that puts items without a place last. */
const withoutNewItems = (scorer: Scorer, places: Int32Array): Scorer => ({
  numItems: scorer.numItems,
  score: (histories, candidates, times) =>
    scorer
      .score(histories, candidates, times)
      .map((score, i) => (places[candidates?.[i] ?? i % places.length] > 0 ? score : Number.NEGATIVE_INFINITY)),
});

/** Returns a scorer of another catalog as one of the catalog whose items have these places in it; items without one are last. */
const ofAnotherCatalog = (scorer: Scorer, places: Int32Array): Scorer => ({
  numItems: places.length - 1,
  score: (histories, candidates, times) => {
    const known = histories.map((history) => history.map((item) => places[item]));
    const isKnown = known.map((history) => Array.from(history, (place) => place > 0));
    const own = known.map((history, row) => history.filter((_, i) => isKnown[row][i]));
    const ownTimes: HistoryTimes | undefined = times && {
      times: times.times.map((of, row) => of.filter((_, i) => isKnown[row][i])),
      at: times.at,
    };
    const asked = candidates?.map((item) => places[item] || 1); // any item in place of one that it does not know
    const scores = scorer.score(own, asked, ownTimes);
    const width = candidates === undefined ? places.length : candidates.length / histories.length;
    return Float32Array.from({ length: histories.length * width }, (_, i) => {
      const place = places[candidates?.[i] ?? i % width];
      if (place === 0) return Number.NEGATIVE_INFINITY;
      return candidates === undefined ? scores[Math.floor(i / width) * (scorer.numItems + 1) + place] : scores[i];
    });
  },
});
