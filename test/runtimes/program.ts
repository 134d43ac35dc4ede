/** The program that every runtime runs, the saved model that it loads, and what Node computes. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the program returns. */
export interface Outcome {
  readonly backend: string;
  readonly threads: number;
  readonly threadsNote?: string;
  /** Items that the saved model recommends, best first. */
  readonly loaded: readonly string[];
  /** Items that a model trained by the program recommends. */
  readonly trained: readonly string[];
}

/** Threads that programs of Node are told to use, whatever the machine has. */
export const threads = 2;

/** `run` loads the saved model from a path or a tfjs handler, trains a model of its own, and recommends with both. */
export const program = `
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';

const history = ['item-1', 'item-2', 'item-3'];

export const train = async (options = {}) => {
  const { interactions } = simulateInteractions({ seed: 1, users: 80, items: 30, meanLength: 8 });
  const split = leaveOneOut(toSequences(interactions));
  const model = new SASRec({ catalog: split.catalog, maxLength: 10, hiddenUnits: 16, seed: 1 });
  await fit(model, split, { epochs: 3, batchSize: 32, seed: 1, validation: false, ...options });
  return model;
};

export const run = async (source) => {
  const { backend, threads, threadsNote } = await selectBackend();
  const [saved, own] = [await SASRec.load(source), await train()];
  const [loaded, trained] = [saved, own].map((model) => model.recommend(history, { k: 5 }).map(({ item }) => item));
  return { backend, threads, threadsNote, loaded, trained };
};
`;

/** Ends a program of Node: prints what `run` returns for the model at the path in its first argument. */
export const print = `
run(process.argv[2]).then((outcome) => console.log(JSON.stringify(outcome)));
`;

/** Folders outside of the repository that hold the built programs; packages are found by name in them. */
export class Workshop {
  readonly path = mkdtempSync(join(tmpdir(), 'recsys-runtimes-'));

  constructor({ withPackages = true }: { withPackages?: boolean } = {}) {
    if (withPackages) symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'));
    this.write('package.json', '{ "private": true, "type": "module" }');
  }

  /** Writes a file, and returns its path. */
  write(name: string, content: string): string {
    const path = join(this.path, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs a program and returns what it prints last, as JSON. */
export const outcomeOf = (command: string, args: readonly string[], cwd?: string): Outcome => {
  const env = { ...process.env, RECSYS_THREADS: String(threads) };
  const output = execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', timeout: 60_000, env, cwd });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Outcome;
};

/** Saves the model that the program loads, and returns its path and what the program computes in Node, not bundled. */
export const reference = (workshop: Workshop): { model: string; expected: Outcome } => {
  const model = join(workshop.path, 'model');
  const save = `${program}\nawait selectBackend();\nawait (await train()).save(process.argv[2]);`;
  execFileSync(process.execPath, [workshop.write('save.mjs', save), model], { stdio: 'pipe' });
  const expected = outcomeOf(process.execPath, [workshop.write('plain.mjs', program + print), model]);
  expect(expected).toMatchObject({ backend: 'simd', threads });
  return { model, expected };
};

/** The browser that `CHROME_PATH` names, else that of Debian; undefined where there is none, unless `REQUIRE_BROWSER` is 1. */
export const chromePath = (): string | undefined => {
  const { CHROME_PATH = '/usr/bin/chromium', REQUIRE_BROWSER } = process.env;
  return REQUIRE_BROWSER === '1' || existsSync(CHROME_PATH) ? CHROME_PATH : undefined;
};
