/**
 * Loads `recsys serve` from another process: `pnpm record:service` measures what it can answer, then its latencies and
 * errors at half of that, at all of it, and at three times as much, with the delay of its event loop and its memory.
 * For the catalog of MovieLens-1M, by a model that was trained for some steps, and for 1 million items. Writes
 * `benchmarks/results/service.json`.
 *
 * --seconds N      of each load. Default 60; 5 shows that it works.
 * --catalogs LIST  ml-1m, or numbers of items. Default ml-1m,1000000.
 * --threads N      of `recsys serve`. Default its own.
 * --out FILE       default benchmarks/results/service.json.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { itemIds, leaveOneOut, Rng, readInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';
import autocannon from 'autocannon';
import { describeMachine } from './support/machine.ts';
import { writeRecord } from './support/write-record.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    catalogs: { type: 'string', default: 'ml-1m,1000000' },
    threads: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('results/service.json', import.meta.url)) },
  },
});
const seconds = Number(values.seconds);
const cli = fileURLToPath(new URL('../packages/cli/bin/recsys.js', import.meta.url));
const movieLens = fileURLToPath(new URL('../../shared/data/ml-1m.txt', import.meta.url));
const historyLength = 20;
const trainingSteps = 200;

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Saves a model of a catalog, and returns the ids of its items. */
const saveModel = async (catalog: string, path: string): Promise<readonly string[]> => {
  await selectBackend();
  if (catalog === 'ml-1m') {
    const split = leaveOneOut(toSequences(await readInteractions(movieLens)));
    const model = new SASRec({ catalog: split.catalog, maxLength: 50, hiddenUnits: 64, seed: 1 });
    await fit(model, split, { epochs: 1, maxSteps: trainingSteps, seed: 1 });
    await model.save(path);
    model.dispose();
    return split.catalog.ids.map(String);
  }
  const ids = Array.from({ length: Number(catalog) }, (_, i) => `item-${i + 1}`);
  const model = new SASRec({ catalog: itemIds(ids), hiddenUnits: 64, seed: 1 });
  await model.save(path);
  model.dispose();
  return ids;
};

/** Starts `recsys serve`, and returns it with its address and what it says of its model. */
const serve = async (path: string) => {
  const threads = values.threads === undefined ? [] : ['--threads', values.threads];
  const server = spawn(process.execPath, [cli, 'serve', path, '--port', '0', '--json', '--no-watch', ...threads], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let backend = '';
  for await (const line of createInterface(server.stdout)) {
    const event = JSON.parse(line) as { event: string; address?: string; backend?: string };
    backend = event.backend ?? backend;
    if (event.address === undefined) continue;
    server.stdout.resume();
    return { server, address: event.address, backend };
  }
  throw new Error('recsys serve ended before it listened');
};

/** Returns what the server says of its event loop and its memory since the last time it was asked. */
const observe = async (address: string) => {
  const text = await (await fetch(`${address}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
  return {
    loopDelayP99Ms: round(1000 * value('nodejs_eventloop_lag_p99_seconds')),
    loopDelayMaxMs: round(1000 * value('nodejs_eventloop_lag_max_seconds')),
    residentMiB: Math.round(value('process_resident_memory_bytes') / 2 ** 20),
    threadsLost: value('recsys_threads_lost_total'),
  };
};

interface Load {
  readonly connections: number;
  /** Requests a second, or undefined for as many as are answered. */
  readonly rate?: number | undefined;
  readonly duration: number;
}

const percentile = (sorted: Float64Array, share: number): number =>
  round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);

/** Sends requests with histories of random items. */
const load = async (address: string, bodies: readonly string[], { connections, rate, duration }: Load) => {
  await observe(address);
  let next = 0;
  const served: number[] = [];
  const statuses = new Map<number, number>();
  const options: autocannon.Options = {
    url: address,
    connections,
    duration,
    timeout: 30,
    ...(rate !== undefined && { overallRate: Math.max(1, Math.round(rate)) }),
    requests: [
      {
        method: 'POST',
        path: '/v1/recommend',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => ({ ...request, body: bodies[next++ % bodies.length] }),
      },
    ],
  };
  const {
    errors,
    timeouts,
    duration: elapsed,
  } = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    run.on('response', (_client, status, _bytes, milliseconds) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 200) served.push(milliseconds);
    });
  });
  const sorted = Float64Array.from(served).sort();
  const refused = statuses.get(503) ?? 0;
  const others = [...statuses].filter(([status]) => status !== 200 && status !== 503);
  return {
    connections,
    askedPerSecond: rate === undefined ? undefined : Math.round(rate),
    answeredPerSecond: round(served.length / elapsed, 1),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    refused,
    otherStatuses: others.reduce((sum, [, count]) => sum + count, 0),
    errors: errors - timeouts,
    timeouts,
    ...(await observe(address)),
  };
};

const stop = async (server: ChildProcess): Promise<void> => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
};

const measure = async (catalog: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-service-'));
  try {
    const path = join(folder, 'model');
    const ids = await saveModel(catalog, path);
    const rng = new Rng(1);
    const bodies = Array.from({ length: 1000 }, () =>
      JSON.stringify({ history: Array.from({ length: historyLength }, () => ids[rng.below(ids.length)]), k: 10 }),
    );
    const { server, address, backend } = await serve(path);
    try {
      const start = (await observe(address)).residentMiB;
      const capacity = await load(address, bodies, { connections: 64, duration: Math.min(seconds, 20) });
      const most = capacity.answeredPerSecond;
      const share = (factor: number, connections: number) =>
        load(address, bodies, { connections, rate: factor * most, duration: seconds });
      return {
        items: ids.length,
        backend,
        historyLength,
        residentMiBAtStart: start,
        capacity,
        half: await share(0.5, 64),
        full: await share(1, 64),
        threeTimes: await share(3, 1024),
      };
    } finally {
      await stop(server);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const catalogs: Record<string, object> = {};
for (const catalog of values.catalogs.split(',')) {
  console.log(`${catalog}: four loads of up to ${seconds} s`);
  catalogs[catalog] = await measure(catalog);
  console.log(JSON.stringify(catalogs[catalog], null, 2));
}
writeRecord(values.out, { command: 'pnpm record:service', machine: describeMachine(), seconds, catalogs });
console.log(`wrote ${values.out}`);
