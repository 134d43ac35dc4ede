/**
 * Measures requests for recommendations: `pnpm record:serving` compares filtered requests with unfiltered ones in
 * catalogs of 100 thousand and 1 million items, and measures the delay of the event loop while a pool of threads
 * answers, and while the model answers in the same thread. Writes `benchmarks/results/serving.json`. Takes about five
 * minutes, and 6 GiB of memory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { itemIds, Rng } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { createRecommender } from '@recsys/sasrec/node';
import { runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import { median } from './support/measure.ts';
import { writeRecord } from './support/write-record.ts';

const catalogs = [100_000, 1_000_000];
const hiddenUnits = 64;
const historyLength = 20;
const rounds = 60;
/** Requests that wait for an answer at any time, in the measurement of the event loop. */
const inFlight = 8;
const secondsOfRequests = 10;

const round = (value: number, digits = 2) => Number(value.toFixed(digits));
const history = (rng: Rng, size: number) => Array.from({ length: historyLength }, () => `item-${1 + rng.below(size)}`);
const idsOf = (size: number) => Array.from({ length: size }, (_, i) => `item-${i + 1}`);

/** Milliseconds of a request, by its filter; the kinds of requests alternate. */
const measureFilters = (model: SASRec<string>, size: number) => {
  const rng = new Rng(1);
  const fewIds = Array.from({ length: 500 }, () => `item-${1 + rng.below(size)}`);
  const kinds = {
    none: {},
    sixOfSeven: { candidates: model.filter(idsOf(size).filter((_, i) => i % 7 !== 0)) },
    candidates500: { candidates: model.filter(fewIds) },
    exclude500: { exclude: model.filter(fewIds) },
    exclude500Ids: { exclude: fewIds },
  };
  const times = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  for (let i = -5; i < rounds; i++) {
    for (const [kind, options] of Object.entries(kinds)) {
      const own = history(rng, size);
      const start = performance.now();
      model.recommend(own, options);
      if (i >= 0) times.get(kind)!.push(performance.now() - start);
    }
  }
  const ms = Object.fromEntries([...times].map(([kind, own]) => [kind, round(median(own))]));
  return { ms, sixOfSevenToNone: round(ms.sixOfSeven / ms.none), exclude500ToNone: round(ms.exclude500 / ms.none) };
};

type Request = (history: string[]) => Promise<unknown>;

/** Keeps some requests in flight for some seconds. */
const measureLoop = async (request: Request, size: number) => {
  const rng = new Rng(2);
  for (let i = 0; i < 10; i++) await request(history(rng, size));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const latencies: number[] = [];
  const end = performance.now() + 1000 * secondsOfRequests;
  delay.enable();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        const start = performance.now();
        await request(history(rng, size));
        latencies.push(performance.now() - start);
      }
    }),
  );
  delay.disable();
  const ms = (nanoseconds: number) => round(nanoseconds / 1e6);
  return {
    requestsPerSecond: Math.round(latencies.length / secondsOfRequests),
    medianMs: round(median(latencies)),
    delayMedianMs: ms(delay.percentile(50)),
    delayP99Ms: ms(delay.percentile(99)),
    delayMaxMs: ms(delay.max),
  };
};

const measureCatalog = async (size: number) => {
  const { backend } = await selectBackend();
  const folder = mkdtempSync(join(tmpdir(), 'recsys-serving-'));
  try {
    const built = new SASRec({ catalog: itemIds(idsOf(size)), hiddenUnits, seed: 1 });
    await built.save(join(folder, 'model'));
    built.dispose();
    const start = performance.now();
    const model = await SASRec.load<string>(join(folder, 'model'));
    const loadSeconds = round((performance.now() - start) / 1000);
    const filters = measureFilters(model, size);
    const sameThread = await measureLoop(async (own) => {
      model.recommend(own);
      await sleep(0); // lets other requests in
    }, size);
    model.dispose();
    const recommender = await createRecommender<string>(join(folder, 'model'), { threads: 2 });
    const pool = await measureLoop((own) => recommender.recommend(own), size);
    await recommender.close();
    return {
      backend,
      items: size,
      hiddenUnits,
      historyLength,
      loadSeconds,
      ...filters,
      loop: { inFlight, sameThread, pool },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const [size] = process.argv.slice(2);
if (size !== undefined) {
  console.log(JSON.stringify(await measureCatalog(Number(size))));
} else {
  const results = catalogs.map((own) => runInChild<object>(fileURLToPath(import.meta.url), [String(own)]));
  const path = fileURLToPath(new URL('results/serving.json', import.meta.url));
  writeRecord(path, {
    command: 'pnpm record:serving',
    machine: describeMachine(),
    catalogs: Object.fromEntries(results.map((own, i) => [String(catalogs[i]), own])),
  });
  console.log(`wrote ${path}`);
}
