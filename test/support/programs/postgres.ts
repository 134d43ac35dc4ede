/** A PostgreSQL server for tests, with Debian's binaries, in a folder and on a port of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.js';
import { tellSkipped } from './tell-skipped.js';

export const password = 'se:cr/et';

/** Returns the folder of the server's binaries: the newest of Debian's, else one in PATH. */
const findBinaries = (): string | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...process.env.PATH!.split(delimiter)];
  return folders.find((folder) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(folder, name))));
};

const binaries = findBinaries();

/** Why no server can be started here, or undefined. */
export const noPostgres =
  binaries === undefined
    ? 'there is no PostgreSQL server in /usr/lib/postgresql or PATH; install the package postgresql'
    : undefined;
tellSkipped('PostgreSQL', noPostgres);

interface Postgres {
  readonly port: number;
  /** URL of the database `postgres`, with the password or without. */
  readonly url: string;
  readonly urlWithoutPassword: string;
  /** Runs SQL, and returns what it prints. */
  psql(sql: string): string;
  /** Ends the server at once, as a crash does. */
  kill(signal?: 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Starts it again with the data of before. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a server. PostgreSQL refuses to run as root, so root starts it as the user `postgres`, whom Debian's package makes. */
export const startPostgres = async (): Promise<Postgres> => {
  const root = mkdtempSync(join(tmpdir(), 'recsys-postgres-'));
  const [data, passwordFile] = [join(root, 'data'), join(root, 'password')];
  writeFileSync(passwordFile, `${password}\n`);
  chmodSync(passwordFile, 0o644);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['-R', 'postgres', root]);
  const prefix = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  const command = (name: string, ...given: string[]): [string, string[]] => {
    const [file, ...args] = [...prefix, join(binaries!, name), ...given];
    return [file, args];
  };
  const initdb = ['-D', data, '-U', 'ann', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'];
  execFileSync(...command('initdb', ...initdb, '--no-sync', '--locale=C'), { stdio: 'ignore', cwd: root });
  const port = await freePort();
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `unix_socket_directories=${root}`];
  const given = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const start = () => spawn(...command('postgres', ...given), { stdio: 'ignore', cwd: root });
  let server = start();
  const hasEnded = () => server.exitCode !== null || server.signalCode !== null;
  const kill = async (signal: 'SIGQUIT' | 'SIGKILL' = 'SIGQUIT') => {
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  const psql = (sql: string) =>
    execFileSync(
      join(binaries!, 'psql'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', 'ann', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-AtXq'],
      {
        env: { ...process.env, PGPASSWORD: password },
        encoding: 'utf8',
        input: sql,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    ).trim();
  /** Resolves when it answers. After a SIGKILL, it starts only when the processes of the one before have ended. */
  const untilReady = async () => {
    for (let attempt = 0; ; attempt++) {
      try {
        psql('select 1');
        return;
      } catch (error) {
        if (attempt === 200) throw error;
        if (hasEnded()) server = start();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await untilReady();
  return {
    port,
    url: `postgres://ann:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    urlWithoutPassword: `postgres://ann@127.0.0.1:${port}/postgres`,
    psql,
    kill,
    restart: async () => {
      server = start();
      await untilReady();
    },
    stop: async () => {
      if (!hasEnded()) await kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
};
