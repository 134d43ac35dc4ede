/** Runtimes and frameworks that the repository does not depend on: packages packed and installed by npm in an empty project. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { packPackages } from '../../scripts/packed-packages.ts';
import { freePort } from '../support/programs/free-port.ts';
import { itRuns, runsAll } from './matrix.ts';
import { type Outcome, outcomeOf, print, program, reference, threads, Workshop } from './program.ts';

/** None of them downloads anything when it is installed: their binaries are packages of their own. */
const others = ['bun@1.4.5', 'deno@2.9.6', 'next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'];
const peers = ['@tensorflow/tfjs-core@4.22.0', '@tensorflow/tfjs-layers@4.22.0'];
const binaries = {
  bun: `node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`,
  deno: `node_modules/@deno/${process.platform}-${process.arch}-glibc/deno`,
};

/** What a program on a disk does beside: Parquet, which Node decodes in a process of its own. */
const readsParquet = `
import { readInteractions, simulateInteractions as simulate, writeInteractions } from '@recsys/data';
const { interactions } = simulate({ seed: 1, users: 20, items: 30 });
await writeInteractions(interactions, process.argv[3]);
const { size } = await readInteractions(process.argv[3]);
if (size !== interactions.size) throw new Error(size + ' interactions instead of ' + interactions.size);
`;

const workshop = new Workshop({ withPackages: false });
const project = workshop.path;
let model: string;
let expected: Outcome;
beforeAll(() => {
  if (!runsAll) return;
  const install = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    ...packPackages(project),
    ...peers,
    ...others,
  ];
  execFileSync('npm', install, { cwd: project, stdio: 'pipe' });
  ({ model, expected } = reference(workshop));
  workshop.write('main.mjs', program + readsParquet + print);
  workshop.write('program.js', program);
  const route = `
    import { run } from '../../../program.js';
    export const runtime = 'nodejs';
    export const dynamic = 'force-dynamic';
    export const GET = async () => Response.json(await run(process.env.MODEL));
  `;
  workshop.write('app/api/recommend/route.js', route);
}, 300_000);
afterAll(() => workshop.remove());

/** Builds the project with `next build`, starts it, and returns what its route answers. */
const answerOfNext = async (settings: object, ...flags: string[]): Promise<Outcome> => {
  // A test runner's own NODE_ENV would make another build than that for production.
  const own = { NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: '1', RECSYS_THREADS: String(threads), MODEL: model };
  workshop.write('next.config.js', `export default ${JSON.stringify(settings)};`);
  const next = join(project, 'node_modules/next/dist/bin/next');
  const options = { cwd: project, env: { ...process.env, ...own }, stdio: 'pipe' } as const;
  execFileSync(process.execPath, [next, 'build', ...flags], options);
  const port = await freePort();
  const server = spawn(process.execPath, [next, 'start', '-p', String(port)], options);
  try {
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(`http://localhost:${port}/api/recommend`).catch((error: Error) => error);
      if (response instanceof Response) {
        expect(response.status).toBe(200);
        return (await response.json()) as Outcome;
      }
      if (attempt === 100) throw response;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    server.kill();
  }
};

const packages = ['data', 'model', 'sasrec', 'training', 'layers', 'backend-simd', 'metrics', 'errors'];
const tfjs = ['core', 'layers', 'backend-cpu', 'backend-wasm'];
const serverExternalPackages = [
  ...packages.map((name) => `@recsys/${name}`),
  ...tfjs.map((name) => `@tensorflow/tfjs-${name}`),
];

describe('packages installed by npm', () => {
  itRuns('bun', () => {
    expect(outcomeOf(binaries.bun, ['main.mjs', model, 'bun.parquet'], project)).toEqual(expected);
  });

  itRuns('deno', () => {
    expect(outcomeOf(binaries.deno, ['run', '-A', 'main.mjs', model, 'deno.parquet'], project)).toEqual(expected);
  });

  itRuns('next', async () => {
    expect(await answerOfNext({})).toEqual(expected);
  });

  itRuns('next-webpack', async () => {
    expect(await answerOfNext({}, '--webpack')).toEqual({
      ...expected,
      threads: 1,
      threadsNote: expect.stringMatching(/^threads did not start: the bundler put worker.js at .*, which is no file$/),
    });
  });

  itRuns('next-webpack-external', async () => {
    expect(await answerOfNext({ serverExternalPackages }, '--webpack')).toEqual(expected);
  });
});
