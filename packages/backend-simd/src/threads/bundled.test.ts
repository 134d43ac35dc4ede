import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chooseEngine } from '../engine/index.js';
import { bundle, program, runNode } from '../test-bundle.js';

const print = 'run().then((result) => console.log(JSON.stringify(result)));';
const text = `${program({ threads: 2 })}${print}`;

interface Result {
  threads: number;
  threadsNote?: string;
  build: string;
  buildNote?: string;
  sum: number[];
}
const run = (...args: string[]) => runNode(args) as Result;

let complete: string;
let expected: number[];
beforeAll(async () => {
  complete = await bundle('complete', text, { platform: 'node', withWorker: true });
  expected = run(`${complete}main.js`).sum;
});

afterEach(() => vi.unstubAllEnvs());

describe('a bundled program', () => {
  it('has threads if the worker is beside it', () => {
    const result = run(`${complete}main.js`);
    expect(result.threads).toBe(2);
    expect(result.threadsNote).toBeUndefined();
    // It has native kernels where a program that is not bundled has them.
    expect(result.build).toBe(chooseEngine().build);
  });

  it('has one thread, with a reason, if the worker is missing', async () => {
    const folder = await bundle('without-worker', text, { platform: 'node', withWorker: false });
    const result = run(`${folder}main.js`);
    expect(result).toMatchObject({ threads: 1, sum: expected });
    expect(result.threadsNote).toMatch(/^threads did not start: .*Cannot find module .*worker\.js/);
  });

  it('does the same in CommonJS', async () => {
    const common = { platform: 'node', format: 'cjs' } as const;
    const bare = await bundle('common-js', text, { ...common, withWorker: false });
    const result = run(`${bare}main.cjs`);
    expect(result).toMatchObject({ threads: 1, sum: expected });
    expect(result.threadsNote).toMatch(/^threads did not start: .*Cannot find module .*worker\.js/);
    const whole = await bundle('common-js-worker', text, { ...common, withWorker: true });
    expect(run(`${whole}main.cjs`)).toMatchObject({ threads: 2, sum: expected });
  });

  it('has threads in a script from the command line or stdin', () => {
    const script = `import '${complete}main.js';`;
    expect(run('--input-type=module', '-e', script)).toMatchObject({ threads: 2, sum: expected });
    expect(runNode(['--input-type=module', '-'], script)).toMatchObject({ threads: 2, sum: expected });
  });

  it('has one thread, with a reason, without SharedArrayBuffer', () => {
    vi.stubEnv('RECSYS_ENGINE', 'wasm');
    const { sum } = run(`${complete}main.js`);
    vi.stubEnv('RECSYS_ENGINE', '');
    const result = run('--no-harmony-sharedarraybuffer', `${complete}main.js`);
    expect(result).toMatchObject({
      threads: 1,
      threadsNote: 'SharedArrayBuffer is missing, so threads cannot share memory',
      buildNote: 'no native kernels: SharedArrayBuffer is missing',
      sum,
    });
  });
});
