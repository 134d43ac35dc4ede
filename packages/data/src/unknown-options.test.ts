import { RecsysError } from '@recsys/errors';
import * as aq from 'arquero';
import { describe, expect, it } from 'vitest';
import * as data from './index.js';
import { sequencesOf } from './test-support.js';

const unknown = { nonsense: 1 } as never;
const interactions = data.fromTable(
  aq.table({ user: ['a', 'a', 'a'], item: ['x', 'y', 'z'], timestamp: [1, 2, 3], rating: [3, 4, 5] }),
);
const sequences = { ...sequencesOf(5, [1, 2, 3]), timestamps: Float64Array.of(1, 2, 3) };
const { test, train } = data.leaveOneOut(sequences);
const shards = { lengths: [Uint32Array.of(3)] } as never;
const nowhere = 'a/folder/that/is/not.csv';

/** Calls of all functions with options; they must fail before they look at anything else. */
const calls: Readonly<Record<string, () => unknown>> = {
  cachedDataset: () => data.cachedDataset('ml-1m', unknown),
  countShardBatches: () => data.countShardBatches(shards, unknown),
  countTrainBatches: () => data.countTrainBatches(train, unknown),
  deduplicate: () => data.deduplicate(interactions, unknown),
  fromTable: () => data.fromTable(interactions.table, unknown),
  getDataset: () => data.getDataset('ml-1m', unknown),
  historyBatch: () => data.historyBatch([Int32Array.of(1)], unknown),
  itemFeatures: () => data.itemFeatures([], unknown),
  itemNegatives: () => data.itemNegatives(5, unknown),
  kCore: () => data.kCore(interactions, unknown),
  lastNSplit: () => data.lastNSplit(sequences, unknown),
  lengthRange: () => data.lengthRange(interactions, unknown),
  minRating: () => data.minRating(interactions, unknown),
  popularityNegatives: () => data.popularityNegatives(train, unknown),
  mixedNegatives: () => data.mixedNegatives(train, unknown),
  mixedProbabilities: () => data.mixedProbabilities(train, unknown),
  partOfBatch: () => data.partOfBatch(data.historyBatch([Int32Array.of(1)], { maxLength: 1 }), unknown),
  queryRows: () => data.queryRows('shop.duckdb', 'select 1', unknown).next(),
  ratioSplit: () => data.ratioSplit(sequences, unknown),
  readItemAttributes: () => data.readItemAttributes(nowhere, unknown),
  readItemFeatures: () => data.readItemFeatures(nowhere, unknown),
  readHistories: () => data.readHistories(nowhere, unknown).next(),
  readInteractions: () => data.readInteractions(nowhere, unknown),
  sampledCandidates: () => data.sampledCandidates(test)(unknown),
  sampledPerItemCandidates: () => data.sampledPerItemCandidates(test)(unknown),
  shardBatchSource: () => data.shardBatchSource(shards, unknown),
  simulateInteractions: () => data.simulateInteractions(unknown),
  temporalSplit: () => data.temporalSplit(sequences, unknown),
  timeRange: () => data.timeRange(interactions, unknown),
  topItems: () => data.topItems(interactions, unknown),
  trainBatchSource: () => data.trainBatchSource(train, unknown),
  trainBatches: () => data.trainBatches(train, unknown).next(),
  writeCandidates: () =>
    data.writeCandidates(test, nowhere, { nonsense: 1, candidates: data.sampledCandidates(test), seed: 0 } as never),
  writeInteractions: () => data.writeInteractions(interactions, nowhere, unknown),
};

const withoutOptions = [
  'attributeColumn',
  'countData',
  'evaluationTimes',
  'historyTimesOf',
  'countItems',
  'countTies',
  'describeOrder',
  'evaluationHistories',
  'featuresOfCatalog',
  'findLeakage',
  'fromItemNegatives',
  'historyOf',
  'idAt',
  'inBatchNegatives',
  'indexOfId',
  'itemIds',
  'leaveOneOut',
  'logUniformNegatives',
  'readCandidates',
  'summarize',
  'timeAtShare',
  'toSequences',
  'uniformNegatives',
  'userIds',
  'widthOf',
  'withValidation',
];

describe('unknown options', () => {
  it.each(Object.entries(calls))('are refused by %s', async (name, call) => {
    const error = await new Promise((resolve) => resolve(call())).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RecsysError);
    expect(error).toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(new RegExp(`^${name}: unknown option nonsense; options are \\w+`)),
    });
  });

  it('are refused where columns are named', async () => {
    const message = 'columns: unknown option nonsense; options are user, item, timestamp, rating';
    const columns = { user: 'user', item: 'item', nonsense: 'x' };
    expect(() => data.fromTable(interactions.table, { columns })).toThrow(`fromTable: ${message}`);
    await expect(data.readInteractions(nowhere, { columns })).rejects.toThrow(`readInteractions: ${message}`);
  });

  it('are tested for every function of the package that has options', () => {
    const functions = Object.entries(data).flatMap(([name, value]) =>
      typeof value === 'function' && /^[a-z]/.test(name) ? [name] : [],
    );
    expect(functions.sort()).toEqual([...Object.keys(calls), ...withoutOptions].sort());
  });
});
