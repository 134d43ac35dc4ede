import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process: its id and start; Linux: the namespace of its process id and the start of its machine's system; and the name of its machine.
 */
export const ownProcess = (): string => {
  const parts = [process.pid, startOf(process.pid), numbered('ns', ownNamespace()), numbered('boot', ownBoot())];
  return `${parts.filter((part) => part !== undefined && part !== '').join('-')}@${hostname()}`;
};

/** Returns whether a named process runs, where that can be seen from here: on the same machine, in the same container. */
export const isRunning = (name: string): boolean | undefined => {
  const [, pid, start = '', namespace = ownNamespace(), boot, host] =
    /^(\d+)(?:-(\d+))?(?:-ns(\d+))?(?:-boot(\w+))?@(.*)$/.exec(name) ?? [];
  // Two machines may have one name; two systems never have one start.
  const isSameMachine = boot === undefined || ownBoot() === '' ? host === hostname() : boot === ownBoot();
  if (pid === undefined || !isSameMachine || namespace !== ownNamespace()) return undefined;
  const startNow = startOf(Number(pid));
  return startNow !== undefined && startNow === start;
};

const numbered = (name: string, value: string): string => (value === '' ? '' : `${name}${value}`);

/** Returns the number of the namespace that process ids are counted in; '' if the system has none. */
const ownNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
};

/** Returns a part of the random number that the system drew when it started; '' if it has none. */
const ownBoot = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replaceAll('-', '').slice(0, 12);
  } catch {
    return '';
  }
};

/**
 * Returns when a process started, which tells it from a later process with the same id: '' if the system does not say, undefined if there is no
 * such process.
 */
const startOf = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    // Linux, proc(5): after the name in parentheses come the state, 'Z' for one that has ended, and as the 20th the start in clock ticks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return '';
  }
};
