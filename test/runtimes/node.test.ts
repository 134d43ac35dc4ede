import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itRuns } from './matrix.ts';
import { type Outcome, outcomeOf, print, program, reference, threads, Workshop } from './program.ts';

const workshop = new Workshop();
let model: string;
let expected: Outcome;
beforeAll(() => {
  ({ model, expected } = reference(workshop));
});
afterAll(() => workshop.remove());

const runNode = (...args: string[]) => outcomeOf(process.execPath, args);

/** Bundles the program with esbuild, and returns its path. */
const bundle = async (
  folder: string,
  { format, withWorker }: { format: 'esm' | 'cjs'; withWorker: boolean },
): Promise<string> => {
  const outfile = join(workshop.path, folder, format === 'esm' ? 'main.mjs' : 'main.cjs');
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin: { contents: program + print, resolveDir: workshop.path },
    outfile,
    bundle: true,
    platform: 'node',
    format,
    banner: format === 'esm' ? { js: banner } : {},
    logLevel: 'error',
  });
  if (withWorker) {
    const worker = join(workshop.path, 'node_modules/@recsys/backend-simd/dist/worker.js');
    copyFileSync(worker, join(outfile, '../worker.js'));
  }
  return outfile;
};

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

  itRuns('esbuild-esm', async () => {
    const path = await bundle('esm', { format: 'esm', withWorker: true });
    expect(runNode(path, model)).toEqual(expected);
  });

  itRuns('esbuild-esm-no-worker', async () => {
    const path = await bundle('esm-no-worker', { format: 'esm', withWorker: false });
    expect(runNode(path, model)).toEqual(onOneThread());
  });

  itRuns('esbuild-cjs', async () => {
    const path = await bundle('cjs', { format: 'cjs', withWorker: true });
    expect(readFileSync(path, 'utf8')).not.toMatch(/^import /m);
    expect(runNode(path, model)).toMatchObject({ loaded: expected.loaded, threads });
    expect(runNode(path, model)).toEqual(expected);
  });

  itRuns('esbuild-cjs-no-worker', async () => {
    const path = await bundle('cjs-no-worker', { format: 'cjs', withWorker: false });
    expect(runNode(path, model)).toEqual(onOneThread());
  });
});
