import { execFileSync } from 'node:child_process';

/**
 * Runs a command to its end, and returns what it prints in its last line, as JSON. What it writes to standard error is shown.
 *
 * @throws where the command fails.
 */
export const runForJson = <T>(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): T => {
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
};

/** Runs a TypeScript program in a process of its own, so that its time and memory are its own; see `runForJson`. */
export const runInChild = <T>(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): T =>
  runForJson(process.execPath, ['--import', 'tsx', program, ...args], env);
