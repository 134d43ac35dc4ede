import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { shardCounts } from '@recsys/bullmq';
import { itemIds, Rng } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { startRedis } from '../support/redis.ts';
import { type Fault, Tally } from './fault.ts';
import { recsys } from './small-run.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Longest that the shards may take, in milliseconds: then some are lost. */
const limit = 900_000;

interface Size {
  readonly shards: number;
  readonly lines: number;
  readonly workers: number;
  readonly kills: number;
  readonly restarts: number;
  readonly seed: number;
}

export const shards: Fault<Size> = {
  about:
    'workers of shards on BullMQ killed at random moments, and Redis killed and started again: each output is whole and byte for byte that of an undisturbed run, none is done twice, and the manifest is right',
  short: { shards: 6, lines: 3000, workers: 2, kills: 3, restarts: 1, seed: 1 },
  long: { shards: 60, lines: 12_000, workers: 3, kills: 20, restarts: 2, seed: 1 },
  run: async (size, report) => {
    const folder = mkdtempSync(join(tmpdir(), 'recsys-shard-faults-'));
    await writeInputs(folder, size);
    const [inputs, whole, outputs] = ['histories', 'whole', 'lists'].map((name) => join(folder, name));
    const undisturbed = recsys(['recommend', join(folder, 'model'), '--inputs', inputs, '--outputs', whole]);
    if (undisturbed.status !== 0) throw new Error(`the run without a fault failed: ${undisturbed.stderr}`);
    const redis = await startRedis();
    const env = { ...process.env, REDIS_URL: redis.url, LOCK_SECONDS: '2' };
    const example = (name: string, ...given: string[]) => ['--import', 'tsx', `examples/shards/${name}.ts`, ...given];
    const enqueued = spawnSync(process.execPath, example('enqueue', inputs, outputs), {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (enqueued.status !== 0) throw new Error(`no jobs were added: ${enqueued.stderr}`);
    const done: string[] = [];
    const start = (): ChildProcess => {
      const child = spawn(process.execPath, example('worker', join(folder, 'model')), {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      createInterface(child.stdout!).on('line', (line) => done.push(line));
      return child;
    };
    const workers = Array.from({ length: size.workers }, start);
    const rng = new Rng(size.seed);
    const tally = new Tally();
    let killedInAShard = 0;
    const kill = async () => {
      const place = rng.below(workers.length);
      const worker = workers[place];
      const isAtWork = contentsOf(join(outputs, '.shards')).some((name) => name.includes(`.in-use-by-${worker.pid}-`));
      if (isAtWork) killedInAShard += 1;
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
      workers[place] = start();
    };
    const restart = async () => {
      await redis.kill();
      await sleep(rng.below(1000));
      await redis.restart();
    };
    const faults = [...Array(size.kills).fill(kill), ...Array(size.restarts).fill(restart)];
    rng.shuffle(faults);
    const end = performance.now() + limit;
    const hasTime = () => performance.now() < end;
    for (const [i, cause] of faults.entries()) {
      // Spread over the whole work, so that none comes when all is done.
      const enough = Math.floor((i * size.shards) / (faults.length + 1));
      while (recordsIn(outputs) < enough && hasTime()) await sleep(20);
      await sleep(rng.below(1000));
      await cause();
      tally.add();
      report(`fault ${i + 1} of ${faults.length}, ${recordsIn(outputs)} shards done`);
    }
    const completed = async () => (await shardCounts(redis.url)).completed;
    while ((await completed()) < size.shards && hasTime()) await sleep(200);
    const counts = await shardCounts(redis.url);
    for (const worker of workers) worker.kill('SIGKILL');
    await redis.stop();
    if (counts.completed !== size.shards) tally.add(`jobs ended as ${JSON.stringify(counts)}`);
    for (const loss of differencesOf(whole, outputs)) tally.add(loss);
    const finished = done.filter(
      (line) => line.includes(' rows') && line.startsWith('part-') && !line.includes('done before'),
    );
    const twice = finished.filter((line, i) => finished.indexOf(line) !== i);
    for (const line of twice) tally.add(`was done twice: ${line}`);
    rmSync(folder, { recursive: true });
    const { shards, lines: linesOfEach, workers: workerCount, kills, restarts } = size;
    return tally.record({
      shards,
      linesOfEach,
      workers: workerCount,
      kills,
      killedInAShard,
      restartsOfRedis: restarts,
    });
  },
};

/** Writes a model and files of random histories. */
const writeInputs = async (folder: string, { shards, lines, seed }: Size): Promise<void> => {
  await selectBackend({ prefer: 'simd' });
  const items = Array.from({ length: 3000 }, (_, i) => `item-${i + 1}`);
  const model = new SASRec({ catalog: itemIds(items), maxLength: 50, hiddenUnits: 64, seed });
  await model.save(join(folder, 'model'));
  model.dispose();
  mkdirSync(join(folder, 'histories'));
  const rng = new Rng(seed);
  for (let shard = 0; shard < shards; shard++) {
    const text = Array.from({ length: lines }, (_, user) => {
      const history = Array.from({ length: 1 + rng.below(50) }, () => items[rng.below(items.length)]);
      return `${JSON.stringify({ user, history })}\n`;
    });
    writeFileSync(join(folder, 'histories', `part-${String(shard).padStart(3, '0')}.jsonl`), text.join(''));
  }
};

const contentsOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Returns how many shards are done. */
const recordsIn = (outputs: string): number =>
  contentsOf(join(outputs, '.shards')).filter((name) => name.endsWith('.json')).length;

/** Returns how two folders of outputs differ, file by file; what nobody cleared away differs too. */
const differencesOf = (expected: string, found: string): string[] => {
  const folders = ['', '.shards'];
  return folders.flatMap((folder) => {
    const [before, after] = [expected, found].map((root) => contentsOf(join(root, folder)));
    return [...new Set([...before, ...after])].flatMap((name) => {
      if (!before.includes(name)) return [`${join(folder, name)} should not be there`];
      if (!after.includes(name)) return [`${join(folder, name)} is missing`];
      if (name === '.shards') return [];
      const [a, b] = [expected, found].map((root) => readFileSync(join(root, folder, name)));
      return a.equals(b) ? [] : [`${join(folder, name)} differs from that of the run without a fault`];
    });
  });
};
