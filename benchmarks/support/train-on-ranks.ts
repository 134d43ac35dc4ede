/**
 * Trains on the ranks that `mpirun` has started, or on one rank that stands for many, with options given as JSON, and prints one line of JSON
 * with the time of each step.
 */
import { leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { openMpi } from '@recsys/mpi';
import { SASRec } from '@recsys/sasrec';
import { type Communicator, fit } from '@recsys/training';
import { median } from './measure.ts';

export interface RanksOptions {
  readonly dataset: string;
  readonly maxLength: number;
  readonly dropoutRate: number;
  readonly batchSize: number;
  readonly steps: number;
  /** `mpi` for the ranks of this job; or how many ranks this process stands for, without a network. */
  readonly ranks: 'mpi' | number;
}

/** What a rank has seen. */
export interface RanksMeasurement {
  readonly ranks: number;
  /** Median time of a step. */
  readonly stepMs: number;
  /** Median processor time of a step, which other work on the machine hardly changes. */
  readonly processorMs: number;
  /** Bytes of gradients that a rank sends to each other rank in a step, the median. */
  readonly bytesPerRank: number;
}

/** Messages of fewer bytes are not gradients: they are settings and checksums, on which all ranks agree. */
const leastGradients = 20_000;

/**
 * Returns a communicator that answers at once with what this rank itself has sent last, in place of the other ranks: the gradients of as many
 * batches, as ranks send them, but without the time of a network.
 */
const echo = (size: number): Communicator => {
  let newest: Uint8Array[] = [];
  return {
    rank: 0,
    size,
    allgather: async (bytes) => {
      if (bytes.length < leastGradients) return Array.from({ length: size }, () => bytes);
      newest = [bytes, ...newest].slice(0, size);
      return Array.from({ length: size }, (_, rank) => newest[Math.min(rank, newest.length - 1)]);
    },
  };
};

const { dataset, maxLength, dropoutRate, batchSize, steps, ranks } = JSON.parse(process.argv[2]) as RanksOptions;
const mpi = ranks === 'mpi' ? await openMpi() : undefined;
const joined: Communicator = mpi ?? echo(ranks as number);
await selectBackend({ prefer: 'simd' });
const split = leaveOneOut(toSequences(await readInteractions(dataset)));
const model = new SASRec({
  catalog: split.catalog,
  maxLength,
  hiddenUnits: 50,
  numBlocks: 2,
  dropoutRate,
  wiring: 'paper',
  seed: 1,
});
const bytes: number[] = [];
const communicator: Communicator = {
  rank: joined.rank,
  size: joined.size,
  allgather: async (given) => {
    if (given.length >= leastGradients) bytes.push(given.length);
    return joined.allgather(given);
  },
};
const warmUp = steps;
const milliseconds: number[] = [];
const processorMilliseconds: number[] = [];
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
let [last, lastProcessor] = [0, 0];
await fit(model, split, {
  batchSize,
  epochs: 1_000_000,
  seed: 1,
  maxSteps: warmUp + steps,
  validation: false,
  communicator,
  callbacks: [
    {
      onStep: ({ step, batch, batches }) => {
        // Not the first batch of an epoch, before which weights are checked, nor the last, which is smaller.
        if (step > warmUp && batch > 1 && batch < batches) {
          milliseconds.push(performance.now() - last);
          processorMilliseconds.push(processorTime() - lastProcessor);
        }
        [last, lastProcessor] = [performance.now(), processorTime()];
      },
    },
  ],
});
const isAlone = communicator.size === 1;
const measurement: RanksMeasurement = {
  ranks: communicator.size,
  stepMs: median(milliseconds),
  processorMs: median(processorMilliseconds),
  bytesPerRank: isAlone ? 0 : median(bytes.slice(-steps)),
};
if (communicator.rank === 0) console.log(JSON.stringify(measurement));
await mpi?.close();
