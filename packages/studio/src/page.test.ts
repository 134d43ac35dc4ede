/** The page in Chromium, as a person uses it: each view, by mouse and by keyboard, light and dark, wide and narrow. */
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { lockPath } from '@recsys/data/node';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipped, startChromium } from '../../../test/runtimes/chromium.js';
// As it is built: the page lies beside it.
import { type Studio, startStudio } from '../dist/index.js';
import { configOf, epochLine, temporaryFolder, testLine, trainRun, writeItems, writeRun } from './test-support.js';

const root = temporaryFolder();
const [runs, items] = [join(root, 'runs'), join(root, 'items.csv')];
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let browser: Browser | undefined;
let studio: Studio;
let page: Page;
let model: Awaited<ReturnType<typeof trainRun>>;
const failures: string[] = [];

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  writeItems(items);
  model = await trainRun(join(runs, 'shop'), { tested: true });
  await trainRun(join(runs, 'tuning/trial-000'), { epochs: 1, seed: 2 });
  writeRun(runs, 'broken', '{ "format": 1');
  studio = await startStudio({ runs, items, interval: 50 });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('pageerror', ({ message }) => failures.push(message));
  page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
  await page.goto(studio.url);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

const open = async (hash: string): Promise<void> => {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
};

/** Expects no problems of accessibility, and nothing that sticks out, light and dark, wide and narrow. */
const expectGoodPage = async (name: string): Promise<void> => {
  if (!(await page.evaluate('"axe" in window')))
    await page.evaluate(await (await import('node:fs/promises')).readFile(axe, 'utf8'));
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 390],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0].html}`)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const { STUDIO_SCREENSHOTS: folder } = process.env; // to look at
    if (folder) await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  expect(failures).toEqual([]);
};

/** Expects of what comes after the answers of the server, however busy the machine is. */
const soon = <Value>(value: () => Promise<Value>) => expect.poll(value, { timeout: 30_000 });

const namesOf = () => page.locator('tbody tr td:nth-child(2) > a').allTextContents();
const texts = (selector: string) => page.locator(selector).allTextContents();

describe.skipIf(skipped)('the page', () => {
  it('has a table of runs, to sort, to filter and to tick', async () => {
    await page.getByRole('link', { name: 'shop' }).waitFor();
    expect(page.url()).not.toContain('token');
    expect((await namesOf()).sort()).toEqual(['broken', 'shop', 'tuning/trial-000']);
    expect(await page.getByText('config.json is no JSON').isVisible()).toBe(true);
    await expectGoodPage('runs');

    const header = page.getByRole('button', { name: 'Test NDCG@10' });
    await header.focus();
    await page.keyboard.press('Enter');
    await soon(async () => (await namesOf())[0]).toBe('shop');
    expect(await page.locator('th[aria-sort=descending]').textContent()).toContain('Test NDCG@10');
    await page.getByLabel('Filter runs').fill('trial stopped');
    await soon(namesOf).toEqual([]);
    await page.getByLabel('Filter runs').fill('trial');
    await soon(namesOf).toEqual(['tuning/trial-000']);
    await page.reload(); // the address has all of it
    await soon(namesOf).toEqual(['tuning/trial-000']);
    await page.getByLabel('Compare tuning/trial-000').check();
    await page.getByLabel('Filter runs').fill('');
    await page.getByLabel('Compare shop').check();
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
  });

  it('compares runs: curves, metrics, the settings that differ', async () => {
    await open('/compare?run=shop&run=tuning%2Ftrial-000');
    await page.getByRole('heading', { name: 'Settings that differ' }).waitFor();
    const differ = page.getByRole('region', { name: 'Settings that differ' }).getByRole('row');
    await soon(() => differ.allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^fit\.epochs21$/), expect.stringMatching(/^model\.seed12$/)]),
    );
    await page
      .getByRole('img', { name: /^Validation NDCG@10\. shop: .* of 2; tuning\/trial-000: .* of 1\.$/ })
      .waitFor();
    await page.getByText('HR@10', { exact: true }).click();
    await page.getByRole('img', { name: /^Validation HR@10/ }).waitFor();
    await expectGoodPage('compare');
    await page.getByLabel('Remove shop').click();
    await page.getByRole('heading', { name: 'One more run is needed' }).waitFor();
    await page.getByLabel('Add a run').selectOption('shop');
    await page.getByRole('heading', { name: 'Settings that differ' }).waitFor();
  });

  it('shows a run as it trains, and its test beside baselines', async () => {
    const run = writeRun(runs, 'live', configOf(), epochLine(1));
    const lock = await lockPath(run, join(run, 'in-use-by-'));
    await open('/run/live');
    const loss = (count: number) =>
      page.getByRole('img', { name: new RegExp(`^Loss\\. .* of ${count}\\.$`) }).waitFor();
    await loss(1);
    expect(await page.locator('.status').textContent()).toContain('training');
    appendFileSync(join(run, 'metrics.jsonl'), epochLine(2) + epochLine(3));
    await loss(3);
    await page.locator('.choice').getByText('Time').click();
    expect(page.url()).toContain('x=time');
    await page.getByText('Numbers of each epoch').click();
    expect(await page.getByRole('row', { name: '3 (best)' }).textContent()).toContain('0.3000');
    appendFileSync(join(run, 'metrics.jsonl'), testLine(3));
    await lock.release();
    await page.getByRole('row', { name: 'popularity' }).waitFor();
    await soon(() => page.locator('.status').textContent()).toContain('finished');
    await expectGoodPage('run');
    rmSync(run, { recursive: true });
    await page.getByRole('heading', { name: 'There is no run live' }).waitFor();
    await expectGoodPage('run-gone');
    await open('/run/broken');
    expect(await page.getByRole('alert').textContent()).toBe(
      'This run cannot be read: config.json is no JSON; it is damaged, or still being written.',
    );
  });

  it('recommends for a history that is built by search, and says why', async () => {
    await open('/try');
    await page.getByLabel('Model of').selectOption('shop');
    const find = page.getByRole('searchbox', { name: 'Find items' });
    for (const words of ['creme lamp', 'blue kettle']) {
      await find.fill(words);
      await page.getByRole('button', { name: /^(Crème lamp|Blue kettle) item/ }).waitFor();
      await find.press('Enter');
    }
    await soon(() => texts('.history .name')).toEqual(['Crème lamp', 'Blue kettle']);
    const { because } = model.explain(['item-9', 'item-3'], { k: 20 });
    const shown = page.locator('section[aria-labelledby=list] .list li');
    await soon(() => shown.count()).toBe(20);
    await soon(() => shown.first().locator('.score').textContent()).toBe(because[0].score.toFixed(3));
    await shown.first().locator('button.name').click();
    await page.getByRole('heading', { name: /^Why / }).waitFor();
    const [reason] = because[0].reasons;
    const share = page.locator('.reasons tbody tr', {
      hasText: reason.item === 'item-3' ? 'Blue kettle' : 'Crème lamp',
    });
    expect(await share.locator('td').first().textContent()).toBe(`${Math.round(100 * reason.share)} %`);
    await soon(() => page.locator('section[aria-labelledby=similar] li').count()).toBe(10);
    await page.getByText('Attention of the newest item by block and head').click();
    expect(await texts('.heads thead th')).toEqual([
      'History',
      'Block 1, head 1',
      'Block 1, head 2',
      'Block 2, head 1',
      'Block 2, head 2',
    ]);
    await expectGoodPage('try');

    await page.getByLabel('Move Blue kettle up').click();
    await soon(() => texts('.history .name')).toEqual(['Blue kettle', 'Crème lamp']);
    await page.goBack();
    await soon(() => texts('.history .name')).toEqual(['Crème lamp', 'Blue kettle']);
  });

  it('shows what a filter, an excluded item and an item left out change', async () => {
    await open('/try?run=shop&item=item-9&item=item-3');
    const [after, before] = ['list', 'before'].map((id) => page.locator(`section[aria-labelledby=${id}] .list li`));
    await soon(() => after.count()).toBe(20);
    const first = (await after.first().locator('button.name').textContent())!;
    await page.getByLabel(`Exclude ${first}`).click();
    await page.getByRole('heading', { name: 'Before' }).waitFor();
    await soon(() => before.first().textContent()).toContain(`${first} · gone`);
    await soon(() => after.first().textContent()).toContain('↑ 1');
    await page.getByLabel('Only kind').selectOption('gift');
    await soon(() => after.count()).toBeLessThan(7);
    await page.getByLabel('Leave out Crème lamp').click();
    await soon(() => texts('.history .off .name')).toEqual(['Crème lamp · left out']);
    await expectGoodPage('try-changed');
    await page.getByRole('button', { name: 'All items' }).click();
    await page.getByLabel('Remove Crème lamp').focus();
    await page.keyboard.press('Enter');
    await soon(() => page.locator(':focus').getAttribute('aria-label')).toBe('Remove Blue kettle');
    await soon(() => page.getByRole('heading', { name: 'Before' }).count()).toBe(0);
  });

  it('says what to do where there is nothing, and that the studio has ended', async () => {
    const empty = await startStudio({ runs: join(root, 'none'), interval: 50 });
    await page.goto(empty.url);
    await page.getByText('recsys train ratings.csv').waitFor();
    await expectGoodPage('empty');
    await open('/try');
    await page.getByRole('heading', { name: 'There is no trained model yet' }).waitFor();
    await open('/compare');
    await page.getByRole('heading', { name: 'No runs to compare yet' }).waitFor();
    mkdirSync(join(root, 'none'));
    writeRun(join(root, 'none'), 'first');
    await open('/runs');
    await page.getByRole('link', { name: 'first' }).waitFor();
    await empty.close();
    await page.getByText('has recsys studio ended?').waitFor();
  });
});
