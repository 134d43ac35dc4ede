import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '@recsys/data';
import { ask } from './ask.ts';
import type { Served } from './served.ts';
import type { KillableStore } from './stores.ts';

/** What a fault is caused in. */
export interface Scene {
  readonly served: Served;
  readonly store: KillableStore;
  /** The folder of models: `first` and `second` of one catalog, `other` of another one. */
  readonly models: string;
  readonly items: readonly string[];
  readonly rng: Rng;
}

/** Causes a fault and ends it; resolves to what was not as it should be, or undefined. */
type Cause = (scene: Scene) => Promise<string | undefined>;

/** Tries to swap to a model that a service must refuse, and looks whether the old one still answers. */
const refusedSwap =
  (damage: (directory: string, scene: Scene) => string): Cause =>
  async (scene) => {
    const { served, models } = scene;
    const name = 'damaged';
    cpSync(join(models, 'second'), join(models, name), { recursive: true });
    const what = damage(join(models, name), scene);
    const before = await served.version();
    const { status, body } = await served.changeModel({ path: name });
    rmSync(join(models, name), { recursive: true, force: true });
    const after = await served.version();
    if (status !== 422) return `a model with ${what}: ${status} ${JSON.stringify(body)}`;
    return after === before ? undefined : `a model with ${what}: ${before} became ${after}`;
  };

const anyOf = <Value>(rng: Rng, values: readonly Value[]): Value => values[rng.below(values.length)];

/** Sends bodies of requests, one after the other; each must be answered, and with nothing else than these statuses. */
const sendAll = async (
  { served }: Scene,
  bodies: readonly (string | Buffer)[],
  statuses: readonly number[],
): Promise<string | undefined> => {
  for (const body of bodies) {
    const { status, body: answer } = await ask(`${served.address}/v1/recommend`, body);
    if (!statuses.includes(status))
      return `${status} ${JSON.stringify(answer)} for ${JSON.stringify(String(body).slice(0, 200))}`;
  }
  return undefined;
};

/** Returns a request for a list, with one thing in it that may not fit. */
const fuzzedBody = ({ items, rng }: Scene): string => {
  const odd = [null, true, -1, 1e308, 0.5, '', 'x'.repeat(600), '\u0000', '\ud800', [], {}, [[]], { min: 2, max: 1 }];
  const body: Record<string, unknown> = { history: [anyOf(rng, items), anyOf(rng, items)], k: 5 };
  const names = [
    'history',
    'k',
    'user',
    'times',
    'at',
    'exclude',
    'candidates',
    'filter',
    'diversity',
    'fallback',
    'y',
  ];
  for (let i = 0; i <= rng.below(3); i++) {
    const value = anyOf<unknown>(rng, [...odd, Array.from({ length: 3 }, () => anyOf(rng, odd))]);
    body[anyOf(rng, [...names, '__proto__', 'constructor'])] = value;
  }
  return JSON.stringify(body);
};

/** Returns bytes that are almost a request: some are changed, removed or repeated. */
const malformedBody = ({ items, rng }: Scene): Buffer => {
  const bytes = [...Buffer.from(JSON.stringify({ history: [anyOf(rng, items), 'é'], k: 5, exclude: ['a', 7] }))];
  for (let i = 0; i <= rng.below(4); i++) {
    const at = rng.below(bytes.length);
    const [change, put] = [rng.below(3), rng.below(256)];
    if (change === 0) bytes[at] = put;
    else if (change === 1) bytes.splice(at, 1 + rng.below(5));
    else bytes.splice(at, 0, put, bytes[at]);
  }
  return Buffer.from(bytes);
};

