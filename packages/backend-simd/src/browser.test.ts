import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, program, runNode } from './test-bundle.js';

/**
 * The browser at `CHROME_PATH`, or Debian's Chromium; nothing is downloaded. With `REQUIRE_BROWSER=1`, the tests fail
 * if it is missing.
 */
const { CHROME_PATH: executablePath = '/usr/bin/chromium', REQUIRE_BROWSER } = process.env;
const isSkipped = REQUIRE_BROWSER !== '1' && !existsSync(executablePath);
const reason = isSkipped ? ` (skipped: ${executablePath} does not exist; set CHROME_PATH to use another browser)` : '';

/** Chromium and Node 20 would choose different builds; both run this one, with bit-identical results. */
const text = program({ threads: 2, build: 'simd' });

interface Result {
  threads: number;
  threadsNote?: string;
  build: string;
  sum: number[];
}

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const types = { html: 'text/html', js: 'text/javascript' } as const;

/** Serves a folder and a page that loads its `main.js`. */
const serve = async (folder: string, headers: Record<string, string>): Promise<Server> => {
  const server = createServer(({ url = '/' }, response) => {
    const page = '<!doctype html><script type="module" src="/main.js"></script>';
    const path = `${folder}${url.slice(1)}`;
    if (url !== '/' && !existsSync(path)) return void response.writeHead(404, headers).end();
    response.writeHead(200, { ...headers, 'Content-Type': url === '/' ? types.html : types.js });
    response.end(url === '/' ? page : readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
};

describe.skipIf(isSkipped)(`a page in Chromium${reason}`, { timeout: 120_000 }, () => {
  let browser: Browser;
  let expected: number[];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const print = 'run().then((result) => console.log(JSON.stringify(result)));';
    const folder = await bundle('node-for-browser', `${text}${print}`, { platform: 'node', withWorker: true });
    expected = (runNode([`${folder}main.js`]) as Result).sum;
  });
  afterAll(() => browser?.close());

  /** Bundles the program with extra code at its end, serves it, and returns the `globalThis.result` that it sets. */
  const open = async (
    name: string,
    end: string,
    { headers = {}, withWorker = true }: { headers?: Record<string, string>; withWorker?: boolean } = {},
  ): Promise<Result> => {
    const folder = await bundle(name, `${text}${end}`, { platform: 'browser', withWorker });
    const server = await serve(folder, headers);
    const page = await browser.newPage();
    try {
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
      const result = await page.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
      return (await result.jsonValue()) as Result;
    } finally {
      await page.close();
      server.close();
    }
  };
  const leave =
    'run().then((result) => { globalThis.result = result; }, (error) => { globalThis.result = { error: String(error) }; });';

  it('has threads if it is cross-origin isolated, and the same results as Node', async () => {
    const result = await open('page-isolated', leave, { headers: isolation });
    expect(result).toEqual({ threads: 2, build: 'simd', sum: expected });
  });

  it('has one thread, with a reason, if it is not', async () => {
    expect(await open('page', leave)).toEqual({
      threads: 1,
      threadsNote: 'the page is not cross-origin isolated, so threads cannot share memory',
      build: 'simd',
      sum: expected,
    });
  });

  it('has one thread, with a reason, if the worker file is missing', async () => {
    const result = await open('page-without-worker', leave, { headers: isolation, withWorker: false });
    expect(result).toEqual({
      threads: 1,
      threadsNote: 'threads did not start: a worker failed: its script did not load',
      build: 'simd',
      sum: expected,
    });
  });

  it('has threads inside a worker of the page', async () => {
    const end = `
      if (typeof document === 'undefined') run().then((result) => postMessage(result));
      else new Worker('/main.js', { type: 'module' }).onmessage = ({ data }) => { globalThis.result = data; };
    `;
    expect(await open('page-worker', end, { headers: isolation })).toEqual({
      threads: 2,
      build: 'simd',
      sum: expected,
    });
  });
});
