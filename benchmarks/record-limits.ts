/**
 * Measures time and memory, each in a separate process: `pnpm record:limits [FOLDER]`, where the folder (default
 * `../shared/data`) contains `ml-1m.txt`. Writes `benchmarks/results/limits.json`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { preset, SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import { peakMegabytes } from './support/peak-memory.ts';
import { secondsSince } from './support/seconds-since.ts';
import { writeRecord } from './support/write-record.ts';

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);

const loadPaperModel = async (folder: string) => {
  const { backend } = await selectBackend();
  const split = leaveOneOut(toSequences(await readInteractions(join(folder, 'ml-1m.txt'))));
  const paper = preset('paper-ml-1m');
  return { backend, split, paper, model: new SASRec({ ...paper.model, catalog: split.catalog, seed: 1 }) };
};

const measures: Record<string, (folder: string) => Promise<object>> = {
  /** Reads ml-1m.txt into sequences. */
  reading: async (folder) => {
    const start = performance.now();
    const { items } = toSequences(await readInteractions(join(folder, 'ml-1m.txt')));
    return {
      data: 'ml-1m.txt',
      interactions: items.length,
      seconds: secondsSince(start),
      peakMegabytes: peakMegabytes(),
    };
  },
  /** Ranks the target of every ml-1m user among all items, maxLength 200. */
  fullRanking: async (folder) => {
    const { backend, split, model } = await loadPaperModel(folder);
    const start = performance.now();
    const { numTargets } = await evaluate(model, split.test, { protocol: 'full' });
    return {
      data: 'ml-1m.txt',
      backend,
      users: numTargets,
      maxLength: 200,
      seconds: secondsSince(start),
      peakMegabytes: peakMegabytes(),
    };
  },
  /** Trains for 2,000 steps on ml-1m and evaluates: tensors before and after, and resident memory over time. */
  memory: async (folder) => {
    const { backend, split, paper, model } = await loadPaperModel(folder);
    await fit(model, split, { ...paper.fit, batchSize: 16, epochs: 1, seed: 1, maxSteps: 20, validation: false });
    await evaluate(model, split.test, { protocol: 'sampled', sampleTargets: 500 }); // warm-up: the backend's heap reaches its size
    const tensorsBefore = tf.memory().numTensors;
    const residentMegabytes: number[] = [];
    const onStep = ({ step }: { step: number }) => {
      if (step % 250 === 0) residentMegabytes.push(megabytes(process.memoryUsage().rss));
    };
    await fit(model, split, {
      ...paper.fit,
      batchSize: 16,
      epochs: 100,
      seed: 2,
      maxSteps: 2000,
      validation: false,
      callbacks: [{ onStep }],
    });
    await evaluate(model, split.test, { protocol: 'sampled', sampleTargets: 500 });
    residentMegabytes.push(megabytes(process.memoryUsage().rss));
    return {
      data: 'ml-1m.txt',
      backend,
      steps: 2000,
      batchSize: 16,
      tensorsBefore,
      tensorsAfter: tf.memory().numTensors,
      residentMegabytes,
    };
  },
};

const [first = '../shared/data', folder] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);
if (first in measures && folder !== undefined) {
  console.log(JSON.stringify(await measures[first](folder)));
} else {
  const results: Record<string, unknown> = {};
  for (const name of Object.keys(measures)) {
    results[name] = runInChild(self, [name, first]);
    console.log(name, JSON.stringify(results[name]));
  }
  const path = fileURLToPath(new URL('results/limits.json', import.meta.url));
  writeRecord(path, { command: 'pnpm record:limits ../shared/data', machine: describeMachine(), ...results });
  console.log(`wrote ${path}`);
}
