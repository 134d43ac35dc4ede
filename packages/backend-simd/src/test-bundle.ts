/** Bundles programs that use the backend, as applications do, and runs them in separate processes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

interface BundleOptions {
  readonly platform: 'node' | 'browser';
  readonly format?: 'esm' | 'cjs';
  /** Whether the worker script is beside the bundle, as threads require. */
  readonly withWorker: boolean;
}

/**
 * Bundles a program that imports `@recsys/backend-simd` and tfjs, with all dependencies.
 *
 * @returns the path of the folder with `main.js` (or `main.cjs`).
 */
export const bundle = async (
  name: string,
  program: string,
  { platform, format = 'esm', withWorker }: BundleOptions,
): Promise<string> => {
  const folder = `${root}node_modules/.cache/bundles/${name}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{ "type": "module" }');
  writeFileSync(`${folder}program.js`, program);
  const requireBanner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    entryPoints: {
      main: `${folder}program.js`,
      ...(withWorker && { worker: `${root}src/threads/worker.js` }),
    },
    outdir: folder,
    outExtension: { '.js': format === 'cjs' ? '.cjs' : '.js' },
    bundle: true,
    platform,
    format,
    mainFields: platform === 'node' ? ['module', 'main'] : ['browser', 'module', 'main'],
    alias: { '@recsys/backend-simd': `${root}src/index.ts` },
    banner: { js: platform === 'node' && format === 'esm' ? requireBanner : '' },
    logLevel: 'error',
  });
  // The worker is found by its name, whatever the bundle is called.
  if (withWorker && format === 'cjs') renameSync(`${folder}worker.cjs`, `${folder}worker.js`);
  return folder;
};

/** Runs a program and returns the JSON in the last line of its output. */
export const runNode = (args: readonly string[], input?: string): unknown => {
  const output = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    input,
    cwd: root,
    stdio: 'pipe',
    timeout: 60_000,
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
};

/**
 * A program whose `run` returns the properties of the backend, and sums of a product that is large enough to use all
 * threads. It also multiplies two chunks of a millisecond each, 20 times, so that the threads wait for each other.
 */
export const program = (options: object): string => `
import { registerSimdBackend } from '@recsys/backend-simd';
import * as tf from '@tensorflow/tfjs-core';

export const run = async () => {
  registerSimdBackend(${JSON.stringify(options)});
  await tf.setBackend('simd');
  await tf.ready();
  const { threads, threadsNote, build, buildNote } = tf.backend();
  const sum = tf.tidy(() => {
    const x = tf.reshape(tf.range(0, 600 * 60), [600, 60]);
    const scaled = tf.sub(tf.div(x, 600 * 60), 0.5);
    return tf.sum(tf.softmax(tf.relu(tf.matMul(scaled, scaled, false, true))), 0).dataSync();
  });
  tf.tidy(() => {
    const [a, b] = [tf.ones([24, 500]), tf.ones([500, 2000])];
    for (let i = 0; i < 20; i++) tf.matMul(a, b).dispose();
  });
  return { threads, threadsNote, build, buildNote, sum: Array.from(sum.slice(0, 20)) };
};
`;
