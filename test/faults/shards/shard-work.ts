import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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
import { startRedis } from '../../support/programs/redis.ts';
import { recsys } from '../small-run.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Longest that the shards may take, in milliseconds: then some are lost. */
const limit = 900_000;

/** Longest that workers may take to clear up when all shards are done, in milliseconds. */
const patience = 20_000;

/** Seconds after which a job of a silent worker, and the shard of a silent machine, are taken over. */
const [lockSeconds, leaseSeconds] = [2, 2];

interface ShardWorkOptions {
  readonly shards: number;
  /** Histories of each. */
  readonly lines: number;
  readonly seed: number;
  /** What Redis listens on. Default this machine alone. */
  readonly address?: string;
}

/** Shards in a queue of Redis, workers on them, and the outputs of a run without a fault to compare with. */
export class ShardWork {
  readonly redis: Awaited<ReturnType<typeof startRedis>>;
  readonly #folder: string;
  readonly #shards: number;
  readonly #end = performance.now() + limit;
  /** Lines that workers have printed. */
  readonly #said: string[] = [];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, shards: number, redis: Awaited<ReturnType<typeof startRedis>>) {
    this.#folder = folder;
    this.#shards = shards;
    this.redis = redis;
    const seconds = { LOCK_SECONDS: String(lockSeconds), LEASE_SECONDS: String(leaseSeconds) };
    this.#env = { ...process.env, REDIS_URL: redis.url, ...seconds };
  }

  /** Writes a model and histories, recommends for them without a fault, and adds the jobs. */
  static async start({ shards, lines, seed, address }: ShardWorkOptions): Promise<ShardWork> {
    const folder = mkdtempSync(join(tmpdir(), 'recsys-shard-faults-'));
    await writeInputs(folder, { shards, lines, seed });
    const work = new ShardWork(folder, shards, await startRedis(undefined, address));
    const given = ['--inputs', work.#at('histories'), '--outputs', work.#at('whole')];
    const { status, stderr } = recsys(['recommend', work.#at('model'), ...given]);
    if (status !== 0) throw new Error(`the run without a fault failed: ${stderr}`);
    const added = spawnSync(process.execPath, example('enqueue', work.#at('histories'), work.#at('lists')), {
      cwd: root,
      env: work.#env,
      encoding: 'utf8',
    });
    if (added.status !== 0) throw new Error(`no jobs were added: ${added.stderr}`);
    return work;
  }

  /** Starts a worker, behind a command such as one that enters a namespace. It leads a group of processes. */
  startWorker(behind: readonly string[] = []): ChildProcess {
    const [program, ...given] = [...behind, process.execPath, ...example('worker', this.#at('model'))];
    const child = spawn(program, given, {
      cwd: root,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    createInterface(child.stdout!).on('line', (line) => this.#said.push(line));
    return child;
  }

  get hasTime(): boolean {
    return performance.now() < this.#end;
  }

  /** Returns how many shards are done. */
  get done(): number {
    return this.#records().length;
  }

  isDone(stem: string): boolean {
    return this.#records().includes(`${stem}.json`);
  }

  /** Returns the shard that a process has marked as its own, by a part of the mark that tells the process; undefined if it has none. */
  shardOf(process: string): string | undefined {
    const mark = contentsOf(this.#at('lists/.shards')).find(
      (name) => /\.in-use-by-/.test(name) && name.includes(process),
    );
    return mark?.split('.in-use-by-')[0];
  }

  /** Waits until all jobs are completed, ends workers and Redis, and returns what is lost. */
  async finish(workers: readonly ChildProcess[]): Promise<string[]> {
    const counts = () => shardCounts(this.redis.url);
    while ((await counts()).completed < this.#shards && this.hasTime) await sleep(200);
    const { completed, ...others } = await counts();
    const differences = () => differencesOf(this.#at('whole'), this.#at('lists'));
    // A worker that was paused may still be removing its files.
    const end = performance.now() + patience;
    while (differences().length > 0 && performance.now() < end) await sleep(200);
    for (const { pid } of workers) process.kill(-pid!, 'SIGKILL');
    await this.redis.stop();
    const losses = completed === this.#shards ? [] : [`${completed} jobs completed, others ${JSON.stringify(others)}`];
    losses.push(...differences());
    const done = this.#said.filter((line) => /^part-.* rows$/.test(line));
    losses.push(...done.filter((line, i) => done.indexOf(line) !== i).map((line) => `done twice: ${line}`));
    rmSync(this.#folder, { recursive: true });
    return losses;
  }

  #records(): string[] {
    return contentsOf(this.#at('lists/.shards')).filter((name) => name.endsWith('.json'));
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

const example = (name: string, ...given: string[]) => ['--import', 'tsx', `examples/shards/${name}.ts`, ...given];

/** Writes a model and files of random histories, as `model` and `histories` in a folder. */
export const writeInputs = async (
  folder: string,
  { shards, lines, seed }: Pick<ShardWorkOptions, 'shards' | 'lines' | 'seed'>,
): Promise<void> => {
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

/** Returns how two folders of outputs differ, file by file; what nobody cleared away differs too. */
export const differencesOf = (expected: string, found: string): string[] =>
  ['', '.shards'].flatMap((folder) => {
    const [before, after] = [expected, found].map((root) => contentsOf(join(root, folder)));
    return [...new Set([...before, ...after])].flatMap((name) => {
      if (!before.includes(name)) return [`${join(folder, name)} should not be there`];
      if (!after.includes(name)) return [`${join(folder, name)} is missing`];
      if (name === '.shards') return [];
      const [a, b] = [expected, found].map((root) => readFileSync(join(root, folder, name)));
      return a.equals(b) ? [] : [`${join(folder, name)} differs from that of the run without a fault`];
    });
  });
