import { afterAll, beforeAll, describe, expect } from 'vitest';
import { bundleForNode, workerFile } from './bundle.ts';
import { itRuns } from './matrix.ts';
import { type Outcome, outcomeOf, print, program, reference, Workshop } from './program.ts';

const workshop = new Workshop();
let model: string;
let expected: Outcome;
beforeAll(() => {
  ({ model, expected } = reference(workshop));
});
afterAll(() => workshop.remove());

const runNode = (...args: string[]) => outcomeOf(process.execPath, args);

/** What a bundle without the worker computes: the same, on one thread, saying which file is missing. */
const onOneThread = () => ({
  ...expected,
  threads: 1,
  threadsNote: expect.stringMatching(/^threads did not start: .*Cannot find module .*worker\.js/),
});

describe('a program in Node', () => {
  itRuns('node-require', () => {
    const commonJs = program
      .replaceAll(/^import (.*) from (.*);$/gm, 'const $1 = require($2);')
      .replaceAll('export const', 'const');
    expect(commonJs).not.toMatch(/^(import|export) /m);
    expect(runNode(workshop.write('require.cjs', commonJs + print), model)).toEqual(expected);
  });

  itRuns('node-worker-thread', () => {
    const started = `
      import { Worker, isMainThread, workerData, parentPort } from 'node:worker_threads';
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url), { workerData: process.argv[2] });
        worker.on('message', (outcome) => console.log(JSON.stringify(outcome)));
      } else run(workerData).then((outcome) => parentPort.postMessage(outcome));
    `;
    expect(runNode(workshop.write('worker-thread.mjs', program + started), model)).toEqual(expected);
  });

  for (const [row, bare, format] of [
    ['esbuild-esm', 'esbuild-esm-no-worker', 'esm'],
    ['esbuild-cjs', 'esbuild-cjs-no-worker', 'cjs'],
  ] as const) {
    itRuns(row, async () => {
      const path = await bundleForNode(workshop, program + print, { format, copied: [workerFile] });
      expect(runNode(path, model)).toEqual(expected);
    });

    itRuns(bare, async () => {
      const path = await bundleForNode(workshop, program + print, { format });
      expect(runNode(path, model)).toEqual(onOneThread());
    });
  }
});
