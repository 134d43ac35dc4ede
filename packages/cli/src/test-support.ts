import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulateInteractions } from '@recsys/data';
import { afterAll } from 'vitest';
import { WarmCommand } from '../../../test/support/command/warm-command.js';

/** The built command. */
export const cli = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Flags that name the columns of `clicks.csv`. */
export const columns = ['--user', 'who', '--item', 'what', '--time', 'when'];

/** Flags of a training that takes a second. */
export const small = [
  ...columns,
  ...['--max-length', '8', '--hidden-units', '8', '--batch-size', '16', '--epochs', '4'],
  ...['--seed', '3', '--protocol', 'full', '--patience', '100'],
];

/** Returns a function that runs the command in a folder, in one process for all calls. */
export const sharedCommand = (directory: string) => {
  const warm = new WarmCommand(directory);
  afterAll(() => warm.close());
  return (args: readonly string[], env?: NodeJS.ProcessEnv) => warm.run(args, env);
};

/**
 * Makes a folder with 300 simulated users in `clicks.csv`, removes it after the tests, and runs the command in it: `recsys` in one process for all
 * calls, `alone` and `piped` in a process for each.
 */
export const workspace = () => {
  const root = mkdtempSync(join(tmpdir(), 'recsys-cli-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const shared = sharedCommand(root);
  const data = join(root, 'clicks.csv');
  const { interactions } = simulateInteractions({ seed: 5, users: 300, items: 40, meanLength: 8 });
  const rows = interactions.table.objects() as Record<string, unknown>[];
  const lines = rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`);
  writeFileSync(data, `who,what,when\n${lines.join('\n')}\n`);
  const recsys = (...given: string[]) => {
    const { status, stdout, stderr } = shared(given);
    const parseLine = (line: string) => JSON.parse(line);
    return { status, stdout, stderr, events: () => stdout.trim().split('\n').map(parseLine) };
  };
  /** Runs the command with a text or bytes on standard input. */
  const piped = (input: string | Uint8Array, ...given: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...given], { cwd: root, input });
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const alone = (...given: string[]) => piped('', ...given);
  return { root, data, rows, recsys, alone, piped };
};
