import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { difference, endOf, recsys } from '../small-run.ts';
import type { Attack, Attempt, Room } from './attack.ts';

/** Sets up `faulty-fs.mjs` in the process of the command. */
export const withFaults = (settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'faulty-fs.mjs'))}`,
  ...settings,
});

/** Returns what is wrong with a run that was disturbed, after it has been resumed until it ends: it must be as if nothing had happened. */
const resumed = ({ small, expected }: Room, run: string): string | undefined => {
  const { status, stderr } = recsys(small.resumeArguments(run));
  return status === 0 ? difference(endOf(run), expected) : `cannot be resumed: ${stderr.slice(0, 300)}`;
};

const quoted = (args: readonly string[]): string => args.map((own) => `'${own}'`).join(' ');

/** A training that is disturbed, and resumed without disturbance. `script` gets the command that starts it. */
const onTraining = (
  name: string,
  outcome: Attack['outcome'],
  script: (train: string, run: string) => string,
  { env = {}, says, moved = 'run' }: { env?: NodeJS.ProcessEnv; says?: RegExp; moved?: string } = {},
): Attack => ({
  name: `training: ${name}`,
  outcome,
  ...(says === undefined ? {} : { says }),
  prepare: (room): Attempt => {
    const run = join(room.folder, 'run');
    return {
      run: script(quoted(room.small.startArguments(run)), run),
      env,
      after: () => resumed(room, existsSync(run) ? run : join(room.folder, moved)),
    };
  },
});

/** Exit codes of a training that got a signal: saved, ended by the signal, or done before. */
const stopped = [0, 129, 130, 137, 143] as const;

const signals = ['TERM', 'HUP', 'INT', 'KILL'].flatMap((signal) =>
  [0.5, 1.2, 2.2].map((seconds) =>
    onTraining(
      `SIG${signal} after ${seconds} s`,
      stopped,
      (train) => `timeout --foreground --preserve-status -s ${signal} ${seconds} "$NODE" "$RECSYS" ${train}`,
    ),
  ),
);
const twice = [1, 2].map((seconds) =>
  onTraining(
    `SIGINT twice after ${seconds} s`,
    stopped,
    (train) => `"$NODE" "$RECSYS" ${train} & pid=$!
      (sleep ${seconds}; kill -INT $pid; sleep .05; kill -INT $pid) 2>/dev/null; wait $pid`,
  ),
);

const operations = [
  'open',
  'rename',
  'rm',
  'mkdir',
  'readdir',
  'stat',
  'lstat',
  'appendFile',
  'readFile',
  'sync',
  'writeFile',
  'close',
];
const failures = operations.flatMap((operation) =>
  [1, 4].map((nth) => {
    const code = ['EIO', 'EBUSY', 'ENOSPC'][(nth + operation.length) % 3];
    return onTraining(`${code} at the ${nth}. ${operation}`, 'either', (train) => `recsys ${train}`, {
      env: withFaults({ FAULT: `${operation} ${code} ${nth}` }),
    });
  }),
);

const resources = [
  ...[0, 8, 64].map((blocks) =>
    onTraining(`ulimit -f ${blocks}`, 'either', (train) => `ulimit -f ${blocks}; recsys ${train}`),
  ),
  ...[128, 256].map((files) =>
    onTraining(`ulimit -n ${files}`, 'either', (train) => `ulimit -n ${files}; recsys ${train}`),
  ),
  ...[4, 6, 12].map((gigabytes) =>
    onTraining(
      `ulimit -v of ${gigabytes} GB`,
      'either',
      (train) => `ulimit -v ${gigabytes * 2 ** 20}; recsys ${train}`,
    ),
  ),
  onTraining('a stack of 512 kB', 'either', (train) => `ulimit -s 512; recsys ${train}`),
];

const streams = [
  ['| head -1', 'a reader of one line'],
  ['| head -c 1', 'a reader of one byte'],
  ['| head -12', 'a reader of twelve lines'],
  ['>&-', 'standard output closed'],
  ['2>&-', 'standard error closed'],
  ['<&- >&- 2>&-', 'all streams closed'],
  ['> /dev/full', 'standard output on a full disk'],
].map(([redirection, what]) =>
  onTraining(what, [0, 1, 141], (train) => `recsys ${train} ${redirection}\nexit \${PIPESTATUS[0]}`),
);

const clocks = ['back', 'zero', 'far', 'still'].map((clock) =>
  onTraining(`a clock that is ${clock}`, 'survived', (train) => `recsys ${train}`, {
    env: withFaults({ CLOCK: clock }),
  }),
);

const others = [
  onTraining('two at the same moment', 'either', (train) => `recsys ${train} & recsys ${train}; wait`),
  onTraining(
    'three at the same moment',
    'either',
    (train) => `recsys ${train} & recsys ${train} & recsys ${train}; wait`,
  ),
  onTraining('two containers with one hostname', 'either', (train) => {
    const contained = `unshare --pid --fork --mount-proc "$NODE" "$RECSYS" ${train}`;
    return `${contained} & sleep .3; ${contained}; wait`;
  }),
  onTraining('the run is moved', 'either', (train, run) => `(sleep 1.5; mv ${run} ${run}-moved) & recsys ${train}`, {
    moved: 'run-moved',
  }),
  onTraining('the run is deleted', 'either', (train, run) => `(sleep 1.5; rm -rf ${run}) & recsys ${train}`),
  onTraining('the working directory is deleted', 'either', (train) => `mkdir d; cd d; rmdir ../d; recsys ${train}`),
];

/** Attacks on a training: each is resumed afterwards, and has to end with the same bits as one without a fault. */
export const trainingAttacks: readonly Attack[] = [
  ...signals,
  ...twice,
  ...failures,
  ...resources,
  ...streams,
  ...clocks,
  ...others,
];
