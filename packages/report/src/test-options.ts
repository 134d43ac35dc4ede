import { itemIds } from '@recsys/data/core';
import type { MetricName } from '@recsys/metrics';
import type { DataSummary, MetricEstimate, RankedResult, ReportOptions, ReportRun } from './index.js';

/** A title that a page must survive. */
export const hostile = `<script>alert("x")</script> & '\u202e\u0001 🎬`;

const numItems = 40;
const catalog = itemIds(Array.from({ length: numItems }, (_, i) => `item-${i + 1}`));
const counts = Uint32Array.from({ length: numItems + 1 }, (_, i) => (i === 0 ? 0 : 2 * numItems - 2 * i + 1));
const estimate = (value: number): MetricEstimate => ({ value, low: value * 0.8, high: value * 1.2 });

/** Returns what `evaluate` would for these ranks, with NDCG and HR at 10. */
export const resultOf = (ranks: readonly number[]): RankedResult => {
  const mean = (gain: (rank: number) => number) => ranks.reduce((sum, rank) => sum + gain(rank), 0) / ranks.length;
  const metrics: Record<MetricName, MetricEstimate> = {
    'hr@10': estimate(mean((rank) => (rank < 10 ? 1 : 0))),
    'ndcg@10': estimate(mean((rank) => (rank < 10 ? 1 / Math.log2(rank + 2) : 0))),
  };
  return {
    protocol: 'full',
    numTargets: ranks.length,
    metrics,
    ranks: Float32Array.from(ranks),
    targets: Int32Array.from(ranks, (_, i) => 1 + (i % numItems)),
  };
};

const ranksFrom = (shift: number) => Array.from({ length: 120 }, (_, i) => (i * 7 + shift) % (12 + shift));

export const data: DataSummary = {
  users: 120,
  items: numItems,
  interactions: 1640,
  medianLength: 9,
  lengths: [3, 5, 9, 17, 33, 65].map((from) => ({ from, to: 2 * from - 2, count: 120 - from })),
  counts,
  times: Array.from({ length: 12 }, (_, i) => ({
    from: 1e9 + i * 86_400,
    to: 1e9 + (i + 1) * 86_400,
    count: 100 + i * i,
  })),
  parts: { train: 1400, validation: 120, test: 120 },
  source: 'shop',
  order: 'time (epoch seconds), 2001-09-09 to 2001-09-21',
};

/** Weights of one head: each item attends equally to all before it. */
const evenWeights = (length: number) =>
  Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => (j <= i ? 1 / (i + 1) : 0)));

const history = ['item-1', 'item-2', 'item-3'];

/** Returns a run that has all that a report can show; a higher shift makes it worse. */
export const wholeRun = (name: string, shift: number): ReportRun => {
  const test = resultOf(ranksFrom(shift));
  return {
    name,
    model: 'SASRec',
    epochs: [1, 2, 3, 4].map((epoch) => ({
      epoch,
      loss: 3 / epoch,
      seconds: 2 * epoch,
      validation: { 'ndcg@10': 0.3 - 0.05 * Math.abs(epoch - 3) },
    })),
    best: { epoch: 3, metric: 'ndcg@10', value: 0.3 },
    test,
    groups: [
      { group: 'short-history', limit: 7, numTargets: 60, metrics: test.metrics },
      { group: 'long-history', limit: 7, numTargets: 60, metrics: test.metrics },
      { group: 'head-target', limit: 20, numTargets: 90, metrics: test.metrics },
      { group: 'tail-target', limit: 20, numTargets: 30, metrics: test.metrics },
    ],
    catalog: {
      k: 10,
      numLists: 120,
      coverage: 0.75,
      gini: 0.41,
      novelty: 5.2,
      counts: counts.map((count) => count * 2),
    },
    scores: {
      probabilities: Float64Array.from({ length: 200 }, (_, i) => (i + 1) / 400),
      hits: Uint8Array.from({ length: 200 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
      numLists: 20,
      k: 10,
    },
    examples: [
      {
        user: 'ann',
        history,
        target: 'item-5',
        rank: 1,
        recommended: [
          { item: 'item-4', score: 2.5, reasons: [{ item: 'item-3', share: 0.8 }] },
          { item: 'item-5', score: 1.5 },
        ],
      },
    ],
    nearest: [
      {
        item: 'item-1',
        similar: [
          { item: 'item-7', score: 0.93 },
          { item: 'item-8', score: 0.9 },
        ],
      },
    ],
    attention: { items: history, weights: [[evenWeights(3), evenWeights(3)]] },
    map: {
      catalog,
      vectors: Float32Array.from({ length: 4 * (numItems + 1) }, (_, i) => Math.sin(i * i)),
      groupOf: (item) => `group ${String(item).at(-1)}`,
      groupName: 'shelf',
    },
    settings: { model: { hiddenUnits: 8, seed: shift }, engine: 'cpu', info: { keptItems: counts } },
  };
};

/** Options of a report with two runs and everything in it; item 5 has a hostile title. */
export const wholeOptions: ReportOptions = {
  title: 'A shop',
  runs: [wholeRun('first', 0), wholeRun('second', 9)],
  data,
  baselines: { popularity: resultOf(ranksFrom(30)) },
  nameOf: (item) => (item === 'item-5' ? hostile : `Title of ${item}`),
  notes: ['Tested on a sample of 120 of 500 targets.'],
};
