/**
 * Measures the search for the best of all items: `pnpm record:retrieval` writes `benchmarks/results/retrieval.json`:
 * recall against the exact result, and the time of one query and of a batch, for the product with a `topk`, the fused
 * search, the search in 8 bits with exact scores after it, and up to 100,000 items usearch and pgvector where they are
 * installed: `INDEXES` is a folder with `npm install usearch@2.25.3 @electric-sql/pglite@0.5.14
 * @electric-sql/pglite-pgvector@0.0.15`, of which the last two are PostgreSQL with pgvector in WebAssembly. Times are processor time of one thread, so that other programs do not change them much. `ENGINE=native` chooses engines.
 * Some minutes, and 2 GB of memory.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registerSimdBackend } from '@recsys/backend-simd';
import { Rng } from '@recsys/data';
import { type BestItems, bestItems, bestQuantizedItems, ExcludedItems, quantizeRows } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import { median } from './support/measure.ts';
import { writeRecord } from './support/write-record.ts';

const [units, k, queries, batch] = [64, 10, 128, 64];
const sizes = [100_000, 1_000_000];
/** An index of a million items takes minutes to build. */
const mostForIndexes = 100_000;
const [part, size] = process.argv.slice(2);
const items = Number(size);
const engines = (process.env.ENGINE ?? 'native,wasm').split(',');
/** Neighbours that an index looks at. */
const breadths = [64, 256, 1024];

/**
 * Vectors in clusters and with unequal lengths, as those of items are; queries near items. The same for a seed.
 */
const makeVectors = () => {
  const rng = new Rng(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float());
  const centers = Float32Array.from({ length: 1000 * units }, normal);
  const near = (length: number) => {
    const center = rng.below(1000) * units;
    return Array.from({ length: units }, (_, i) => length * (centers[center + i] + 0.7 * normal()));
  };
  const table = new Float32Array(items * units);
  for (let row = 0; row < items; row++) table.set(near(0.5 + rng.float()), row * units);
  const hidden = new Float32Array(queries * units);
  for (let row = 0; row < queries; row++) hidden.set(near(1), row * units);
  return { table, hidden };
};

type Search = (hidden: Float32Array) => Int32Array | Promise<Int32Array>;

interface Measured {
  recall: number;
  oneQueryMs: number;
  queriesPerSecond: number;
}

const cpuMs = (begin: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
};

const exactly = (hidden: tf.Tensor2D, table: tf.Tensor2D): BestItems =>
  bestItems(hidden, table, { k, excluded: new ExcludedItems(hidden.shape[0], items) });

/** Measures a search one query at a time and in batches, and its recall. */
const measure = async (
  hidden: Float32Array,
  exact: Int32Array | undefined,
  search: Search,
): Promise<Measured & { rows: Int32Array }> => {
  const rowsOf = (first: number, count: number) => search(hidden.subarray(first * units, (first + count) * units));
  const rows = new Int32Array(queries * k);
  const times: number[] = [];
  for (let q = -3; q < queries; q++) {
    const begin = process.cpuUsage();
    const own = await rowsOf(Math.max(q, 0), 1);
    if (q < 0) continue;
    times.push(cpuMs(begin));
    rows.set(own, q * k);
  }
  const rates: number[] = [];
  for (let first = 0; first + batch <= queries; first += batch) {
    const begin = process.cpuUsage();
    await rowsOf(first, batch);
    rates.push((1000 * batch) / cpuMs(begin));
  }
  let hits = 0;
  for (let q = 0; q < queries; q++) {
    const wanted = new Set((exact ?? rows).subarray(q * k, (q + 1) * k));
    hits += rows.subarray(q * k, (q + 1) * k).reduce((sum, row) => sum + Number(wanted.has(row)), 0);
  }
  return {
    recall: Number((hits / rows.length).toFixed(4)),
    oneQueryMs: Number(median(times).toFixed(2)),
    queriesPerSecond: Math.round(median(rates)),
    rows,
  };
};

const measureEngine = async () => {
  registerSimdBackend({ threads: 1 });
  await tf.setBackend('simd');
  const { build } = tf.backend() as unknown as { build: string };
  const vectors = makeVectors();
  const table = tf.tensor2d(vectors.table, [items, units]);
  const onTensor =
    (search: (hidden: tf.Tensor2D) => BestItems): Search =>
    (values) => {
      const hidden = tf.tensor2d(values, [values.length / units, units]);
      const { indices } = search(hidden);
      hidden.dispose();
      return indices;
    };
  const product = onTensor((hidden) => {
    const parts: Int32Array[] = [];
    for (let first = 0; first < hidden.shape[0]; first += 4) {
      // four at a time, whose scores are 16 MB
      const count = Math.min(4, hidden.shape[0] - first);
      const found = tf.tidy(() => {
        const scores = tf.matMul(tf.slice(hidden, [first, 0], [count, units]), table, false, true);
        return tf.topk(scores, k).indices.dataSync() as never;
      }) as Int32Array;
      parts.push(found);
    }
    const rows = Int32Array.from(parts.flatMap((part) => [...part]));
    return { scores: new Float32Array(0), indices: rows };
  });
  const begin = performance.now();
  const quantized = quantizeRows(table);
  const prepareSeconds = Number(((performance.now() - begin) / 1000).toFixed(1));
  const { rows: exact, ...all } = await measure(vectors.hidden, undefined, product);
  const { rows: _, ...fused } = await measure(
    vectors.hidden,
    exact,
    onTensor((hidden) => exactly(hidden, table)),
  );
  const eight = onTensor((hidden) => bestQuantizedItems(hidden, table, { k, quantized }));
  const { rows: __, ...rounded } = await measure(vectors.hidden, exact, eight);
  return {
    build,
    results: {
      'all scores, then topk': all,
      'fused search': fused,
      'fused search in 8 bits, best scored exactly': { ...rounded, prepareSeconds },
    },
  };
};

