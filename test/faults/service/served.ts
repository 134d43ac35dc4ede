import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../small-run.ts';
import { ask, type Reply } from './ask.ts';

const killable = new URL('killable-threads.mjs', import.meta.url).href;

/** The token with which models are changed. */
const adminToken = 'admin';

/** A `recsys serve` of its own process, on the same port after each start. */
export class Served {
  readonly #model: string;
  readonly #histories: string;
  #process: ChildProcess | undefined;
  #port = 0;

  constructor(model: string, histories: string) {
    this.#model = model;
    this.#histories = histories;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it, and resolves when it listens. */
  async start(): Promise<void> {
    const given = ['serve', this.#model, '--histories', this.#histories, '--port', String(this.#port)];
    const child = spawn(
      process.execPath,
      ['--import', killable, command, ...given, '--threads', '1', '--json', '--no-watch'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, RECSYS_ADMIN_TOKEN: adminToken, RECSYS_TOKEN: '' },
      },
    );
    let stderr = '';
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    this.#process = child;
    for await (const line of createInterface(child.stdout!)) {
      const { address } = JSON.parse(line) as { address?: string };
      if (address === undefined) continue;
      this.#port = Number(new URL(address).port);
      child.stdout!.resume();
      return;
    }
    throw new Error(`recsys serve ended before it listened: ${stderr}`);
  }

  async kill(): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Ends the scoring thread; resolves to whether the service took note of it. */
  async killThread(): Promise<boolean> {
    const before = await this.#threadsLost();
    this.#process!.kill('SIGIO');
    for (let i = 0; i < 100; i++) {
      if ((await this.#threadsLost()) > before) return true;
      await sleep(50);
    }
    return false;
  }

  /** Ends it as an orchestrator does, and resolves to its exit code. */
  async stop(): Promise<number | null> {
    const ended = once(this.#process!, 'exit');
    this.#process!.kill('SIGTERM');
    return (await ended)[0];
  }

  changeModel(change: object): Promise<Reply> {
    const headers = { authorization: `Bearer ${adminToken}` };
    return ask(`${this.address}/v1/model`, change, { headers, timeout: 60_000 });
  }

  async version(): Promise<string> {
    return (await ask(`${this.address}/v1/model`)).body.version;
  }

  /** Whether it answers with a list for a user, and is ready. */
  async answers(): Promise<boolean> {
    const [list, ready] = await Promise.all([
      ask(`${this.address}/v1/recommend`, { user: 'probe' }, { timeout: 5000 }),
      ask(`${this.address}/health/ready`, undefined, { timeout: 5000 }),
    ]);
    return list.status === 200 && ready.status === 200;
  }

  async #threadsLost(): Promise<number> {
    const { body } = await ask(`${this.address}/metrics`);
    return Number(/^recsys_threads_lost_total (\d+)/m.exec(String(body))?.[1] ?? Number.NaN);
  }
}
