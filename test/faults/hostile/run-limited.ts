import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { peakMegabytesOf } from '../../../benchmarks/support/peak-memory.ts';
import { command } from '../small-run.ts';

/** How a command ended. */
export interface End {
  /** Its exit code, the signal that ended it, or that it had to be ended. */
  readonly status: number | NodeJS.Signals | 'timeout';
  readonly stdout: string;
  readonly stderr: string;
  /** Time of the processor that it and what it started took, as far as it was seen. */
  readonly cpuSeconds: number;
  /** Most resident memory of the process and of each that it started. */
  readonly megabytes: number;
}

/** How much of an output is kept. */
const longestOutput = 2 ** 20;

/** Runs `recsys` or a shell script, in which `$NODE $RECSYS` is `recsys`, without input, and ends it and what it started after a time. */
export const runLimited = async (
  run: readonly string[] | string,
  { folder, env, seconds }: { folder: string; env: NodeJS.ProcessEnv; seconds: number },
): Promise<End> => {
  const program =
    typeof run === 'string'
      ? ['/bin/bash', '-c', `recsys() { "$NODE" "$RECSYS" "$@"; }\n${run}`]
      : [process.execPath, command, ...run];
  const child = spawn(program[0], program.slice(1), {
    cwd: folder,
    env: { ...process.env, NODE: process.execPath, RECSYS: command, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group, which can be ended as a whole
  });
  const [stdout, stderr] = [child.stdout!, child.stderr!].map(textOf);
  let megabytes = 0;
  const cpu = new Map<number, number>();
  const watch = setInterval(() => {
    for (const pid of descendantsOf(child.pid!)) {
      megabytes = Math.max(megabytes, peakMegabytesOf(pid));
      cpu.set(pid, Math.max(cpuSecondsOf(pid), cpu.get(pid) ?? 0));
    }
  }, 20);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    endGroup(child);
  }, 1000 * seconds);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  clearTimeout(late);
  clearInterval(watch);
  return {
    status: isLate ? 'timeout' : (code ?? signal!),
    stdout: stdout(),
    stderr: stderr(),
    cpuSeconds: [...cpu.values()].reduce((sum, own) => sum + own, 0),
    megabytes,
  };
};

const textOf = (stream: NodeJS.ReadableStream): (() => string) => {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < longestOutput) text += chunk;
  });
  return () => text;
};

const endGroup = ({ pid }: ChildProcess): void => {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
};

/** Returns the time of the processor that a process has taken; 0 if it has exited. Needs Linux, whose clock ticks 100 times a second. */
const cpuSecondsOf = (pid: number): number => {
  try {
    // proc(5): after the name in parentheses, the 12th and 13th fields are the ticks in its own code and in the system's.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
};

/** Returns the ids of a process and of all that it has started. Needs Linux. */
const descendantsOf = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return [pid, ...children.flatMap((child) => descendantsOf(Number(child)))];
  } catch {
    return [pid];
  }
};

/** Returns a hash of the names and contents below a folder. */
export const snapshotOf = (folder: string): string => {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const found = lstatSync(path);
    hash.update(`${path} ${found.mode} ${found.size}\n`);
    if (found.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else if (found.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (found.isFile()) hash.update(readFileSync(path));
  };
  add(folder);
  return hash.digest('hex');
};
