import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { indexOfId, simulateInteractions } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import type { SASRec } from '@recsys/sasrec';
import type { AxeResults } from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainModel } from '../../examples/browser/shop.ts';
import { items } from '../../examples/browser/titles.ts';
import { buildBrowserExample, serveBrowserExample } from '../../scripts/browser-example.ts';
import { note, skipped, startChromium, withPage } from './chromium.ts';
import { itRuns } from './matrix.ts';
import { Workshop } from './program.ts';

const workshop = new Workshop({ withPackages: false });
const site = join(workshop.path, 'site');
const k = 6;
const epochs = 4;
let browser: Browser | undefined;
let saved: SASRec;
let trained: Awaited<ReturnType<typeof trainModel>>;
const servers: { close(): Promise<unknown> }[] = [];
const urls = { isolated: '', plain: '', withoutModel: '' };

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  await selectBackend({ prefer: 'simd' });
  ({ model: saved } = await trainModel({ epochs: 3 }));
  trained = await trainModel({ epochs });
  await buildBrowserExample(site, () => {});
  const withoutModel = join(workshop.path, 'without-model');
  cpSync(site, withoutModel, { recursive: true });
  await saved.save(join(site, 'model'));
  for (const [name, folder, isolated] of [
    ['isolated', site, true],
    ['plain', site, false],
    ['withoutModel', withoutModel, true],
  ] as const) {
    const server = await serveBrowserExample(folder, { port: 0, isolated });
    urls[name] = server.url;
    servers.push(server);
  }
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all(servers.map((server) => server.close()));
  workshop.remove();
});

/** The items that a page shows and the buttons that it has, as a visitor finds them. */
class ShopPage {
  readonly history: string[] = [];

  constructor(readonly page: Page) {}

  async loaded(): Promise<void> {
    await this.page.locator('#next .swatch').first().waitFor({ timeout: 30_000 });
  }

  /** Clicks on an item of the shop, or on a place of the list, and waits for what is recommended then. */
  async look(at: string | number): Promise<void> {
    const button =
      typeof at === 'string'
        ? this.page.getByRole('region', { name: 'Shop' }).getByRole('button', { name: at })
        : this.page.locator('#next button').nth(at);
    this.history.push((await button.getAttribute('data-item'))!);
    await button.click();
    await this.page.locator(`#history li:nth-child(${this.history.length})`).waitFor();
  }

  recommended(): Promise<string[]> {
    return this.page
      .locator('#next button')
      .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('data-item')!));
  }

  async text(id: string): Promise<string> {
    return (await this.page.locator(`#${id}`).textContent())!;
  }

  async train(count: number): Promise<void> {
    await this.page.getByLabel('Epochs').fill(String(count));
    await this.page.getByRole('button', { name: 'Train' }).click();
  }

  /** How many epochs each curve shows. */
  drawn(): Promise<number[]> {
    return this.page
      .locator('#curves polyline')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('points')!.split(' ').filter(Boolean).length));
  }

  async trained(): Promise<string> {
    await this.page.locator('#use:enabled').waitFor({ timeout: 60_000 });
    return this.text('outcome');
  }
}

const open = <Result>(isolated: boolean, use: (shop: ShopPage) => Promise<Result>): Promise<Result> =>
  withPage(browser, isolated ? urls.isolated : urls.plain, async (page) => {
    const shop = new ShopPage(page);
    await shop.loaded();
    return use(shop);
  });

const inNode = (model: SASRec, history: readonly string[]) =>
  model.recommend(history, { k, fallback: 'popular' }).map(({ item }) => item);

/** What the simulation says of each shown item, rounded as the page rounds. */
const chancesOf = (history: readonly string[], shown: readonly string[]): string[] => {
  const { catalog } = saved.config;
  const law = simulateInteractions({ seed: 1, users: 1, items: items.length }).nextItemProbabilities(catalog);
  const chances = law(history.map((id) => indexOfId(catalog, id)));
  return shown.map((id) => `${(100 * chances[indexOfId(catalog, id)]).toFixed(1)}\u00a0%`);
};

