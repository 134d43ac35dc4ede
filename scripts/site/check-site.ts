/**
 * Opens the built site in Chromium: its demo recommends and trains, its search finds, and no page has serious problems of accessibility, light or
 * dark, wide or narrow: `pnpm check:site [--pictures FOLDER]`, after `pnpm docs:build`.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { AxeResults } from 'axe-core';
import { chromium, type Page } from 'playwright-core';
import { serveFolder } from '../../test/support/serve-folder.ts';

const site = fileURLToPath(new URL('../../docs/.vitepress/dist/', import.meta.url));
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const { CHROME_PATH: executablePath = '/usr/bin/chromium', DOCS_BASE = '/', REQUIRE_BROWSER } = process.env;
const { values } = parseArgs({ options: { pictures: { type: 'string' } } });

const pages = [
  'index.html',
  'evaluation.html',
  'serving.html',
  'reference/command.html',
  'api/index.html',
  'api/@recsys/metrics/functions/ndcg.html',
];
const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 360 },
] as const;

const problems: string[] = [];
const expect = (what: string, isSo: boolean): void => {
  if (!isSo) problems.push(what);
};

/** Uses the demo as a visitor does. */
const useDemo = async (page: Page): Promise<void> => {
  const next = page.locator('.shop-demo .next button');
  await next.first().waitFor();
  await page.getByLabel('Find items').fill('green kettle');
  await page.getByRole('button', { name: 'Green kettle' }).click();
  await page.locator('.shop-demo .chance').nth(5).waitFor();
  expect(
    'the demo does not show the visit',
    (await page.locator('.shop-demo .visit').textContent())!.includes('Green kettle'),
  );
  await next.first().click();
  await page.locator('.shop-demo .visit', { hasText: '→' }).waitFor();
  await page.getByRole('button', { name: 'Train a model in this page' }).click();
  await page.getByText('This model recommends now.').waitFor({ timeout: 120_000 });
  await page.locator('.shop-demo .chance').nth(5).waitFor();
};

const search = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('.VPLocalSearchBox input').fill('leakage');
  await page.locator('.VPLocalSearchBox .result').first().waitFor();
};

const check = async (): Promise<void> => {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const host = mkdtempSync(join(tmpdir(), 'recsys-site-'));
  const folder = DOCS_BASE === '/' ? site : host;
  if (folder === host) symlinkSync(site, join(host, DOCS_BASE.replaceAll('/', '')));
  const server = await serveFolder(folder, { isolated: true });
  const address = new URL(DOCS_BASE, server.url).href;
  try {
    for (const { colorScheme, width } of looks) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      page.on('pageerror', ({ message }) => problems.push(message));
      for (const path of pages) {
        await page.goto(address + path);
        if (path === 'index.html') {
          await page.locator('.shop-demo .next button').first().waitFor();
          if (width > 1000 && colorScheme === 'light') await useDemo(page);
        }
        await page.addScriptTag({ path: axe });
        const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
        for (const { id, impact, nodes } of violations)
          if (impact === 'serious' || impact === 'critical')
            problems.push(
              `${path}, ${colorScheme}, ${width} wide: ${id}: ${nodes.length} times, first ${nodes[0].html}`,
            );
        const isFitting = (await page.evaluate('document.documentElement.scrollWidth')) === width;
        expect(`${path}, ${width} wide: something sticks out`, isFitting);
        if (values.pictures !== undefined) {
          mkdirSync(values.pictures, { recursive: true });
          const name = `${path.replace(/\.html$/, '').replaceAll('/', '-')}-${colorScheme}-${width}.png`;
          await page.screenshot({ path: join(values.pictures, name), fullPage: path === 'index.html' });
        }
      }
      if (width > 1000 && colorScheme === 'light') await search(page);
      await context.close();
    }
  } finally {
    server.close();
    await browser.close();
    rmSync(host, { recursive: true });
  }
};

if (!existsSync(executablePath) && REQUIRE_BROWSER !== '1') {
  console.log('there is no Chromium, so the site is not checked; CHROME_PATH may name one');
} else {
  await check();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${pages.length} pages in ${looks.length} looks, the demo and the search are as they should be`);
}
