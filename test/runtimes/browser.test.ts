import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import type { Browser } from 'playwright-core';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { serveFolder } from '../support/serve-folder.ts';
import { workerFile } from './bundle.ts';
import { note, skipped, startChromium, withPage } from './chromium.ts';
import { itRuns } from './matrix.ts';
import { type Outcome, program, reference, Workshop } from './program.ts';

const workshop = new Workshop();
const page = join(workshop.path, 'page');
let browser: Browser | undefined;
let expected: Outcome;

/** Folders with the page as each bundler built it. */
const sites = { vite: join(workshop.path, 'site-vite'), esbuild: join(workshop.path, 'site-esbuild') };
const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>';
const main = `
  import * as tf from '@tensorflow/tfjs-core';
  ${program}
  const codeOf = ({ code }) => code;
  globalThis.onDisk = () => train({ runDirectory: 'run' }).then(() => 'trained', codeOf);
  run(tf.io.http('/model/model.json')).then(
    (outcome) => { globalThis.outcome = { ...outcome, cores: navigator.hardwareConcurrency }; },
    (error) => { globalThis.outcome = String(error.stack); },
  );
`;

const buildWithVite = () =>
  vite.build({
    logLevel: 'error',
    configFile: false,
    root: page,
    build: { outDir: sites.vite, target: 'es2022' },
  });

/** As `docs/runtimes.md` says: esbuild does not take the file of the threads along. */
const buildWithEsbuild = async () => {
  mkdirSync(sites.esbuild);
  copyFileSync(join(page, 'index.html'), join(sites.esbuild, 'index.html'));
  await esbuild.build({
    entryPoints: [join(page, 'main.js')],
    outdir: sites.esbuild,
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'error',
  });
  copyFileSync(join(workshop.path, 'node_modules', workerFile), join(sites.esbuild, 'worker.js'));
};

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  const made = reference(workshop);
  expected = made.expected;
  workshop.write('page/index.html', html);
  workshop.write('page/main.js', main);
  await buildWithVite();
  await buildWithEsbuild();
  for (const site of Object.values(sites)) cpSync(made.model, join(site, 'model'), { recursive: true });
}, 240_000);
afterAll(async () => {
  await browser?.close();
  workshop.remove();
});

describe('a page in Chromium', () => {
  const outcomeIn = async (site: string, isolated: boolean) => {
    const { url, close } = await serveFolder(site, { isolated });
    try {
      return await withPage(browser, url, async (page) => {
        const outcome = await page.waitForFunction('globalThis.outcome', undefined, { timeout: 60_000 });
        expect(await page.evaluate('globalThis.onDisk()')).toBe('node-only'); // what needs files says so
        return (await outcome.jsonValue()) as Outcome & { cores: number };
      });
    } finally {
      close();
    }
  };

  for (const [site, isolatedRow, plainRow] of [
    [sites.vite, 'vite-isolated', 'vite-plain'],
    [sites.esbuild, 'esbuild-page-isolated', 'esbuild-page-plain'],
  ] as const) {
    itRuns(
      isolatedRow,
      async () => {
        const { cores, ...outcome } = await outcomeIn(site, true);
        expect(outcome).toEqual({ ...expected, threads: Math.min(64, cores) });
      },
      skipped,
    );

    itRuns(
      plainRow,
      async () => {
        const { cores, ...outcome } = await outcomeIn(site, false);
        expect(outcome).toEqual({ ...expected, threads: 1, ...(cores > 1 && { threadsNote: note }) });
      },
      skipped,
    );
  }
});