/** Indexes are no dependencies. */
const load = createRequire(process.env.INDEXES ? join(process.env.INDEXES, 'package.json') : import.meta.url);
const installed = (name: string): boolean => {
  try {
    load.resolve(name);
    return true;
  } catch {
    return false;
  }
};

/** Returns the vectors and the exact result for them. */
const exactResult = async () => {
  registerSimdBackend({ threads: 1 });
  await tf.setBackend('simd');
  const { table, hidden } = makeVectors();
  const exact = tf.tidy(
    () => exactly(tf.tensor2d(hidden, [queries, units]), tf.tensor2d(table, [items, units])).indices as never,
  ) as Int32Array;
  return { table, hidden, exact };
};

const measureUsearch = async () => {
  const usearch = load('usearch');
  const { table, hidden, exact } = await exactResult();
  const begin = performance.now();
  const index = new usearch.Index({ metric: 'ip', dimensions: units, quantization: 'f16', connectivity: 16 });
  const keys = BigUint64Array.from({ length: items }, (_, i) => BigInt(i));
  const step = 10_000;
  for (let row = 0; row < items; row += step)
    index.add(keys.subarray(row, row + step), table.subarray(row * units, (row + step) * units), 2);
  const prepareSeconds = Math.round((performance.now() - begin) / 1000);
  const results: Record<string, object> = {};
  for (const breadth of breadths) {
    // usearch has no breadth of its own for a query: it is that of the number of results.
    const search: Search = (values) => {
      const count = values.length / units;
      const { keys } = index.search(values, breadth, 1);
      const found = new Int32Array(count * k);
      for (let q = 0; q < count; q++)
        for (let i = 0; i < k; i++) found[q * k + i] = Number(keys[q * breadth + i] ?? -1);
      return found;
    };
    const { rows: _, ...measured } = await measure(hidden, exact, search);
    results[`usearch f16, best ${k} of ${breadth}`] = { ...measured, prepareSeconds };
  }
  return { results };
};

/** PostgreSQL with pgvector, in WebAssembly: what it finds is that of a server, its times are not. */
const measurePgvector = async () => {
  const [{ PGlite }, { vector }] = [load('@electric-sql/pglite'), load('@electric-sql/pglite-pgvector')];
  const { table, hidden, exact } = await exactResult();
  const db = await PGlite.create({ extensions: { vector } });
  await db.exec('create extension vector; create table items (id text primary key, vector vector(64))');
  const literal = (values: Float32Array) => `[${Array.from(values, (value) => value.toPrecision(9)).join()}]`;
  const lines = Array.from(
    { length: items },
    (_, i) => `${i},"${literal(table.subarray(i * units, (i + 1) * units))}"`,
  );
  await db.query("copy items from '/dev/blob' csv", [], { blob: new Blob([lines.join('\n')]) });
  const begin = performance.now();
  await db.exec("set maintenance_work_mem = '256MB'; create index on items using hnsw (vector vector_ip_ops)");
  const prepareSeconds = Math.round((performance.now() - begin) / 1000);
  const results: Record<string, object> = {};
  for (const breadth of breadths) {
    const limited = Math.min(1000, breadth); // what pgvector takes at most
    await db.exec(`set hnsw.ef_search = ${limited}`);
    const search: Search = async (values) => {
      const found = new Int32Array((values.length / units) * k).fill(-1);
      for (let q = 0; q < values.length / units; q++) {
        const query = literal(values.subarray(q * units, (q + 1) * units));
        const { rows } = await db.query(`select id from items order by vector <#> '${query}' limit ${k}`);
        for (const [i, { id }] of (rows as { id: string }[]).entries()) found[q * k + i] = Number(id);
      }
      return found;
    };
    const { rows: _, ...measured } = await measure(hidden, exact, search);
    results[`pgvector HNSW, best ${k} of ${limited}`] = { ...measured, prepareSeconds };
  }
  await db.close();
  return { results };
};

if (part === 'engine') console.log(JSON.stringify(await measureEngine()));
else if (part === 'usearch') console.log(JSON.stringify(await measureUsearch()));
else if (part === 'pgvector') console.log(JSON.stringify(await measurePgvector()));
else {
  const program = fileURLToPath(import.meta.url);
  type Part = { build?: string; results: object };
  const catalogs = sizes.map((own) => {
    const sized = [String(own)];
    const of = (name: string, result: Part) => [name, result.results] as const;
    const parts = engines.map((engine) => {
      const result = runInChild<Part>(program, ['engine', ...sized], { RECSYS_ENGINE: engine });
      return of(result.build!, result);
    });
    if (own <= mostForIndexes && installed('usearch'))
      parts.push(of('usearch', runInChild<Part>(program, ['usearch', ...sized])));
    if (own <= mostForIndexes && installed('@electric-sql/pglite-pgvector'))
      parts.push(of('PostgreSQL in WebAssembly', runInChild<Part>(program, ['pgvector', ...sized])));
    return Object.fromEntries(parts);
  });
  const path = fileURLToPath(new URL('results/retrieval.json', import.meta.url));
  writeRecord(path, {
    command: 'pnpm record:retrieval',
    machine: describeMachine(),
    setting: { units, k, queries, batch },
    catalogs: Object.fromEntries(catalogs.map((own, i) => [String(sizes[i]), own])),
  });
  console.log(`wrote ${path}`);
}