/** Sends a body without an end, and resolves when the service ends the connection. */
const endlessBody = ({ served }: Scene): Promise<string | undefined> =>
  new Promise((resolve) => {
    const { port, hostname } = new URL(served.address);
    const socket = connect(Number(port), hostname);
    const block = `10000\r\n${'"'.repeat(0x1_0000)}\r\n`;
    let [answer, sent] = ['', 0];
    const send = () => {
      while (sent < 64 * 2 ** 20 && socket.writable) {
        sent += block.length;
        if (!socket.write(block)) return;
      }
    };
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('drain', send);
    socket.on('close', () => {
      clearTimeout(timer);
      // Where the service closes while we send, its answer may not reach us.
      const isRefused = answer === '' || /^HTTP\/1\.1 413 /.test(answer);
      resolve(
        isRefused && sent < 64 * 2 ** 20 ? undefined : `an endless body, after ${sent} bytes: ${answer.slice(0, 200)}`,
      );
    });
    const timer = setTimeout(() => socket.destroy(), 20_000);
    socket.write(
      'POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    send();
  });

/** All kinds of faults. */
export const causes: Readonly<Record<string, Cause>> = {
  storeKilled: async ({ store, rng }) => {
    await store.kill();
    await sleep(rng.below(1000));
    await store.restart();
    return undefined;
  },

  threadKilled: async ({ served }) => ((await served.killThread()) ? undefined : 'no thread was lost'),

  serviceKilled: async ({ served, rng }) => {
    await served.kill();
    await sleep(rng.below(300));
    await served.start();
    return undefined;
  },

  diskOfStoreFull: async ({ store, rng }) => {
    const makeSpace = store.fillDisk!();
    await sleep(300 + rng.below(700));
    makeSpace();
    await store.kill(); // it may have ended by itself
    await store.restart();
    return undefined;
  },

  slowRequests: async ({ served, rng }) => {
    const { port, hostname } = new URL(served.address);
    const text =
      'POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"history":';
    const sockets: Socket[] = Array.from({ length: 200 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(text.slice(0, 1 + rng.below(text.length)));
      return socket;
    });
    let problem: string | undefined;
    for (let i = 0; i < 5; i++) {
      await sleep(200);
      for (const socket of sockets) if (socket.writable) socket.write(rng.below(2) === 0 ? ' ' : 'x');
      // Meanwhile others are answered.
      if (!(await served.answers())) problem = 'requests were not answered beside slow ones';
    }
    for (const socket of sockets) socket.destroy();
    return problem;
  },

  malformedBodies: (scene) =>
    sendAll(
      scene,
      Array.from({ length: 40 }, () => malformedBody(scene)),
      [200, 400],
    ),

  fuzzedBodies: (scene) =>
    sendAll(
      scene,
      Array.from({ length: 40 }, () => fuzzedBody(scene)),
      [200, 400, 422],
    ),

  oversizedBodies: async (scene) => {
    const { rng } = scene;
    const size = 2 ** 20 + rng.below(2 ** 20);
    const body = `{"history":["${'x'.repeat(size)}"]}`;
    return (await sendAll(scene, [body], [413, 0])) ?? endlessBody(scene);
  },

  swapToFlippedByte: refusedSwap((directory, { rng }) => {
    const file = anyOf(rng, ['model.json', 'weights.bin', 'checksums.json']);
    const bytes = readFileSync(join(directory, file));
    const [at, mask] = [rng.below(bytes.length), 1 + rng.below(255)];
    bytes[at] ^= mask;
    writeFileSync(join(directory, file), bytes);
    return `${file}, byte ${at} ^ ${mask}`;
  }),

  swapToTruncatedFile: refusedSwap((directory, { rng }) => {
    const file = anyOf(rng, ['model.json', 'weights.bin', 'checksums.json']);
    const length = rng.below(readFileSync(join(directory, file)).length);
    truncateSync(join(directory, file), length);
    return `${file} cut to ${length} bytes`;
  }),

  swapToMissingFile: refusedSwap((directory, { rng }) => {
    const file = anyOf(rng, readdirSync(directory));
    rmSync(join(directory, file));
    return `no ${file}`;
  }),

  swapToOtherCatalog: refusedSwap((directory, { models }) => {
    rmSync(directory, { recursive: true });
    cpSync(join(models, 'other'), directory, { recursive: true });
    return 'another catalog';
  }),

  swapAndBack: async ({ served, rng }) => {
    const before = await served.version();
    const path = before.startsWith('first-') ? 'second' : 'first';
    const changed = await served.changeModel({ path });
    if (changed.status !== 200 || !changed.body.version.startsWith(`${path}-`))
      return `a swap to ${path}: ${changed.status} ${JSON.stringify(changed.body)}`;
    await sleep(rng.below(300));
    if (rng.below(2) === 0) return undefined; // the other one goes on
    const back = await served.changeModel({ rollback: true });
    return back.body.version === before ? undefined : `back to ${before}: ${JSON.stringify(back.body)}`;
  },
};
