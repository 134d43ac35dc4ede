import { execFileSync } from 'node:child_process';

/**
 * Runs a command and returns the JSON in the last line of its output. Its standard error is shown.
 *
 * @throws if the command fails.
 */
export const runForJson = <T>(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): T => {
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
};

/** Runs a TypeScript program in a separate process, to measure its time and memory; see `runForJson`. */
export const runInChild = <T>(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): T =>
  runForJson(process.execPath, ['--import', 'tsx', program, ...args], env);
