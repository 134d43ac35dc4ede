import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface SpecResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly message?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const simd = `${root}packages/backend-simd/`;
/** In `node_modules`, so that packages that are not bundled are found. */
const folder = `${root}node_modules/.cache/tfjs-specs/`;

const runner = `
import { writeFileSync } from 'node:fs';
import Jasmine from 'jasmine';
const jasmine = new Jasmine({ projectBaseDir: '.' });
jasmine.loadConfig({ random: false });
jasmine.exitOnCompletion = false;
const results = [];
jasmine.clearReporters();
jasmine.addReporter({
  specDone: ({ fullName, status, failedExpectations }) =>
    results.push({ name: fullName, status, message: failedExpectations[0]?.message?.split('\\n')[0] }),
  jasmineDone: () => writeFileSync(process.argv[2], JSON.stringify(results)),
});
await import('./specs.js');
await jasmine.execute();
process.exit(0);
`;

/** Bundles the specs of tfjs-core with one copy of everything that they import. */
export const bundleSpecs = async (): Promise<void> => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{ "type": "module" }');
  writeFileSync(`${folder}run.js`, runner);
  await build({
    entryPoints: { specs: `${root}test/tfjs-specs/specs.js`, worker: `${simd}dist/worker.js` },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true, // the package marks its specs as free of side effects
    alias: {
      '@tensorflow/tfjs-core': `${simd}node_modules/@tensorflow/tfjs-core`,
      '@tensorflow/tfjs-backend-cpu': `${simd}node_modules/@tensorflow/tfjs-backend-cpu`,
    },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
};

/** Runs the bundled specs on a backend, and on a build of its kernels if it has several, in a separate process. */
export const runSpecs = (backend: 'simd' | 'cpu', build = ''): SpecResult[] => {
  const output = `${folder}${backend}.json`;
  execFileSync(process.execPath, [`${folder}run.js`, output], {
    env: { ...process.env, SPECS_BACKEND: backend, RECSYS_ENGINE: build },
    stdio: 'ignore',
  });
  return JSON.parse(readFileSync(output, 'utf8')) as SpecResult[];
};
