import type { Id, IdMap } from '@recsys/data/core';
import type { MetricName } from '@recsys/metrics';

/** A mean over targets with its 95 % interval. */
export interface MetricEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What `evaluate` returns for a model or a baseline. */
export interface RankedResult {
  readonly protocol: string;
  /** Negatives per target; undefined when all items were ranked. */
  readonly numNegatives?: number | undefined;
  readonly numTargets: number;
  /** `hr@10`, `ndcg@10`, and so on. */
  readonly metrics: Readonly<Record<MetricName, MetricEstimate>>;
  /** 0-based rank of each target. */
  readonly ranks: ArrayLike<number>;
  /** The item that each rank is of. */
  readonly targets: ArrayLike<number>;
}

/** An epoch, as in `history` of the result of `fit` and in a run's `metrics.jsonl`. */
export interface ReportEpoch {
  readonly epoch: number;
  readonly loss: number;
  /** Seconds of training so far. Without them there is no curve over time. */
  readonly seconds?: number | undefined;
  /** Values by name of the metric, if the epoch was validated. */
  readonly validation?: Readonly<Record<string, number>> | undefined;
}

/** The metrics of one group, as `metricsByGroup` returns them. */
export interface GroupResult {
  readonly group: string;
  readonly limit: number;
  readonly numTargets: number;
  readonly metrics: Readonly<Record<MetricName, MetricEstimate>>;
}

/** How lists of recommendations use the catalog, as `recommendationMetrics` returns it. */
export interface CatalogUse {
  /** Length of the lists. */
  readonly k: number;
  readonly numLists: number;
  readonly coverage: number;
  readonly gini: number;
  /** In bits. */
  readonly novelty: number;
  /** How often each item is in a list, `[numItems + 1]`; index 0 is the pad. */
  readonly counts?: ArrayLike<number> | undefined;
}

/** Probabilities of recommended items and whether they were chosen, as `sampleScores` returns them. */
export interface ScoreSample {
  /** Of each item of each list, 0 to 1. */
  readonly probabilities: ArrayLike<number>;
  /** 1 where the item is the one that was chosen, else 0. */
  readonly hits: ArrayLike<number>;
  readonly numLists: number;
  /** Length of the lists. */
  readonly k: number;
}

/** A recommended item. */
export interface RankedItem {
  readonly item: Id;
  readonly score: number;
  /** Items of the history that speak for it, as `SASRec.explain` returns them. */
  readonly reasons?: readonly { readonly item: Id; readonly share: number }[] | undefined;
}

/** A user with a history, and what is recommended. */
export interface ExampleUser {
  readonly user: Id;
  /** Oldest first. */
  readonly history: readonly Id[];
  /** The item that was held out, if there is one. */
  readonly target?: Id | undefined;
  /** 0-based rank of the target. */
  readonly rank?: number | undefined;
  /** Best first. */
  readonly recommended: readonly RankedItem[];
}

/** What is most like an item, as `similarItems` returns it. */
export interface NearestItems {
  readonly item: Id;
  readonly similar: readonly { readonly item: Id; readonly score: number }[];
}

/** What a model attends to in one history, as `SASRec.explain` returns it. */
export interface AttentionExample {
  /** Oldest first. */
  readonly items: readonly Id[];
  /** `weights[block][head][i][j]`: how much item i attends to item j. */
  readonly weights: readonly (readonly (readonly (readonly number[])[])[])[];
}

/** Vectors of items, for the map. */
export interface ItemMapInput {
  readonly catalog: IdMap;
  /** `[numItems + 1, width]`, row by row; row 0 is the pad. Such as `model.itemVectors().dataSync()`. */
  readonly vectors: ArrayLike<number>;
  /** Returns the group of an item, such as its first genre; the map is coloured by it. */
  readonly groupOf?: ((item: Id) => string | undefined) | undefined;
  /** What the groups are, such as `genre`. Default `group`. */
  readonly groupName?: string | undefined;
}

/** How many users have a number of interactions from `from` to `to`. */
export interface LengthBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How many interactions happened from `from` up to `to`. */
export interface TimeBin {
  /** Seconds, since 1970 where the times are those of a calendar. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What is in the data, as `describeData` returns it. */
export interface DataSummary {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly medianLength: number;
  readonly lengths: readonly LengthBin[];
  /** Interactions of each item in the train part, `[numItems + 1]`; index 0 is the pad. */
  readonly counts: ArrayLike<number>;
  /** Absent where the data has no times, or all are equal. */
  readonly times?: readonly TimeBin[] | undefined;
  readonly parts: { readonly train: number; readonly validation: number; readonly test: number };
  /** Where it comes from, such as the name of a file. */
  readonly source?: string | undefined;
  /** What puts the interactions in order, such as `timestamp (epoch seconds), 2000-04-25 to 2003-02-28`. */
  readonly order?: string | undefined;
}

/** Sections that may be absent. */
export type SectionName =
  | 'data'
  | 'training'
  | 'results'
  | 'groups'
  | 'scores'
  | 'catalog'
  | 'examples'
  | 'nearest'
  | 'attention'
  | 'map'
  | 'settings';

/** One model of a report. What it lacks is not shown. */
export interface ReportRun {
  /** Different for each run. */
  readonly name: string;
  /** The kind of model, such as `SASRec`. Default the name of the run. */
  readonly model?: string | undefined;
  /** The learning curve: `history` of the result of `fit`. */
  readonly epochs?: readonly ReportEpoch[] | undefined;
  /** The epoch that validation chose: `best` of the result of `fit`. */
  readonly best?: { readonly epoch: number; readonly metric: string; readonly value: number } | undefined;
  /** What `evaluate` returns for the test part. */
  readonly test?: RankedResult | undefined;
  /** What `metricsByGroup` returns. */
  readonly groups?: readonly GroupResult[] | undefined;
  /** What `recommendationMetrics` returns, with the length of the lists. */
  readonly catalog?: CatalogUse | undefined;
  /** What `sampleScores` returns. */
  readonly scores?: ScoreSample | undefined;
  /** Users with their recommendations; the same users in each run can be compared. */
  readonly examples?: readonly ExampleUser[] | undefined;
  /** Items with those most like them. */
  readonly nearest?: readonly NearestItems[] | undefined;
  /** What the model attends to. */
  readonly attention?: AttentionExample | undefined;
  /** Vectors of items. */
  readonly map?: ItemMapInput | undefined;
  /** Settings and environment: a `config.json`, or any object. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Why a section lacks this run, such as `{ attention: 'HSTU has none' }`. */
  readonly absent?: Readonly<Partial<Record<SectionName, string>>> | undefined;
}

/** Options of `createReport`. */
export interface ReportOptions {
  readonly title: string;
  /** At least one. */
  readonly runs: readonly ReportRun[];
  /** What `describeData` returns. */
  readonly data?: DataSummary | undefined;
  /** What `evaluate` returns for baselines on the same targets, by name as a sentence has it, such as `the Markov chain`. */
  readonly baselines?: Readonly<Record<string, RankedResult>> | undefined;
  /** The metric that decides, such as `hr@10`. Default: the first NDCG of the results. */
  readonly metric?: MetricName | undefined;
  /** Returns the title of an item. Default: its id. */
  readonly nameOf?: ((item: Id) => string) | undefined;
  /** Sentences below the summary, such as that a sample of the users was tested. */
  readonly notes?: readonly string[] | undefined;
}
