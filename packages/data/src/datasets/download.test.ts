import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataError } from '../index.js';
import { download } from './download.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-download-'));
const content = randomBytes(300_000);
const tag = '"first"';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
/** What the server does with each request, and what it was asked. The last answer is given again. */
let answers: Answer[] = [];
let asked: { range: string | undefined; ifRange: string | string[] | undefined }[] = [];
const server = createServer((request, response) => {
  asked.push({ range: request.headers.range, ifRange: request.headers['if-range'] });
  const answer = answers.length > 1 ? answers.shift()! : answers[0];
  answer(request, response);
});
let url = '';
let path = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.zip`;
});
beforeEach(() => {
  asked = [];
  path = join(mkdtempSync(join(root, 'd-')), 'a.zip');
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

/** Answers with a file, or the part of it that is asked for, and may hang up after so many bytes. */
const sends =
  ({
    bytes = content,
    headers = { etag: tag },
    cut = Number.POSITIVE_INFINITY,
    ranges = true,
    stalls = false,
  }: {
    bytes?: Buffer;
    headers?: Record<string, string>;
    cut?: number;
    ranges?: boolean;
    stalls?: boolean;
  } = {}): Answer =>
  (request, response) => {
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const same = Object.values(headers).includes(String(request.headers['if-range']));
    const start = ranges && same && asked !== undefined ? Number(asked) : 0;
    const size = { 'content-length': String(bytes.length - start) };
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { ...size, ...(start > 0 && range), ...headers });
    const part = bytes.subarray(start);
    if (part.length <= cut) response.end(part);
    else response.write(part.subarray(0, cut), () => stalls || setTimeout(() => response.destroy(), 30));
  };
const says =
  (status: number): Answer =>
  (_, response) =>
    void response.writeHead(status).end('no');

const quick = { retryDelay: 1, stallTimeout: 300 };
const beside = () => readdirSync(join(path, '..'));
const expectDone = (bytes = content) => {
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(beside()).toEqual(['a.zip']);
};

/** Leaves the first 7 bytes, as a download that was cut leaves them. */
const leaveSevenBytes = () => {
  mkdirSync(`${path}.partial`);
  writeFileSync(join(`${path}.partial`, 'bytes'), content.subarray(0, 7));
  writeFileSync(join(`${path}.partial`, 'source.json'), JSON.stringify({ url, validator: tag }));
};

describe('download', () => {
  it('gets a file, says how far it is, and leaves nothing else', async () => {
    answers = [sends()];
    const seen: [number, number | undefined][] = [];
    const sha256 = createHash('sha256').update(content).digest('hex');
    await download(url, path, { ...quick, sha256, onProgress: (bytes, total) => void seen.push([bytes, total]) });
    expectDone();
    expect(seen[0]).toEqual([0, content.length]);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
    expect(asked).toEqual([{ range: undefined, ifRange: undefined }]);
  });

  it.each([
    ['its ETag', { etag: tag }, tag],
    [
      'its date, where the ETag is weak',
      { etag: 'W/"x"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      'Mon, 01 Jan 2024 00:00:00 GMT',
    ],
  ])('resumes after cuts, from the byte it has, while the file has %s', async (_, headers, ifRange) => {
    answers = [sends({ headers, cut: 100_000 }), sends({ headers, cut: 50_000 }), sends({ headers })];
    await download(url, path, quick);
    expectDone();
    expect(asked).toEqual([
      { range: undefined, ifRange: undefined },
      { range: 'bytes=100000-', ifRange },
      { range: 'bytes=150000-', ifRange },
    ]);
  });

  it('resumes in a later call, and also after a process that was killed', async () => {
    answers = [sends({ cut: 100_000 }), says(503)];
    await expect(download(url, path, { ...quick, attempts: 2 })).rejects.toThrow(DataError);
    expect(beside()).toEqual(['a.zip.partial']);
    answers = [sends()];
    asked = [];
    await download(url, path, quick);
    expectDone();
    expect(asked).toEqual([{ range: 'bytes=100000-', ifRange: tag }]);

    rmSync(path);
    leaveSevenBytes();
    const killed = `${2 ** 22 + 1}@${hostname()}`; // above the largest process id
    writeFileSync(`${path}.partial.in-use-by-${killed}`, '');
    asked = [];
    await download(url, path, quick);
    expectDone();
    expect(asked).toEqual([{ range: 'bytes=7-', ifRange: tag }]);
  });

  it('begins again when the server knows no ranges, says nothing to tell a file by, or is another one', async () => {
    for (const [first, second] of [
      [sends({ cut: 100_000, ranges: false }), sends({ ranges: false })],
      [sends({ cut: 100_000, headers: {} }), sends({ headers: {} })],
    ] as const) {
      answers = [first, second];
      await download(url, path, quick);
      expectDone();
    }
    expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined, undefined]);
    answers = [sends({ cut: 100_000 }), says(503)];
    await expect(download(url, path, { ...quick, attempts: 2 })).rejects.toThrow(DataError);
    answers = [sends()];
    asked = [];
    await download(`${url}?other`, path, quick);
    expect(asked).toEqual([{ range: undefined, ifRange: undefined }]);
    expectDone();
  });

  it('begins again when the file has changed in between', async () => {
    const other = randomBytes(250_000);
    answers = [sends({ cut: 100_000 }), sends({ bytes: other, headers: { etag: '"second"' } })];
    await download(url, path, quick);
    expectDone(other);
    expect(asked[1]).toEqual({ range: 'bytes=100000-', ifRange: tag });
  });

  it('begins again when a server answers with a range that it was not asked for, or with 416', async () => {
    const wrong: Answer = (_, response) =>
      void response.writeHead(206, { 'content-range': 'bytes 5-9/10', etag: tag }).end('wrong');
    for (const answer of [wrong, says(416)]) {
      answers = [sends({ cut: 100_000 }), answer, sends()];
      await download(url, path, quick);
      expectDone();
    }
  });

  it('refuses a file that is shorter than the server says, and does not try for ever', async () => {
    answers = [
      (_, response) =>
        void response
          .writeHead(200, { 'content-length': 100, connection: 'close' })
          .write('short', () => response.destroy()),
    ];
    await expect(download(url, path, quick)).rejects.toThrow(`${url}: cannot be fetched: `);
    await expect(download(url, path, quick)).rejects.toThrow('(4 attempts)');
    const fetch = async () => new Response('short', { headers: { 'content-length': '100' } });
    await expect(download(url, path, { ...quick, fetch })).rejects.toThrow('ended after 5 of 100 bytes (4 attempts)');
    expect(existsSync(path)).toBe(false);
  });

  it('takes a file that the server packs on its way, without a size to compare', async () => {
    const fetch = async () =>
      new Response(content, { headers: { 'content-length': '9', 'content-encoding': 'gzip', etag: tag } });
    await download(url, path, { ...quick, fetch });
    expectDone();
  });

  it('fails at once where another attempt is of no use', async () => {
    answers = [says(404)];
    await expect(download(url, path, quick)).rejects.toThrow(`${url}: the server answered 404 Not Found`);
    expect(asked.length).toBe(1);
    expect(beside()).toEqual([]);
  });

  it('tries again after an error of the server, a bounded number of times', async () => {
    answers = [says(500), says(429), sends()];
    await download(url, path, quick);
    expectDone();
    answers = [says(500)];
    asked = [];
    rmSync(path);
    await expect(download(url, path, quick)).rejects.toThrow(
      'the server answered 500 Internal Server Error (4 attempts)',
    );
    expect(asked.length).toBe(4);
  });

  it('gives up an attempt when no byte comes for a while, and resumes from there', async () => {
    answers = [sends({ cut: 100_000, stalls: true }), sends()];
    await download(url, path, quick);
    expectDone();
    expect(asked[1].range).toBe('bytes=100000-');
    answers = [() => undefined];
    rmSync(path);
    await expect(download(url, path, { ...quick, attempts: 1 })).rejects.toThrow('no data for 0.3 s (1 attempts)');
  });

  it('has patience with slow bytes', async () => {
    answers = [
      (_, response) => {
        response.writeHead(200, { 'content-length': 6 });
        let sent = 0;
        const timer = setInterval(() => {
          response.write('x');
          sent += 1;
          if (sent === 6) clearInterval(timer);
        }, 100); // 600 ms in all, none of them 300 without a byte
      },
    ];
    await download(url, path, { ...quick, attempts: 1 });
    expectDone(Buffer.from('xxxxxx'));
  });

  it('refuses a file with another sha256, and does not go on with it', async () => {
    answers = [sends()];
    const sha256 = '0'.repeat(64);
    await expect(download(url, path, { ...quick, sha256 })).rejects.toThrow(
      `expected ${sha256}; the download was discarded`,
    );
    expect(beside()).toEqual([]);
  });

  it('says what refused the connection when no one listens', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nowhere = `http://127.0.0.1:${port}/a.zip`;
    await expect(download(nowhere, path, quick)).rejects.toThrow(
      `${nowhere}: cannot be fetched: connect ECONNREFUSED 127.0.0.1:${port} (4 attempts)`,
    );
  });

  it('ends by its signal, and keeps what has come', async () => {
    answers = [sends({ cut: 100_000, stalls: true })];
    const controller = new AbortController();
    const stop = (bytes: number) => bytes === 100_000 && controller.abort(new Error('enough'));
    const options = { signal: controller.signal, onProgress: stop };
    await expect(download(url, path, options)).rejects.toThrow('enough');
    expect(beside()).toEqual(['a.zip.partial']);
    answers = [sends()];
    await download(url, path, quick);
    expectDone();
    expect(asked[1].range).toBe('bytes=100000-');
  });

  it('keeps two downloads of one file apart', async () => {
    answers = [sends({ cut: 100_000 }), sends({ cut: 50_000 }), sends()];
    await Promise.all([download(url, path, quick), download(url, path, quick), download(url, path, quick)]);
    expectDone();
  });

  it('leaves what another process is downloading to that process', async () => {
    leaveSevenBytes();
    const mark = 'a.zip.partial.in-use-by-1@another-machine';
    const renew = () => writeFileSync(join(path, '..', mark), String(performance.now()));
    renew();
    const renewal = setInterval(renew, 50);
    answers = [sends({ cut: 100_000 }), says(404)];
    await expect(download(url, path, quick)).rejects.toThrow(DataError);
    expect(beside()).toEqual(['a.zip.partial', mark]);
    answers = [sends()];
    asked = [];
    await download(url, path, quick);
    expect(asked).toEqual([{ range: undefined, ifRange: undefined }]);
    expect(readFileSync(path).equals(content)).toBe(true);
    clearInterval(renewal);
    expect(beside()).toEqual(['a.zip', 'a.zip.partial', mark]);
    expect(readFileSync(join(`${path}.partial`, 'bytes'))).toHaveLength(7);
  });

  it('fails when the disk is full, does not try again, and resumes when there is room', async () => {
    const file = await open(join(root, 'any'), 'a');
    const handle = Object.getPrototypeOf(file);
    await file.close();
    const { appendFile } = handle;
    let room = 100_000;
    vi.spyOn(handle, 'appendFile').mockImplementation(function (this: unknown, piece) {
      room -= (piece as Buffer).length;
      if (room < 0) return Promise.reject(new Error('ENOSPC: no space left on device, write'));
      return appendFile.call(this, piece);
    });
    answers = [sends()];
    const failing = download(url, path, quick);
    await expect(failing).rejects.toThrow(DataError);
    await expect(failing).rejects.toThrow(/a\.zip\..*bytes: cannot be written: ENOSPC/);
    expect(asked.length).toBe(1);
    expect(existsSync(path)).toBe(false);
    vi.restoreAllMocks();
    await download(url, path, quick);
    expectDone();
    await expect(download(url, join(root, 'none', 'a.zip'), quick)).rejects.toThrow('a.zip: cannot be written: ENOENT');
  });
});
