import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { buildBrowserExample } from '../../scripts/browser-example.ts';
import { serveFolder } from '../support/serve-folder.ts';
import { itRuns } from './matrix.ts';
import { chromePath, type Outcome, program, reference, Workshop } from './program.ts';

const executablePath = chromePath();
const skipped = executablePath === undefined ? 'there is no Chromium; CHROME_PATH may name one' : undefined;

const workshop = new Workshop();
const site = join(workshop.path, 'site');
const example = join(workshop.path, 'example');
let browser: Browser;
let expected: Outcome;
beforeAll(async () => {
  if (executablePath === undefined) return;
  const made = reference(workshop);
  expected = made.expected;
  const copyModel = (path: string) => cpSync(made.model, path, { recursive: true });
  workshop.write(
    'page/index.html',
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
  );
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
  workshop.write('page/main.js', main);
  const silent = { logLevel: 'error', configFile: false } as const;
  await build({ ...silent, root: join(workshop.path, 'page'), build: { outDir: site, target: 'es2022' } });
  copyModel(join(site, 'model'));
  await buildBrowserExample(example, copyModel);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  workshop.remove();
});

/** Opens a page of a folder, returns what `read` finds there, and expects nothing to fail in it. */
const open = async <Result>(
  folder: string,
  isolated: boolean,
  read: (page: Page, logged: readonly string[]) => Promise<Result>,
): Promise<Result> => {
  const { url, close } = await serveFolder(folder, { isolated });
  const page = await browser.newPage();
  const [failures, logged]: string[][] = [[], []];
  page.on('pageerror', ({ message }) => failures.push(message));
  page.on('requestfailed', (request) => failures.push(request.url()));
  page.on('console', (message) => (message.type() === 'log' ? logged : failures).push(message.text()));
  try {
    await page.goto(url);
    const result = await read(page, logged);
    expect(failures).toEqual([]);
    return result;
  } finally {
    await page.close();
    close();
  }
};

/** What the backend says of threads in a page that is not isolated. */
const note = 'the page is not cross-origin isolated, so threads cannot share memory';

describe('a page in Chromium', () => {
  const outcomeIn = (isolated: boolean) =>
    open(site, isolated, async (page) => {
      const outcome = await page.waitForFunction('globalThis.outcome', undefined, { timeout: 60_000 });
      expect(await page.evaluate('globalThis.onDisk()')).toBe('node-only'); // what needs files says so
      return (await outcome.jsonValue()) as Outcome & { cores: number };
    });

  itRuns(
    'vite-isolated',
    async () => {
      const { cores, ...outcome } = await outcomeIn(true);
      expect(outcome).toEqual({ ...expected, threads: Math.min(64, cores) });
    },
    skipped,
  );

  itRuns(
    'vite-plain',
    async () => {
      const { cores, ...outcome } = await outcomeIn(false);
      expect(outcome).toEqual({ ...expected, threads: 1, ...(cores > 1 && { threadsNote: note }) });
    },
    skipped,
  );

  /** Returns the items that the example shows, and what it says of threads. */
  const shownIn = (isolated: boolean) =>
    open(example, isolated, async (page, logged) => {
      await page.locator('li').first().waitFor({ timeout: 60_000 });
      const items = await page.locator('li').allTextContents();
      await page.locator('input').fill('item-1, nothing');
      await page.locator('button').click();
      const status = await page.locator('[role=status]').textContent();
      const cores = await page.evaluate<number>('navigator.hardwareConcurrency');
      return { items, status, threads: logged.at(-1), cores };
    });

  itRuns(
    'example-isolated',
    async () => {
      const { items, status, threads, cores } = await shownIn(true);
      expect(items).toEqual(expected.loaded);
      expect(status).toBe('not in the catalog: nothing');
      expect(threads).toBe(`simd, ${Math.min(64, cores)} threads`);
    },
    skipped,
  );

  itRuns(
    'example-plain',
    async () => {
      const { items, threads, cores } = await shownIn(false);
      expect(items).toEqual(expected.loaded);
      expect(threads).toBe(`simd, 1 threads${cores > 1 ? `: ${note}` : ''}`);
    },
    skipped,
  );
});
