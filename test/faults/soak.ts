import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { type Fault, type FaultRecord, Tally } from './fault.ts';

interface Size {
  readonly steps: number;
  /**
   * Steps between two measurements of memory; the first third is warm-up, in which rare batch sizes occur for the first
   * time.
   */
  readonly every: number;
}

/** Allowed growth of heap and resident memory after warm-up, as a share of their maximum in warm-up. */
const tolerance = 0.05;

export const soak: Fault<Size> = {
  about: `training steps and evaluations on one model: the number of tensors does not grow, and heap and resident memory stay at most ${100 * tolerance} % above their maximum in the first third`,
  short: { steps: 400, every: 40 },
  long: { steps: 15_000, every: 500 },
  run: async (size, report) => {
    const program = ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(size)];
    const output = execFileSync(process.execPath, program, { encoding: 'utf8' });
    report(`${size.steps} steps`);
    return JSON.parse(output.trim().split('\n').at(-1)!) as FaultRecord;
  },
};

/** Memory at a step. */
export interface Look {
  readonly step: number;
  readonly tensors: number;
  /** Memory reserved by the backend; it grows when a size of tensor occurs for the first time. */
  readonly backendMegabytes: number;
  readonly heapMegabytes: number;
  readonly residentMegabytes: number;
}

const train = async ({ steps, every }: Size): Promise<FaultRecord> => {
  const { backend } = await selectBackend();
  const { interactions } = simulateInteractions({ seed: 1, users: 1500, items: 1000, meanLength: 40 });
  const split = leaveOneOut(toSequences(interactions));
  const model = new SASRec({ catalog: split.catalog, maxLength: 50, hiddenUnits: 50, seed: 1 });
  const looks: Look[] = [];
  const look = ({ step }: { step: number }) => {
    if (step % every !== 0) return;
    globalThis.gc!();
    const { heapUsed, rss } = process.memoryUsage();
    const { numTensors, sharedBytesReserved = 0 } = tf.memory() as tf.MemoryInfo & { sharedBytesReserved?: number };
    looks.push({
      step,
      tensors: numTensors,
      backendMegabytes: Math.round(sharedBytesReserved / 2 ** 20),
      heapMegabytes: Math.round(heapUsed / 2 ** 17) / 8,
      residentMegabytes: Math.round(rss / 2 ** 20),
    });
  };
  const validation = { protocol: 'sampled', every: 1, patience: false, sampleTargets: 500 } as const;
  const options = { batchSize: 64, seed: 1, epochs: steps, maxSteps: steps, validation, callbacks: [{ onStep: look }] };
  const { steps: taken, epochs } = await fit(model, split, options);
  const warmUp = looks.splice(0, Math.ceil(looks.length / 3));
  const most = (what: keyof Look) => Math.max(...warmUp.map((own) => own[what]));
  const tally = new Tally();
  for (const own of looks) {
    const grown = (['tensors', 'heapMegabytes', 'residentMegabytes'] as const).filter(
      (what) => own[what] > most(what) * (what === 'tensors' ? 1 : 1 + tolerance),
    );
    const said = grown.map((what) => `${what} ${own[what]}, at most ${most(what)} in warm-up`);
    tally.add(said.length > 0 ? `step ${own.step}: ${said.join('; ')}` : undefined);
  }
  return tally.record({ backend, steps: taken, evaluations: epochs, looks: [...warmUp, ...looks] });
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await train(JSON.parse(process.argv[2]))));
