import { type EvaluationSet, evaluationHistories, evaluationTimes, type Id, idAt, Rng, type Split } from '@recsys/data';
import {
  asScorer,
  blockSize,
  itemNorms,
  modelNameOf,
  recommend,
  type SequentialModel,
  similarItems,
} from '@recsys/model';
import type { DataSummary, ExampleUser, ReportRun, ScoredHistory } from '@recsys/report';
import { type Explanation, SASRec } from '@recsys/sasrec';
import {
  type EvaluationResult,
  evaluate,
  metricsByGroup,
  type Protocol,
  recommendationMetrics,
  sampleOfTargets,
} from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { recommendedLists } from '../evaluate/index.js';
import { scoredFor } from './sample-sizes.js';

/** What the parts of a report are made on. */
export interface TestBed {
  readonly split: Split;
  /** The targets of the test, or a sample of them. */
  readonly set: EvaluationSet;
  readonly protocol: Protocol;
  readonly k: readonly number[];
  readonly data: DataSummary;
  readonly sampleScores: typeof import('@recsys/report').sampleScores;
  /** Returns the group of an item, and what the groups are. */
  readonly groups: { readonly name: string; readonly of: (item: Id) => string | undefined } | undefined;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

/** How long recommended lists are, and how many of them say how the catalog is used. */
const listLength = 10;
const mostLists = 5000;
const numExamples = 5;

/** Returns what a report shows of a model: its test, and what it recommends. */
export const modelParts = async (model: SequentialModel, bed: TestBed): Promise<Partial<ReportRun>> => {
  const { split, set, protocol, k } = bed;
  const test = await evaluate(model, set, {
    protocol,
    k,
    onProgress: (done, total) => bed.onProgress('test', done, total),
  });
  const { examples, explanation } = exampleUsers(model, bed, test);
  return {
    test,
    groups: metricsByGroup(test, split.train, { k }),
    catalog: catalogUse(model, bed),
    scores: bed.sampleScores(
      scoredHistories(model, sampleOfTargets(set, { count: scoredFor(split.catalog.ids.length) })),
    ),
    examples,
    nearest: nearestItems(model, bed.data),
    ...attentionPart(model, explanation),
    map: {
      catalog: split.catalog,
      vectors: tf.tidy(() => model.itemVectors().dataSync()),
      ...(bed.groups && { groupOf: bed.groups.of, groupName: bed.groups.name }),
    },
  };
};

const catalogUse = (model: SequentialModel, { split, set, onProgress }: TestBed): ReportRun['catalog'] => {
  const k = Math.min(listLength, split.catalog.ids.length);
  const lists = recommendedLists(model, split, sampleOfTargets(set, { count: mostLists }), {
    k,
    excludeSeen: true,
    onProgress: (done, total) => onProgress('lists', done, total),
  });
  const counts = new Uint32Array(split.catalog.ids.length + 1);
  const places = new Map(split.catalog.ids.map((id, i) => [id, i + 1]));
  for (const { item } of lists.flat()) counts[places.get(item)!] += 1;
  return { k, ...recommendationMetrics(lists, split.train), counts };
};

/** Yields the scores of all items for each history of a set, block by block. */
function* scoredHistories(model: SequentialModel, set: EvaluationSet): Generator<ScoredHistory> {
  const scorer = asScorer(model);
  const width = scorer.numItems + 1;
  const size = blockSize(width);
  for (let start = 0; start < set.users.length; start += size) {
    const end = Math.min(start + size, set.users.length);
    const histories = evaluationHistories(set, start, end);
    const times = model.usesTimes ? evaluationTimes(set, start, end) : undefined;
    const scores = scorer.score(histories, undefined, times);
    for (const [row, excluded] of histories.entries())
      yield {
        scores: scores.subarray(row * width, (row + 1) * width),
        target: set.targets[start + row],
        excluded,
      };
  }
}

/** Returns some users, drawn at random, with what is recommended to them; of a SASRec also why. */
const exampleUsers = (
  model: SequentialModel,
  { split, set, protocol }: TestBed,
  { ranks }: EvaluationResult,
): { examples: ExampleUser[]; explanation: Explanation | undefined } => {
  const k = Math.min(listLength, split.catalog.ids.length);
  const order = new Rng(0, set.users.length).shuffle(Uint32Array.from(set.users.keys()));
  const entries: number[] = [];
  for (const entry of order) {
    if (entries.length === numExamples) break;
    if (entries.every((other) => set.users[other] !== set.users[entry])) entries.push(entry);
  }
  const explanations: Explanation[] = [];
  const examples = entries.map((entry): ExampleUser => {
    const [inside] = evaluationHistories(set, entry, entry + 1);
    const history = Array.from(inside, (item) => idAt(split.catalog, item));
    const known = model.usesTimes ? evaluationTimes(set, entry, entry + 1) : undefined;
    if (model instanceof SASRec) explanations.push(model.explain(history, { k }));
    const recommended =
      model instanceof SASRec
        ? explanations[explanations.length - 1].because
        : recommend(model, history, { k, ...(known && { times: [...known.times[0]], at: known.at[0] }) });
    return {
      user: idAt(split.users, set.users[entry]),
      history,
      target: idAt(split.catalog, set.targets[entry]),
      // Among sampled candidates, a rank is no place in the list.
      ...(protocol === 'full' && { rank: ranks[entry] }),
      recommended,
    };
  });
  // The longest history has the most to see.
  const explanation = explanations.toSorted((a, b) => b.items.length - a.items.length)[0];
  return { examples, explanation };
};

const attentionPart = (
  model: SequentialModel,
  explanation: Explanation | undefined,
): Pick<ReportRun, 'attention' | 'absent'> => {
  if (explanation === undefined)
    return { absent: { attention: `the weights of ${modelNameOf(model)} are not shares, so they are not drawn` } };
  if (explanation.weights.length === 0) return { absent: { attention: 'the model has no blocks' } };
  return { attention: { items: explanation.items, weights: explanation.weights } };
};

/** Items of fewer interactions have vectors that say little. */
const leastInteractions = 5;
const numEach = 4;

/** Returns what is most like the most popular items, and like some others. */
const nearestItems = (model: SequentialModel, { counts }: DataSummary): ReportRun['nearest'] => {
  const { catalog } = model.config;
  const k = Math.min(5, catalog.ids.length - 1);
  if (k < 1) return [];
  const byPopularity = Array.from(catalog.ids.keys(), (i) => i + 1).sort((a, b) => counts[b] - counts[a] || a - b);
  const rest = byPopularity.slice(numEach).filter((item) => counts[item] >= leastInteractions);
  const drawn = new Rng(0, rest.length).shuffle(Int32Array.from(rest)).subarray(0, numEach);
  const norms = itemNorms(model);
  return [...byPopularity.slice(0, numEach), ...drawn].map((index) => {
    const item = idAt(catalog, index);
    return { item, similar: similarItems(model, item, { k, norms }) };
  });
};
