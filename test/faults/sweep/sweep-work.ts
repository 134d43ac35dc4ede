import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Rng, simulateInteractions } from '@recsys/data';
import type { Choice, TrialRecord } from '@recsys/training/node';
import { command, contentsOf } from '../small-run.ts';

/** Longest that a sweep may take, in milliseconds. */
const limit = 1_800_000;

interface SweepOptions {
  readonly trials: number;
  readonly epochs: number;
  /** Other flags of `recsys tune`. */
  readonly flags?: readonly string[];
}

/** A search on simulated users in a directory that many processes work on. */
export class SweepWork {
  readonly root = mkdtempSync(join(tmpdir(), 'recsys-sweep-faults-'));
  /** How many workers were killed while they had a trial, and while they asked for one. */
  readonly killed = { inATrial: 0, whileAsking: 0 };
  readonly #end = performance.now() + limit;
  readonly #given: readonly string[];
  readonly #workers: ChildProcess[] = [];
  /** What workers that failed said. */
  readonly #failures: string[] = [];

  constructor({ trials, epochs, flags = [] }: SweepOptions) {
    const data = join(this.root, 'clicks.csv');
    const { interactions } = simulateInteractions({ seed: 5, users: 500, items: 400, meanLength: 10 });
    const rows = interactions.table.objects() as { user: string; item: string; timestamp: number }[];
    const lines = rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`);
    writeFileSync(data, `user,item,timestamp\n${lines.join('\n')}\n`);
    const options = { 'max-length': 16, 'hidden-units': 32, 'batch-size': 32, seed: 3, patience: 1000, epochs, trials };
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#given = ['tune', data, ...given, '--protocol', 'full', '--backend', 'simd', ...flags];
  }

  /** The directory of the search that is disturbed, or of one that is not. */
  directory(name = 'disturbed'): string {
    return join(this.root, name);
  }

  /** Searches in one process, without a fault. */
  async undisturbed(): Promise<void> {
    const [code] = await once(this.#start('undisturbed'), 'exit');
    if (code !== 0) throw new Error(`the search without a fault failed: ${this.#failures.join('; ')}`);
  }

  /** Starts as many workers as there should be. */
  startWorkers(number: number): void {
    for (let i = 0; i < number; i++) this.#workers.push(this.#start('disturbed'));
  }

  /** Kills a worker at a random moment, one that is at work if there is one, and starts another one in its place. */
  async kill(rng: Rng): Promise<void> {
    await sleep(rng.below(1500));
    const marks = contentsOf(join(this.directory(), '.trials'));
    const markOf = ({ pid }: ChildProcess) => marks.find((name) => name.includes(`.in-use-by-${pid}-`));
    const busy = this.#workers.filter((worker) => isRunning(worker) && markOf(worker) !== undefined);
    const from = busy.length > 0 ? busy : this.#workers;
    const worker = from[rng.below(from.length)];
    const mark = markOf(worker);
    if (mark?.startsWith('trial-')) this.killed.inATrial += 1;
    if (mark?.startsWith('choice.')) this.killed.whileAsking += 1;
    if (isRunning(worker)) {
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
    }
    this.#workers[this.#workers.indexOf(worker)] = this.#start('disturbed');
  }

  get hasTime(): boolean {
    return performance.now() < this.#end;
  }

  /** Returns how many trials have come to the end of a round, over all rounds. */
  get done(): number {
    return contentsOf(join(this.directory(), '.trials')).filter((name) => name.includes('.rung-')).length;
  }

  /** Waits until all workers have ended, and returns what went wrong. */
  async finish(): Promise<string[]> {
    while (this.#workers.some(isRunning) && this.hasTime) await sleep(100);
    const losses = [...this.#failures];
    for (const worker of this.#workers) {
      if (isRunning(worker)) losses.push('a worker did not end in time');
      worker.kill('SIGKILL');
    }
    for (const name of contentsOf(join(this.directory(), '.trials')))
      if (name.includes('.in-use-by-')) losses.push(`${name} was left behind`);
    return losses;
  }

  /** Returns the records of all trials, without times. */
  records(name?: string): TrialRecord[] {
    const lines = readFileSync(join(this.directory(name), 'trials.jsonl'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => ({ ...JSON.parse(line), seconds: 0 }));
  }

  /** Returns what was chosen for a trial; undefined for the first. */
  choiceOf(trial: number): Choice | undefined {
    const path = join(this.directory(), '.trials', `trial-${String(trial).padStart(3, '0')}.settings.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true });
  }

  #start(name: string): ChildProcess {
    const child = spawn(process.execPath, [command, ...this.#given, '--out', this.directory(name), '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr!.on('data', (text) => {
      errors += text;
    });
    child.once('close', (code) => {
      if (code !== 0 && code !== null) this.#failures.push(`a worker ended with ${code}: ${errors.trim()}`);
    });
    return child;
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;
