/** The thread that `trainBatchSource` starts. It answers each request with one batch, or says that it cannot. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SamplerPlan, samplerFromPlan } from '../negatives/index.js';
import type { UserSequences } from '../sequences/user-sequences.js';
import type { SequenceBatch } from './sequence-batch.js';
import { type TrainBatchesOptions, trainBatches } from './train-batches.js';

/** What the thread is started with. */
export interface BatchTask {
  readonly train: UserSequences;
  readonly options: Omit<TrainBatchesOptions, 'epoch' | 'firstBatch' | 'negativeSampler'>;
  readonly plan: SamplerPlan;
}

/** One batch of one epoch; requests of an epoch come in order. */
export interface BatchRequest {
  readonly epoch: number;
  readonly batch: number;
}

/** The batch, or undefined where it cannot be made; the other thread then meets the same error itself. */
export type BatchAnswer = { readonly batch: SequenceBatch | undefined };

const { train, options, plan } = workerData as BatchTask;
const port = parentPort!;
const negativeSampler = samplerFromPlan(plan);
let batches: Iterator<SequenceBatch, void> | undefined;
let next: BatchRequest | undefined;

port.on('message', ({ epoch, batch }: BatchRequest) => {
  try {
    if (batches === undefined || next?.epoch !== epoch || next.batch !== batch)
      batches = trainBatches(train, { ...options, negativeSampler, epoch, firstBatch: batch });
    next = { epoch, batch: batch + 1 };
    const made = batches.next().value as SequenceBatch;
    const { offsets, items, positions, targets, negatives } = made;
    const { times, queryTimes } = made;
    const arrays = [offsets, items, positions, targets, negatives, ...(times && queryTimes ? [times, queryTimes] : [])];
    const buffers = arrays.map((array) => array.buffer as ArrayBuffer);
    port.postMessage({ batch: made } satisfies BatchAnswer, buffers);
  } catch {
    port.postMessage({ batch: undefined } satisfies BatchAnswer);
  }
});
