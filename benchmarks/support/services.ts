import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/programs/free-port.ts';
import { round } from './load.ts';

/** What a service says of itself, since the last time it was asked where that is a delay. */
export interface Observed {
  readonly residentMiB: number;
  readonly loopDelayP99Ms?: number | undefined;
  readonly loopDelayMaxMs?: number | undefined;
  readonly threadsLost?: number | undefined;
}

/** A service in processes of its own. */
export interface RunningService {
  readonly address: string;
  /** Where lists are asked for. */
  readonly path: string;
  /** What computes. */
  readonly backend: string;
  observe(): Promise<Observed>;
  /** Resolves to its exit status. */
  stop(): Promise<number | null>;
}

const cli = fileURLToPath(new URL('../../packages/cli/bin/recsys.js', import.meta.url));
const peerProgram = fileURLToPath(new URL('../fastapi/serve.py', import.meta.url));

const stopper = (server: ChildProcess) => async (): Promise<number | null> => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const [status] = await ended;
  return status;
};

/** Starts `recsys serve`, with some flags. */
export const startRecsys = async (model: string, flags: readonly string[]): Promise<RunningService> => {
  const server = spawn(process.execPath, [cli, 'serve', model, '--port', '0', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let backend = '';
  for await (const line of createInterface(server.stdout)) {
    const event = JSON.parse(line) as { address?: string; backend?: string };
    backend = event.backend ?? backend;
    const { address } = event;
    if (address === undefined) continue;
    server.stdout.resume();
    const observe = async (): Promise<Observed> => {
      const text = await (await fetch(`${address}/metrics`)).text();
      const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
      return {
        residentMiB: Math.round(value('process_resident_memory_bytes') / 2 ** 20),
        loopDelayP99Ms: round(1000 * value('nodejs_eventloop_lag_p99_seconds')),
        loopDelayMaxMs: round(1000 * value('nodejs_eventloop_lag_max_seconds')),
        threadsLost: value('recsys_threads_lost_total'),
      };
    };
    return {
      address,
      path: '/v1/recommend',
      backend,
      observe,
      stop: stopper(server),
    };
  }
  throw new Error('recsys serve ended before it listened');
};

/** Returns the versions of the packages of the peer. */
export const peerVersions = (python: string): Record<string, string> => {
  const script = `
import importlib.metadata as m, json, platform
names = ["fastapi", "uvicorn", "uvloop", "httptools", "onnxruntime", "numpy"]
print(json.dumps({"python": platform.python_version(), **{name: m.version(name) for name in names}}))`;
  return JSON.parse(execFileSync(python, ['-c', script], { encoding: 'utf8' }));
};

/** Starts the service in Python. */
export const startPeer = async (
  python: string,
  model: string,
  { workers, threads }: { workers: number; threads: number },
): Promise<RunningService> => {
  const port = await freePort();
  const given = ['--port', String(port), '--workers', String(workers), '--threads', String(threads)];
  const server = spawn(python, [peerProgram, model, ...given], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const address = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${address}/health`).catch(() => undefined))?.status === 200;
  // Each worker listens when its model is loaded; several answers in a row come from all of them.
  for (let ready = 0, tries = 0; ready < 8 * workers; tries++) {
    if (tries === 1200 || server.exitCode !== null) throw new Error('the service in Python does not start');
    ready = (await isReady()) ? ready + 1 : 0;
    await sleep(50);
  }
  const backend = `onnxruntime, ${workers} worker${workers === 1 ? '' : 's'} of ${threads} thread${threads === 1 ? '' : 's'}`;
  const observe = async (): Promise<Observed> => ({
    residentMiB: Math.round(residentBytesOf(server.pid!) / 2 ** 20),
  });
  return {
    address,
    path: '/recommend',
    backend,
    observe,
    stop: stopper(server),
  };
};

/** Returns the resident memory of a process and of those that it started. Needs Linux. */
const residentBytesOf = (pid: number): number => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return {
          pid: Number(name),
          parent: Number(fields[1]),
          bytes: 4096 * Number(fields[21]),
        };
      } catch {
        return { pid: 0, parent: 0, bytes: 0 }; // it has ended
      }
    });
  const sum = (of: number): number =>
    parents.reduce((total, { pid, parent, bytes }) => total + (pid === of ? bytes : parent === of ? sum(pid) : 0), 0);
  return sum(pid);
};
