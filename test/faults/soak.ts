import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { SASRec } from '@recsys/sasrec';
import { fit, selectBackend } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { type Fault, type FaultRecord, Tally } from './fault.ts';

interface Size {
  readonly steps: number;
  /** Steps between two looks at memory; the first quarter of the looks is warm-up. */
  readonly every: number;
}

/** What heap and resident memory may grow by after warm-up, as a share of what they were. */
const tolerance = 0.1;

export const soak: Fault<Size> = {
  about: `steps with evaluations between, on one model: no tensor more, heap and resident memory at most ${100 * tolerance} % above what they were after warm-up`,
  short: { steps: 400, every: 40 },
  long: { steps: 5000, every: 250 },
  run: async (size, report) => {
    const program = ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(size)];
    const output = execFileSync(process.execPath, program, { encoding: 'utf8' });
    report(`${size.steps} steps`);
    return JSON.parse(output.trim().split('\n').at(-1)!) as FaultRecord;
  },
};

const train = async ({ steps, every }: Size): Promise<FaultRecord> => {
  const { backend } = await selectBackend();
  const { interactions } = simulateInteractions({ seed: 1, users: 1500, items: 1000, meanLength: 40 });
  const split = leaveOneOut(toSequences(interactions));
  const model = new SASRec({ items: split.items, maxLength: 50, hiddenUnits: 50, seed: 1 });
  const looks: { step: number; tensors: number; heapMegabytes: number; residentMegabytes: number }[] = [];
  const look = ({ step }: { step: number }) => {
    if (step % every !== 0) return;
    globalThis.gc!();
    const { heapUsed, rss } = process.memoryUsage();
    looks.push({
      step,
      tensors: tf.memory().numTensors,
      heapMegabytes: Math.round(heapUsed / 2 ** 17) / 8,
      residentMegabytes: Math.round(rss / 2 ** 20),
    });
  };
  const validation = { protocol: 'sampled', every: 1, patience: null, users: 500 } as const;
  const options = { batchSize: 64, seed: 1, epochs: steps, maxSteps: steps, validation, callbacks: [{ onStep: look }] };
  const { steps: taken, epochs } = await fit(model, split, options);
  const warmedUp = looks.slice(looks.length >> 2);
  const first = warmedUp[0]!;
  const tally = new Tally();
  for (const { step, tensors, heapMegabytes, residentMegabytes } of warmedUp.slice(1)) {
    const grown =
      tensors !== first.tensors
        ? `${tensors} tensors instead of ${first.tensors}`
        : heapMegabytes > first.heapMegabytes * (1 + tolerance)
          ? `${heapMegabytes} MB of heap instead of ${first.heapMegabytes}`
          : residentMegabytes > first.residentMegabytes * (1 + tolerance)
            ? `${residentMegabytes} MB resident instead of ${first.residentMegabytes}`
            : undefined;
    tally.add(grown && `step ${step}: ${grown}`);
  }
  return tally.record({ backend, steps: taken, evaluations: epochs, looks });
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await train(JSON.parse(process.argv[2]!))));
