/** Where the program runs: the table in `docs/runtimes.md` has these rows. */
import { it } from 'vitest';

/** One row of the table. */
export interface Row {
  readonly runtime: string;
  readonly how: string;
  /** How many threads compute. */
  readonly threads: 'all' | 'one';
  /** Run by `RUNTIMES=all` alone: it installs packages from the npm registry. */
  readonly onlyAll?: true;
}

export const matrix = {
  'node-require': { runtime: 'Node', how: '`require()` in a CommonJS program', threads: 'all' },
  'node-worker-thread': { runtime: 'Node', how: 'inside a worker thread', threads: 'all' },
  'esbuild-esm': { runtime: 'Node', how: 'bundled by esbuild as ESM, `worker.js` copied', threads: 'all' },
  'esbuild-esm-no-worker': { runtime: 'Node', how: 'bundled by esbuild as ESM, without `worker.js`', threads: 'one' },
  'esbuild-cjs': { runtime: 'Node', how: 'bundled by esbuild as CommonJS, `worker.js` copied', threads: 'all' },
  'esbuild-cjs-no-worker': {
    runtime: 'Node',
    how: 'bundled by esbuild as CommonJS, without `worker.js`',
    threads: 'one',
  },
  'vite-isolated': { runtime: 'Chromium', how: 'bundled by Vite, page cross-origin isolated', threads: 'all' },
  'vite-plain': { runtime: 'Chromium', how: 'bundled by Vite, any other page', threads: 'one' },
  'esbuild-page-isolated': {
    runtime: 'Chromium',
    how: 'bundled by esbuild, `worker.js` copied, page cross-origin isolated',
    threads: 'all',
  },
  'esbuild-page-plain': { runtime: 'Chromium', how: 'bundled by esbuild, any other page', threads: 'one' },
  'example-isolated': {
    runtime: 'Chromium',
    how: '`examples/browser`, in workers of a cross-origin isolated page, bundled by Vite',
    threads: 'all',
  },
  'example-plain': {
    runtime: 'Chromium',
    how: '`examples/browser`, in workers of any other page',
    threads: 'one',
  },
  bun: { runtime: 'Bun', how: 'packages from npm', threads: 'all', onlyAll: true },
  deno: { runtime: 'Deno', how: 'packages from npm, `deno run -A`', threads: 'all', onlyAll: true },
  next: {
    runtime: 'Node',
    how: 'Next.js, a route handler built by Turbopack, without settings',
    threads: 'all',
    onlyAll: true,
  },
  'next-webpack': {
    runtime: 'Node',
    how: 'Next.js, built by webpack, without settings',
    threads: 'one',
    onlyAll: true,
  },
  'next-webpack-external': {
    runtime: 'Node',
    how: 'Next.js, built by webpack, with `serverExternalPackages`',
    threads: 'all',
    onlyAll: true,
  },
} as const satisfies Readonly<Record<string, Row>>;

type RowName = keyof typeof matrix;

/** Whether rows that install packages run too. */
export const runsAll = process.env.RUNTIMES === 'all';

/** Declares the test of a row. @param skipped why it cannot run here. */
export const itRuns = (name: RowName, test: () => Promise<void> | void, skipped?: string): void => {
  const { runtime, how, onlyAll }: Row = matrix[name];
  const reason = onlyAll && !runsAll ? 'RUNTIMES=all runs it' : skipped;
  const title = `${name}: ${runtime}, ${how}`;
  it.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (skipped: ${reason})`, test, 240_000);
};
