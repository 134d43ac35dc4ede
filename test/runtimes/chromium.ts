/** Pages in Chromium, in which nothing may fail. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chromePath } from './program.ts';

const executablePath = chromePath();

/** Why tests with pages are skipped, if they are. */
export const skipped = executablePath === undefined ? 'there is no Chromium; CHROME_PATH may name one' : undefined;

/** What the backend says of threads in a page that is not isolated. */
export const note = 'the page is not cross-origin isolated, so threads cannot share memory';

/** Starts Chromium, or nothing where there is none. */
export const startChromium = async (): Promise<Browser | undefined> =>
  executablePath === undefined ? undefined : chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** Opens a page, returns what `use` returns, and expects no errors, no failed requests and no warnings in it. */
export const withPage = async <Result>(
  browser: Browser | undefined,
  url: string,
  use: (page: Page) => Promise<Result>,
): Promise<Result> => {
  const page = await browser!.newPage();
  const failures: string[] = [];
  page.on('pageerror', ({ message }) => failures.push(message));
  page.on('requestfailed', (request) => failures.push(request.url()));
  page.on('console', (message) => message.type() !== 'log' && failures.push(message.text()));
  try {
    await page.goto(url);
    const result = await use(page);
    expect(failures).toEqual([]);
    return result;
  } finally {
    await page.close();
  }
};
