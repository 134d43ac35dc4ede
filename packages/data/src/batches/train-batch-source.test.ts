import { describe, expect, it } from 'vitest';
import { watchThreads } from '../../../../test/support/threads.js';
import {
  inBatchNegatives,
  leaveOneOut,
  logUniformNegatives,
  mixedNegatives,
  popularityNegatives,
  type SequenceBatch,
  simulateInteractions,
  type TrainBatchSourceOptions,
  toSequences,
  trainBatches,
  trainBatchSource,
  uniformNegatives,
} from '../index.js';
import { sequencesOf } from '../test-support.js';

const { train } = leaveOneOut(toSequences(simulateInteractions({ seed: 1, users: 90, items: 60 }).interactions));
const options: TrainBatchSourceOptions = { batchSize: 8, maxLength: 5, seed: 3, numNegatives: 4, thread: true };

const started = watchThreads();

/** The thread of a worker that has ended is -1. */
const alive = () => started().filter(({ threadId }) => threadId !== -1).length;

const batchesOf = async (more: Partial<TrainBatchSourceOptions>, epochs: [number, number?][], of = train) => {
  const source = trainBatchSource(of, { ...options, ...more });
  const batches: SequenceBatch[] = [];
  try {
    for (const [epoch, first] of epochs) for await (const batch of source.epoch(epoch, first)) batches.push(batch);
  } finally {
    await source.close();
  }
  return batches;
};

describe('trainBatchSource', () => {
  it.each([
    { name: 'uniform', make: uniformNegatives },
    { name: 'popularity', make: (of: typeof train) => popularityNegatives(of, { alpha: 0.5 }) },
    { name: 'log-uniform', make: logUniformNegatives },
    { name: 'in-batch', make: inBatchNegatives },
    { name: 'mixed', make: (of: typeof train) => mixedNegatives(of, { inBatch: 0.3 }) },
  ])('gives the batches of trainBatches from a thread, with $name negatives', async ({ make }) => {
    const { thread: _, ...plain } = { ...options, negativeSampler: make(train) };
    const expected = [
      ...trainBatches(train, { ...plain, epoch: 1, firstBatch: 2 }),
      ...trainBatches(train, { ...plain, epoch: 2 }),
    ];
    expect(expected.length).toBeGreaterThan(10);
    expect(await batchesOf({ negativeSampler: make(train) }, [[1, 2], [2]])).toEqual(expected);
    expect(started()).toHaveLength(1);
    expect(alive()).toBe(0);
  });

  it('leaves an epoch early and begins another, also the same one', async () => {
    const source = trainBatchSource(train, options);
    for await (const _ of source.epoch(1)) break;
    for (const epoch of [1, 7]) {
      const { thread: _, ...plain } = options;
      const [expected] = trainBatches(train, { ...plain, epoch });
      for await (const batch of source.epoch(epoch)) {
        expect(batch).toEqual(expected);
        break;
      }
    }
    expect(alive()).toBe(1);
    await source.close();
    await source.close();
    expect(alive()).toBe(0);
  });

  it('makes the other batches itself when the thread has ended', async () => {
    const source = trainBatchSource(train, options);
    const batches: SequenceBatch[] = [];
    for await (const batch of source.epoch(1)) {
      batches.push(batch);
      if (batches.length === 2) await started()[0].terminate();
    }
    const { thread: _, ...plain } = options;
    expect(batches).toEqual([...trainBatches(train, { ...plain, epoch: 1 })]);
    await source.close();
  });

  it('has no thread unless asked to, or with a sampler of its own', async () => {
    const zeros = { sample: ({ into }: { into: Int32Array }) => void into.fill(1) };
    expect((await batchesOf({ thread: undefined }, [[1]])).length).toBeGreaterThan(5);
    const [batch] = await batchesOf({ negativeSampler: zeros }, [[1]]);
    expect(new Set(batch.negatives)).toEqual(new Set([1]));
    expect(started()).toHaveLength(0);
  });

  it('throws the error of trainBatches, with ids that only this thread has', async () => {
    const everything = sequencesOf(3, [1, 2, 3]);
    await expect(batchesOf({}, [[1]], everything)).rejects.toThrow('user "u0" has interacted with all 3 items');
    expect(started()).toHaveLength(1);
    expect(alive()).toBe(0);
  });
});
