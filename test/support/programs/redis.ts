/** A Redis server for tests, with Debian's program, in a folder and on a port of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { tellSkipped } from './tell-skipped.js';

const program = process.env
  .PATH!.split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find((path) => existsSync(path));

/** Why no server can be started here, or undefined. */
export const noRedis =
  program === undefined ? 'there is no redis-server in PATH; install the package redis-server' : undefined;
tellSkipped('Redis', noRedis);

interface Redis {
  readonly url: string;
  /** Ends the server at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again with the data of before. */
  restart(): Promise<void>;
  /** Ends the server, and removes its folder if it made it. */
  stop(): Promise<void>;
}

/**
 * Starts a server that loses nothing: each write is on the disk before its answer.
 *
 * @param folder where its data are. Default a new one, which `stop` removes.
 * @param address what it listens on.
 */
export const startRedis = async (folder?: string, address = '127.0.0.1'): Promise<Redis> => {
  const root = folder ?? mkdtempSync(join(tmpdir(), 'recsys-redis-'));
  const port = await freePort();
  const start = async () => {
    const given = ['--port', String(port), '--bind', address, '--protected-mode', 'no', '--dir', root];
    const server = spawn(program!, [...given, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let log = '';
    server.stdout.on('data', (chunk) => {
      log += chunk;
    });
    for (let i = 0; !log.includes('Ready to accept connections'); i++) {
      if (i === 200 || server.exitCode !== null) throw new Error(`redis-server does not start: ${log}`);
      await sleep(50);
    }
    return server;
  };
  let server = await start();
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://${address}:${port}`,
    kill,
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      await kill();
      if (folder === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
};