describe.each([true, false])('the example page, cross-origin isolated: %s', (isolated) => {
  itRuns(
    isolated ? 'example-isolated' : 'example-plain',
    () =>
      open(isolated, async (shop) => {
        expect(await shop.recommended()).toEqual(inNode(saved, []));
        for (const at of ['Green kettle', 'Blue lamp', 0, 1, 2, 0, 'Red vase', 1]) {
          await shop.look(at);
          expect(await shop.recommended()).toEqual(inNode(saved, shop.history));
        }
        await shop.page
          .locator('#next .chance')
          .nth(k - 1)
          .waitFor();
        const shown = await shop.page.locator('#next .chance').allTextContents();
        expect(shown).toEqual(chancesOf(shop.history, await shop.recommended()));

        const cores = await shop.page.evaluate<number>('navigator.hardwareConcurrency');
        const engine = await shop.text('engine');
        const threads = isolated ? Math.min(64, cores) : 1;
        expect(engine).toContain(threads === 1 ? '1 thread' : `${threads} threads, page is cross-origin isolated`);
        if (!isolated && cores > 1) expect(engine).toContain(note);

        const [median, trip] = [await shop.text('model-median'), await shop.text('trip-median')];
        console.log(`${engine}: a recommendation takes ${median}, with the way to the worker and back ${trip}`);
        expect(Number.parseFloat(median)).toBeLessThan(100);
        expect(await shop.text('goal')).toContain('9 recommendations');

        await shop.page.getByRole('button', { name: 'Undo' }).click();
        await expect.poll(() => shop.recommended()).toEqual(inNode(saved, shop.history.slice(0, -1)));
        await shop.page.getByRole('button', { name: 'Start again' }).click();
        await expect.poll(() => shop.recommended()).toEqual(inNode(saved, []));
      }),
    skipped,
  );

  it.skipIf(skipped)('trains a model while the page goes on, and then recommends with it', () =>
    open(isolated, async (shop) => {
      await shop.train(epochs);
      await shop.look('Green kettle');
      expect(await shop.recommended()).toEqual(inNode(saved, shop.history)); // by the model that was loaded
      const outcome = await shop.trained();
      expect(outcome).toMatch(/^Done after 4 epochs in [\d.]+ s\. The best was epoch \d: NDCG@10 0\.\d{3}\.$/);
      expect(await shop.drawn()).toEqual([epochs, epochs]);

      const { best } = trained.result;
      const [, epoch, ndcg] = /epoch (\d): NDCG@10 ([\d.]+)\.$/.exec(outcome)!;
      expect(Number(epoch)).toBe(best!.epoch);
      expect(Number(ndcg)).toBeCloseTo(best!.value, 2);
      await shop.page.getByRole('button', { name: 'Use this model' }).click();
      await expect.poll(() => shop.text('model')).toContain('trained here for 4 epochs');
      await shop.look(0);
      // Another engine trained it, so its scores differ in the last digits: the list has to be in order but for those.
      const recommended = await shop.recommended();
      const scores = new Map(
        trained.model.recommend(shop.history, { k: items.length, capK: true }).map(({ item, score }) => [item, score]),
      );
      const others = [...scores.keys()].filter((id) => !recommended.includes(String(id)));
      const inOrder = [...recommended, others[0]].map((id) => scores.get(id)!);
      for (const [i, score] of inOrder.slice(1).entries()) expect(inOrder[i]).toBeGreaterThan(score - 0.01);
    }),
  );

  it.skipIf(skipped)('stops training when asked to, and keeps what was learned', () =>
    open(isolated, async (shop) => {
      await shop.train(500);
      await expect.poll(async () => (await shop.drawn())[0], { timeout: 30_000 }).toBeGreaterThanOrEqual(1);
      await shop.page.getByRole('button', { name: 'Stop' }).click();
      const [, done] = /^Stopped after (\d+) epochs in /.exec(await shop.trained())!;
      expect(await shop.drawn()).toEqual([Number(done), Number(done)]);
      expect(Number(done)).toBeLessThan(500);
      expect(await shop.page.getByRole('button', { name: 'Train' }).isEnabled()).toBe(true);
    }),
  );
});

