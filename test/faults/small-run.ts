import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { simulateInteractions } from '@recsys/data';

/** Path of the `recsys` program. */
export const command = fileURLToPath(new URL('../../packages/cli/bin/recsys.js', import.meta.url));

/** Runs `recsys` and waits until it exits. */
export const recsys = (args: readonly string[]) =>
  spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });

/** Starts `recsys`, and yields its events. */
export const startRecsys = (args: readonly string[]): { process: ChildProcess; events: AsyncIterable<Event> } => {
  const child = spawn(process.execPath, [command, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  async function* events() {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.endsWith('}')) yield JSON.parse(line) as Event;
    }
  }
  return { process: child, events: events() };
};

type Event = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A seeded training run on simulated users, whose result does not depend on how often it is stopped and resumed. */
export class SmallRun {
  readonly root = mkdtempSync(join(tmpdir(), 'recsys-faults-'));
  readonly #options: readonly string[];

  constructor({ epochs }: { epochs: number }) {
    const { interactions } = simulateInteractions({ seed: 5, users: 500, items: 400, meanLength: 10 });
    const rows = interactions.table.objects() as { user: string; item: string; timestamp: number }[];
    const lines = rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`);
    writeFileSync(this.data, `user,item,timestamp\n${lines.join('\n')}\n`);
    const options = { 'max-length': 16, 'hidden-units': 32, 'batch-size': 32, seed: 3, patience: epochs, epochs };
    this.#options = [
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...['--protocol', 'full', '--backend', 'simd'],
    ];
  }

  /** Its interactions, in a CSV file. */
  get data(): string {
    return join(this.root, 'clicks.csv');
  }

  /** Arguments of `recsys` that start the run in a directory. */
  startArguments(run: string): string[] {
    return ['train', this.data, '--out', run, ...this.#options];
  }

  /** Arguments that resume the run, or start it if the directory has no config yet. */
  resumeArguments(run: string): string[] {
    return contentsOf(run).includes('config.json')
      ? ['train', '--resume', run, '--backend', 'simd']
      : this.startArguments(run);
  }

  /** Trains without a fault, in a separate directory. */
  uninterrupted(): RunEnd {
    const run = join(this.root, 'uninterrupted');
    const { status, stderr } = recsys(this.startArguments(run));
    if (status !== 0) throw new Error(`the run without a fault failed: ${stderr}`);
    return endOf(run);
  }

  dispose(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** The result of a run, without times. */
interface RunEnd {
  readonly checkpoints: readonly string[];
  /** Hashes of weights and optimizer state in each checkpoint. */
  readonly sha256: readonly string[];
  readonly log: readonly unknown[];
}

export const endOf = (run: string): RunEnd => {
  const checkpoints = checkpointsOf(run);
  const digest = (checkpoint: string) => {
    const hash = createHash('sha256');
    for (const file of ['model.json', 'weights.bin', 'optimizer.bin'])
      hash.update(readFileSync(join(run, 'checkpoints', checkpoint, file)));
    return hash.digest('hex');
  };
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return {
    checkpoints,
    sha256: checkpoints.map(digest),
    log: lines.map((line) => ({ ...JSON.parse(line), seconds: 0 })),
  };
};

/** Returns the difference of two results, or undefined. */
export const difference = (found: RunEnd, expected: RunEnd): string | undefined => {
  for (const part of ['checkpoints', 'sha256', 'log'] as const)
    if (!isDeepStrictEqual(found[part], expected[part]))
      return `ends with different ${part} from the run without a fault`;
  return undefined;
};

/** Returns the names of checkpoints, oldest first; half-written ones, whose names start with a dot, are excluded. */
export const checkpointsOf = (run: string): string[] =>
  contentsOf(join(run, 'checkpoints')).filter((name) => !name.startsWith('.'));

export const contentsOf = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
};
