import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Fault, Tally } from '../fault.ts';
import { checkpointsOf, recsys, SmallRun } from '../small-run.ts';
import { type End, runLimited, snapshotOf } from './run-limited.ts';

/** A folder of its own for each attack, with a run to attack and files that must not change. */
export interface Room {
  readonly folder: string;
  /** Interactions of the run, beside it. */
  readonly data: string;
  /** A copy of a run that was stopped in its second of three epochs. */
  run(): string;
  /** A copy of its newest checkpoint, which is a saved model. */
  model(): string;
  /** A folder with files of the user, outside of what is attacked. It must be the same afterwards. */
  readonly outside: string;
  /** The run that the attacks on training start, without a fault. */
  readonly small: SmallRun;
  /** How it ends. */
  readonly expected: ReturnType<SmallRun['uninterrupted']>;
}

/** What is run in a room. */
export interface Attempt {
  /** Arguments of `recsys`, or a shell script in which `recsys` is the command. */
  readonly run: readonly string[] | string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called after the command has ended. Returns what is wrong, if anything. */
  readonly after?: (end: End) => string | undefined | Promise<string | undefined>;
  /** Called at last, whatever happened. */
  readonly cleanUp?: () => void;
}

/** An attack and what has to come of it, besides what must hold after each: see `lossOf`. */
export interface Attack {
  readonly name: string;
  /** `refused`: an error with a message; `survived`: exit code 0; `either` of them; or the exit codes that may come. */
  readonly outcome: 'refused' | 'survived' | 'either' | readonly number[];
  /** What the command has to print, on either output. */
  readonly says?: RegExp;
  /** Prepares the attack. Returns nothing if this system cannot do it. */
  readonly prepare: (room: Room) => Attempt | undefined | Promise<Attempt | undefined>;
}

/** Of the time, what counts is that of the processor; the other limit is for what waits, on a machine that others use too. */
const limits = { cpuSeconds: 20, seconds: 90, megabytes: 1000, messageLength: 10_000 };

const outcomes = { refused: [1, 2], survived: [0], either: [0, 1, 2] } as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys
const terminalControls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/** Returns what an attack has broken, if anything. */
const lossOf = ({ outcome, says }: Attack, end: End): string | undefined => {
  const { status, stderr, stdout, cpuSeconds, megabytes } = end;
  const shown = JSON.stringify(stderr.slice(-400));
  if (status === 'timeout') return `has not ended after ${limits.seconds} s`;
  if (megabytes > limits.megabytes) return `took ${megabytes} MB`;
  if (cpuSeconds > limits.cpuSeconds) return `took ${cpuSeconds} s of the processor`;
  if (/^\s+at .*[:(]|node:internal/m.test(stderr)) return `printed a stack trace: ${shown}`;
  if (terminalControls.test(stderr) || terminalControls.test(stdout)) return `steers the terminal: ${shown}`;
  if (stderr.length > limits.messageLength) return `printed ${stderr.length} characters`;
  const allowed: readonly number[] = typeof outcome === 'string' ? outcomes[outcome] : outcome;
  if (typeof status !== 'number' || !allowed.includes(status)) return `exited with ${status}: ${shown}`;
  const isRefused = outcome === 'refused' || (outcome === 'either' && status !== 0);
  if (isRefused && !/^(recsys|error): /m.test(stderr)) return `gave no reason: ${shown}`;
  if (says !== undefined && !says.test(stdout + stderr)) return `did not print ${says}: ${shown}`;
  return undefined;
};

/** Makes a fault of many attacks, each of which runs the command once or more often in a process of its own. */
export const faultOfAttacks = (about: string, attacks: readonly Attack[]): Fault<{ every: number }> => ({
  about: `${about}: each ends within ${limits.cpuSeconds} s of processor time and ${limits.megabytes} MB, with a message and no stack trace, and changes no other file`,
  short: { every: Math.ceil(attacks.length / 6) },
  long: { every: 1 },
  run: async ({ every }, report) => {
    const small = new SmallRun({ epochs: 3 });
    const expected = small.uninterrupted();
    const base = join(small.root, 'base');
    const { status, stderr } = recsys([...small.startArguments(base), '--max-steps', '20']);
    if (status !== 0) throw new Error(stderr);
    const tally = new Tally();
    const counts = { refused: 0, survived: 0, notPossibleHere: 0, mostProcessorSeconds: 0, mostMegabytes: 0 };
    const queue = attacks.filter((_, i) => i % every === 0);
    const total = queue.length;
    const work = async () => {
      for (let attack = queue.shift(); attack !== undefined; attack = queue.shift()) {
        const end = await attempt(attack, { small, expected, base });
        if (end === undefined) {
          counts.notPossibleHere += 1;
          continue;
        }
        tally.add(end.loss && `${attack.name}: ${end.loss}`);
        if (end.loss !== undefined) report(`lost: ${attack.name}: ${end.loss}`);
        counts[end.status === 0 ? 'survived' : 'refused'] += 1;
        counts.mostProcessorSeconds = Math.max(counts.mostProcessorSeconds, Math.round(end.cpuSeconds * 10) / 10);
        counts.mostMegabytes = Math.max(counts.mostMegabytes, end.megabytes);
        if ((total - queue.length) % 50 === 0) report(`${total - queue.length} of ${total}`);
      }
    };
    await Promise.all([work(), work(), work()]);
    small.dispose();
    const { refused, survived: wentOn, ...most } = counts;
    return tally.record({ endedWithAnError: refused, endedWell: wentOn, ...most });
  },
});

let rooms = 0;

const attempt = async (
  attack: Attack,
  { small, expected, base }: Pick<Room, 'small' | 'expected'> & { base: string },
) => {
  const folder = join(small.root, `attack-${rooms++}`);
  const outside = join(folder, 'outside');
  mkdirSync(join(outside, 'step-0000000001'), { recursive: true });
  mkdirSync(join(outside, '.partial-own'));
  for (const name of ['diary.txt', 'step-0000000001/notes.txt', '.partial-own/draft.txt'])
    writeFileSync(join(outside, name), 'a line of the user\n'.repeat(2000));
  const before = snapshotOf(outside);
  const room: Room = {
    ...{ folder, outside, small, expected, data: copy(small.data, join(folder, basename(small.data))) },
    run: () => copy(base, join(folder, 'run')),
    model: () => copy(join(base, 'checkpoints', checkpointsOf(base).at(-1)!), join(folder, 'model')),
  };
  let prepared: Attempt | undefined;
  try {
    prepared = await attack.prepare(room);
    if (prepared === undefined) return undefined;
    const end = await runLimited(prepared.run, { folder, env: prepared.env ?? {}, seconds: limits.seconds });
    const changed = snapshotOf(outside) === before ? undefined : 'changed files outside';
    const loss = changed ?? lossOf(attack, end) ?? (await prepared.after?.(end));
    return { ...end, loss };
  } catch (error) {
    return {
      status: 'timeout' as const,
      cpuSeconds: 0,
      megabytes: 0,
      loss: `the attack failed: ${(error as Error).stack}`,
    };
  } finally {
    prepared?.cleanUp?.();
    rmSync(folder, { recursive: true, force: true });
  }
};

const copy = (from: string, to: string): string => {
  cpSync(from, to, { recursive: true });
  return to;
};
