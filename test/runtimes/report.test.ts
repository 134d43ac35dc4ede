/** A report in Chromium: no problems of accessibility, light and dark, wide and narrow, without scripts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createReport } from '@recsys/report';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeOptions } from '../../packages/report/src/test-options.ts';
import { skipped, startChromium } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser | undefined;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

describe('a report', () => {
  it.skipIf(skipped)(
    'has no problems of accessibility, light or dark, and nothing sticks out of a narrow page',
    async () => {
      const page = await browser!.newPage();
      const failures: string[] = [];
      page.on('console', (message) => failures.push(message.text()));
      page.on('request', (request) => request.url().startsWith('http') && failures.push(request.url()));
      await page.setContent(createReport(wholeOptions));
      await page.evaluate(axe);
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 1280],
        ['light', 390],
        ['dark', 390],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
        expect(violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0].html}`)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
      expect(failures).toEqual([]);
      await page.close();
    },
  );

  it.skipIf(skipped)('shows the same without scripts', async () => {
    const context = await browser!.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.setContent(createReport(wholeOptions));
    expect(await page.locator('.lead').textContent()).toMatch(/^It worked\./);
    expect(await page.locator('figure svg[role="img"] circle').count()).toBeGreaterThan(50);
    await context.close();
  });
});
