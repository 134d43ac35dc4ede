/**
 * Measures preparing by DuckDB: `pnpm record:prepare` makes 100 million interactions, prepares them within 4 GB, compares
 * the sequences of some users with `toSequences`, and trains from the shards in a process that may not have as much
 * memory as all sequences take. Writes `benchmarks/results/prepare.json`. `ROWS=1000000` makes fewer, `OUT` writes
 * elsewhere. Needs Linux (peaks are read from /proc, and `prlimit` sets the limit), 15 GB in the temporary folder, and
 * about ten minutes on two idle cores.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { historyOf, kCore, leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { sha256Of } from '@recsys/data/node';
import { prepare, readManifest, readPrepared, sequencesFromShards } from '@recsys/duckdb';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';
import { describeMachine } from './support/machine.ts';
import { peakMegabytes, peakMegabytesOf } from './support/peak-memory.ts';
import { secondsSince } from './support/seconds-since.ts';
import { writeRecord } from './support/write-record.ts';

const rows = Number(process.env.ROWS ?? 100_000_000);
const users = Math.round(rows / 12.5);
const items = Math.round(rows / 500);
const memory = process.env.MEMORY ?? '4GB';
const minInteractions = 5;
/** Limit of the data of a process that trains, in MiB; all sequences of 100 million interactions take 1,144. */
const trainingMegabytes = Number(process.env.TRAINING_MEGABYTES ?? 896);
const comparedRows = 200_000;

const rounded = (value: number) => Math.round(value * 100) / 100;

const query = async (...statements: string[]): Promise<void> => {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
};

/** Numbers in [0, 1) that look random, one for each row and `stream`. */
const uniform = (stream: number) => `(hash(n * 8 + ${stream}) / 18446744073709551616.0)`;

/** Steps that run in separate processes, in a folder. */
const steps: Record<string, (folder: string) => Promise<object>> = {
  // Users differ in how much they do; the popularity of items falls as 1 / rank.
  generate: async (folder) => {
    await query(`copy (
      select 'user-' || floor(${users} * ${uniform(1)} ** 1.5)::bigint as user_id,
        'item-' || floor(${items + 1} ** ${uniform(2)})::bigint as item_id,
        1500000000 + floor(100000000 * ${uniform(3)})::bigint as time
      from range(${rows}) r(n)
    ) to '${folder}/events.parquet' (format parquet, compression zstd)`);
    const share = Math.max(1, Math.round(rows / comparedRows));
    await query(`copy (
      select * from '${folder}/events.parquet' where hash(user_id) % ${share} = 0
    ) to '${folder}/some.parquet' (format parquet)`);
    return { megabytes: Math.round(statSync(`${folder}/events.parquet`).size / 2 ** 20) };
  },
  prepare: async (folder) => {
    const start = performance.now();
    const seconds: Record<string, number> = {};
    let [step, since] = ['', start];
    const note = (next: string) => {
      if (step !== '') seconds[step] = rounded((seconds[step] ?? 0) + (performance.now() - since) / 1000);
      [step, since] = [next, performance.now()];
    };
    const { counts, shards } = await prepare({
      from: `${folder}/events.parquet`,
      out: `${folder}/prepared`,
      minInteractions,
      memory,
      onProgress: (progress) => note(progress.step),
    });
    note('');
    const { user, system } = process.cpuUsage();
    return {
      seconds: secondsSince(start),
      cpuSeconds: Math.round((user + system) / 1e6),
      steps: seconds,
      counts,
      shards: shards.length,
    };
  },
  // The same rows by `prepare` and by `kCore` and `toSequences`.
  compare: async (folder) => {
    await prepare({ from: `${folder}/some.parquet`, out: `${folder}/prepared-some`, minInteractions: 3, memory });
    const prepared = await readPrepared(`${folder}/prepared-some`);
    const read = await readInteractions(`${folder}/some.parquet`);
    const expected = toSequences(kCore(read, { minInteractions: 3 }));
    const hashOf = ({ offsets, ends, items: own, timestamps, users: who, catalog }: typeof expected) =>
      sha256Of(offsets, ends, own, timestamps!, JSON.stringify([who, catalog]));
    return { rows: read.size, sequences: expected.ends.length, same: hashOf(prepared) === hashOf(expected) };
  },
  // Sequences of the whole against the rows of some users, of which the k-core has kept the items that it has kept.
  compareWhole: async (folder) => {
    const some = toSequences(await readInteractions(`${folder}/some.parquet`));
    const wanted = new Set(some.users.ids);
    const shards = await sequencesFromShards(`${folder}/prepared`);
    const kept = new Set(shards.catalog.ids);
    let [sequences, different] = [0, 0];
    for (const shard of shards.lengths.keys()) {
      const { offsets, ends, items: own, users: who, catalog } = await shards.readWhole(shard);
      who.ids.forEach((id, user) => {
        if (!wanted.has(id)) return;
        sequences += 1;
        const found = Array.from(own.subarray(offsets[user], ends[user]), (item) => catalog.ids[item - 1]);
        const expected = historyOf(some, id).filter((item) => kept.has(item));
        if (found.join(' ') !== expected.join(' ')) different += 1;
      });
    }
    shards.close();
    return { rows: some.items.length, sequences, different };
  },
  train: async (folder) => {
    await selectBackend();
    const start = performance.now();
    const shards = await sequencesFromShards(`${folder}/prepared`, {
      part: (sequences) => leaveOneOut(sequences).train,
      shardsAtOnce: 1,
    });
    const openSeconds = secondsSince(start);
    const split = leaveOneOut(await shards.readWhole(0));
    const model = new SASRec({
      catalog: shards.catalog,
      maxLength: 20,
      hiddenUnits: 16,
      numBlocks: 1,
      numHeads: 1,
      seed: 1,
    });
    const losses: number[] = [];
    const trainingStart = performance.now();
    const maxSteps = 200;
    await fit(model, split, {
      shards,
      epochs: 1,
      seed: 1,
      batchSize: 2048,
      maxSteps,
      validation: false,
      callbacks: [{ onStep: ({ loss }) => losses.push(loss) }],
    });
    shards.close();
    return {
      openSeconds,
      steps: losses.length,
      seconds: secondsSince(trainingStart),
      loss: { first: rounded(losses[0]), last: rounded(losses.at(-1)!) },
    };
  },
  readAll: async (folder) => ({ interactions: (await readPrepared(`${folder}/prepared`)).items.length }),
};

