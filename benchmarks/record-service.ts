/**
 * Loads `recsys serve` from another process: `pnpm record:service` measures what it can answer, then its latencies and
 * errors at half of that, at all of it, and at three times as much, with the delay of its event loop and its memory,
 * and its memory over a million requests. For the catalog of MovieLens-1M, by a model that was trained for some steps,
 * and for 1 million items. With `--peer`, the same for a service in Python with the same weights, in ONNX. Requests of
 * a load come evenly, whether earlier ones have their answers or not. Writes `benchmarks/results/service.json`.
 *
 * --seconds N      of each load. Default 60; 3 shows that it works.
 * --requests N     over which memory is compared, for ml-1m. Default 1000000.
 * --catalogs LIST  ml-1m, or numbers of items. Default ml-1m,1000000.
 * --threads N      of `recsys serve`. Default its own.
 * --peer PYTHON    a Python with the packages that benchmarks/fastapi/serve.py names.
 * --out FILE       default benchmarks/results/service.json.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { itemIds, leaveOneOut, Rng, readInteractions, toSequences } from '@recsys/data';
import { exportOnnx } from '@recsys/export/node';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';
import { type Load, load } from './support/load.ts';
import { describeMachine } from './support/machine.ts';
import { peerVersions, type RunningService, startPeer, startRecsys } from './support/services.ts';
import { writeRecord } from './support/write-record.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    requests: { type: 'string', default: '1000000' },
    catalogs: { type: 'string', default: 'ml-1m,1000000' },
    threads: { type: 'string' },
    peer: { type: 'string' },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('results/service.json', import.meta.url)),
    },
  },
});
const seconds = Number(values.seconds);
const movieLens = fileURLToPath(new URL('../../shared/data/ml-1m.txt', import.meta.url));
const historyLength = 20;
const trainingSteps = 200;

/** Saves a model of a catalog, and as ONNX if there is a peer; returns the ids of its items. */
const saveModel = async (catalog: string, path: string): Promise<readonly string[]> => {
  await selectBackend();
  const save = async (model: SASRec<string> | SASRec) => {
    await model.save(path);
    if (values.peer !== undefined) await exportOnnx(model, `${path}.onnx`);
    model.dispose();
  };
  if (catalog === 'ml-1m') {
    const split = leaveOneOut(toSequences(await readInteractions(movieLens)));
    const model = new SASRec({
      catalog: split.catalog,
      maxLength: 50,
      hiddenUnits: 64,
      seed: 1,
    });
    await fit(model, split, { epochs: 1, maxSteps: trainingSteps, seed: 1 });
    await save(model);
    return split.catalog.ids.map(String);
  }
  const ids = Array.from({ length: Number(catalog) }, (_, i) => `item-${i + 1}`);
  await save(new SASRec({ catalog: itemIds(ids), hiddenUnits: 64, seed: 1 }));
  return ids;
};

/** Histories by which services are compared before they are loaded. */
const compared = 20;

/** Returns the items of some lists. */
const listsOf = ({ address, path }: RunningService, bodies: readonly string[]): Promise<string[]> =>
  Promise.all(
    bodies.map(async (body) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(address + path, {
        method: 'POST',
        headers,
        body,
      });
      const { items } = (await answer.json()) as {
        items: { item: string | number }[];
      };
      return items.map(({ item }) => item).join(' ');
    }),
  );

/** Measures a service, and ends it. */
const measure = async (
  service: RunningService,
  bodies: readonly string[],
  { connections, requests }: { connections: number; requests?: number | undefined },
) => {
  const { address, path, backend, observe, stop } = service;
  const loaded = async (own: Omit<Load, 'bodies' | 'path'>) => {
    await observe(); // delays are those since the last time
    return {
      ...(await load(address, { path, bodies, ...own })),
      ...(await observe()),
    };
  };
  try {
    const { residentMiB: residentMiBAtStart } = await observe();
    const capacity = await loaded({
      connections,
      duration: Math.min(seconds, 20),
    });
    const most = capacity.answeredPerSecond;
    const share = (factor: number) => loaded({ connections: 4096, rate: factor * most, duration: seconds });
    return {
      backend,
      residentMiBAtStart,
      capacity,
      half: await share(0.5),
      full: await share(1),
      threeTimes: await share(3),
      many: requests === undefined ? undefined : await loaded({ connections, requests }),
    };
  } finally {
    await stop();
  }
};

const measureAll = async (catalog: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-service-'));
  try {
    const path = join(folder, 'model');
    const ids = await saveModel(catalog, path);
    const rng = new Rng(1);
    const bodies = Array.from({ length: 1000 }, () =>
      JSON.stringify({
        history: Array.from({ length: historyLength }, () => ids[rng.below(ids.length)]),
        k: 10,
      }),
    );
    const services: Record<string, Awaited<ReturnType<typeof measure>>> = {};
    // Enough to keep every service busy; more would wait for longer than requests may.
    const connections = ids.length > 100_000 ? 16 : 64;
    let ours: string[] | undefined;
    const add = async (name: string, starting: Promise<RunningService>, requests?: number) => {
      const service = await starting;
      const lists = await listsOf(service, bodies.slice(0, compared));
      ours ??= lists;
      // Items whose scores are nearly the same may change places.
      const same = lists.filter((list, i) => list === ours?.[i]).length;
      if (same < 0.9 * compared) throw new Error(`${name}: ${compared - same} of ${compared} lists differ from ours`);
      services[name] = await measure(service, bodies, { connections, requests });
      console.log(`${catalog}, ${name}: ${JSON.stringify(services[name], null, 2)}`);
    };
    await add(
      'recsys serve',
      startRecsys(path, ['--no-watch', ...(values.threads === undefined ? [] : ['--threads', values.threads])]),
      catalog === 'ml-1m' ? Number(values.requests) : undefined,
    );
    if (values.peer !== undefined)
      for (const workers of [1, 2])
        await add(
          `FastAPI, ${workers} worker${workers === 1 ? '' : 's'}`,
          startPeer(values.peer, `${path}.onnx`, { workers, threads: 1 }),
        );
    return { items: ids.length, historyLength, services };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const catalogs: Record<string, object> = {};
for (const catalog of values.catalogs.split(',')) catalogs[catalog] = await measureAll(catalog);
writeRecord(values.out, {
  command: `pnpm record:service${values.peer === undefined ? '' : ' --peer PYTHON'}`,
  machine: describeMachine(),
  seconds,
  peer: values.peer === undefined ? undefined : peerVersions(values.peer),
  catalogs,
});
console.log(`wrote ${values.out}`);