describe('the example page', () => {
  it.skipIf(skipped)('has no problems of accessibility, light or dark, wide or narrow', () =>
    open(true, async (shop) => {
      await shop.page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') });
      const violations = async () => {
        const results = (await shop.page.evaluate('axe.run()')) as AxeResults;
        return results.violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0].html}`);
      };
      expect(await violations()).toEqual([]);
      await shop.look('Green kettle');
      await shop.train(1);
      await shop.trained();
      for (const [colorScheme, width] of [
        ['light', 360],
        ['dark', 1280],
      ] as const) {
        await shop.page.emulateMedia({ colorScheme });
        await shop.page.setViewportSize({ width, height: 800 });
        expect(await violations()).toEqual([]);
        expect(await shop.page.evaluate('document.documentElement.scrollWidth')).toBe(width); // nothing sticks out
      }
    }),
  );

  it.skipIf(skipped)(
    'can be used by keyboard: the focus stays at its place, or goes to the next button that is enabled',
    () =>
      open(true, async (shop) => {
        await shop.page.getByLabel('Find items').fill('green kettle');
        await shop.page.keyboard.press('Tab');
        await shop.page.keyboard.press('Enter');
        await shop.page.locator('#history li').waitFor();
        expect(await shop.text('history')).toBe('Green kettle');
        const second = shop.page.locator('#next button').nth(1);
        await second.focus();
        await shop.page.keyboard.press('Enter');
        await shop.page.locator('#history li:nth-child(2)').waitFor();
        const patience = { timeout: 20_000 };
        const focused = () => shop.page.locator(':focus').textContent();
        // A list may change after a key is pressed, so the button is read again with the focus.
        const isFocused = async (button: Locator) => (await focused()) === (await button.textContent());
        await expect.poll(() => isFocused(second), patience).toBe(true);
        await shop.page.getByRole('button', { name: 'Start again' }).focus();
        await shop.page.keyboard.press('Enter');
        await expect.poll(() => isFocused(shop.page.locator('#next button').first()), patience).toBe(true);
        await shop.page.getByLabel('Epochs').fill('5');
        await shop.page.getByRole('button', { name: 'Train' }).focus();
        await shop.page.keyboard.press('Enter');
        await expect.poll(focused, patience).toBe('Stop');
        await shop.trained();
        expect(await focused()).toBe('Use this model');
      }),
  );

  it.skipIf(skipped)('says what is wrong if the model does not load', async () => {
    const page = await browser!.newPage();
    await page.goto(urls.withoutModel);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/^The model does not load: .*model\.json.* 404/);
    expect(await page.locator('main').getAttribute('inert')).not.toBeNull(); // there is nothing to click yet
    await page.close();
  });

  it.skipIf(skipped)('loads at most 300 KB, gzipped, to recommend, and what trains only when it is asked to', () =>
    withPage(browser, 'about:blank', async (page) => {
      const loaded = new Set<string>();
      page.on('response', (response) => loaded.add(new URL(response.url()).pathname));
      await page.goto(urls.isolated);
      const shop = new ShopPage(page);
      await shop.loaded();
      const kilobytes = (names = /\.(js|css)$/) => {
        const code = [...loaded].filter((path) => names.test(path));
        return code.reduce((sum, path) => sum + gzipSync(readFileSync(join(site, path))).length, 0) / 1024;
      };
      const [own, toRecommend] = [kilobytes(/index-.*\.(js|css)$/), kilobytes()];
      await shop.train(1);
      await shop.trained();
      const all = kilobytes();
      console.log(
        `gzipped: the page ${own.toFixed(1)} KB, with the worker ${toRecommend.toFixed()} KB, with training ${all.toFixed()} KB`,
      );
      expect(own).toBeLessThan(10); // what computes is in the workers alone
      expect(toRecommend).toBeLessThan(300);
      expect(all).toBeGreaterThan(toRecommend + 100);
    }),
  );
});