const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

/** Returns the bytes of the files in a folder and its folders. */
const sizeOf = (folder: string): number => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
      (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
      0,
    );
  } catch {
    return 0; // a file was removed in the meantime
  }
};

const self = fileURLToPath(import.meta.url);

/** Runs a step in a process of its own. Returns what it says, its peak memory, and the peak of what it added to the folder. */
const runStep = async (name: string, folder: string, dataLimit?: number) => {
  const before = sizeOf(folder);
  const node = [process.execPath, '--import', 'tsx', self, name, folder];
  const [command, ...args] = dataLimit === undefined ? node : ['prlimit', `--data=${dataLimit * 2 ** 20}`, ...node];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', dataLimit === undefined ? 'inherit' : 'ignore'] });
  let output = '';
  child.stdout.on('data', (piece) => {
    output += piece;
  });
  const closed = once(child, 'close');
  let [peak, peakBytes] = [0, 0];
  while (isRunning(child)) {
    peak = Math.max(peak, peakMegabytesOf(child.pid!));
    peakBytes = Math.max(peakBytes, sizeOf(folder) - before);
    await sleep(200);
  }
  await closed;
  if (child.exitCode !== 0) return undefined;
  const said = JSON.parse(output.trim().split('\n').at(-1)!);
  const result = {
    ...said,
    peakMegabytes: Math.max(peak, said.peakMegabytes),
    peakDiskMegabytes: Math.round(peakBytes / 2 ** 20),
  };
  console.log(name, JSON.stringify(result));
  return result;
};

const required = async (...args: Parameters<typeof runStep>) => {
  const result = await runStep(...args);
  if (result === undefined) throw new Error(`${args[0]} failed`);
  return result;
};

const [step, path] = process.argv.slice(2);
if (step !== undefined && path !== undefined) {
  const result = await steps[step](path);
  console.log(JSON.stringify({ ...result, peakMegabytes: peakMegabytes() }));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-prepare-'));
  try {
    const machine = describeMachine();
    const loadBefore = loadavg().map(rounded);
    const source = await required('generate', folder);
    const preparing = await required('prepare', folder);
    const { shards, counts } = await readManifest(join(folder, 'prepared'));
    const outputMegabytes = Math.round(sizeOf(join(folder, 'prepared')) / 2 ** 20);
    const sequencesMegabytes = Math.round((12 * counts.interactions) / 2 ** 20);
    const compared = { alone: await required('compare', folder), ofWhole: await required('compareWhole', folder) };
    if (!compared.alone.same || compared.ofWhole.different > 0 || compared.ofWhole.sequences === 0)
      throw new Error('sequences differ');
    const training = await required('train', folder, trainingMegabytes);
    const whole = await runStep('readAll', folder, trainingMegabytes);
    const results = process.env.OUT ?? fileURLToPath(new URL('results/prepare.json', import.meta.url));
    writeRecord(results, {
      command: 'pnpm record:prepare',
      machine,
      load: { before: loadBefore, after: loadavg().map(rounded) },
      source: { rows, users, items, megabytes: source.megabytes },
      preparing: {
        memory,
        minInteractions,
        ...preparing,
        outputMegabytes,
        largestShard: Math.max(...shards.map((shard) => shard.interactions)),
      },
      compared,
      training: {
        limitMegabytes: trainingMegabytes,
        sequencesMegabytes,
        ...training,
        allInMemoryFits: whole !== undefined,
      },
    });
    console.log(`wrote ${results}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
