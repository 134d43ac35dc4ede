import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import type { AskRequest, Chooser } from './chooser.js';
import { optuna } from './optuna.js';
import type { SearchSpace } from './search-space.js';
import { tune } from './tune.js';
import type { TuneOptions } from './tune-options.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-chooser-'));
afterAll(() => rmSync(root, { recursive: true }));
const newDirectory = () => join(mkdtempSync(join(root, 'case-')), 'tuning');

const split = smallSplit();
const start = { learningRate: 0.01, units: 8, loss: 'bce', numNegatives: 2 };
const space: SearchSpace = {
  learningRate: { kind: 'log', low: 1e-3, high: 0.05 },
  units: { kind: 'choice', values: [4, 8] },
  loss: { kind: 'choice', values: [{ loss: 'bce', numNegatives: 2 }, { loss: 'cross-entropy' }] },
};
const search = (directory: string, chooser: Chooser, given: Partial<TuneOptions> = {}): TuneOptions => ({
  ...{ directory, start, space, trials: 4, epochs: 2, seed: 5, chooser },
  prepare: ({ settings: { learningRate, units } }) => ({
    model: new LastItemModel({ catalog: split.catalog, maxLength: 6, units: Number(units) }),
    fit: {
      ...{ seed: 4, batchSize: 16, learningRate: Number(learningRate) },
      validation: { protocol: 'full', patience: false },
    },
  }),
  ...given,
});

/** A chooser that halves the learning rate from trial to trial, and keeps what it is asked and told. */
class Halving implements Chooser {
  readonly identity = { name: 'halving' };
  readonly asked: AskRequest[] = [];
  readonly told = new Map<number, number | null>();
  prepared = 0;
  closed: readonly number[] = [];
  fails = false;

  async prepare() {
    this.prepared += 1;
  }
  async ask(request: AskRequest) {
    this.asked.push(request);
    if (this.fails) throw new Error('the chooser is away');
    const id = 100 + this.asked.length;
    return { id, settings: { ...request.start, learningRate: 0.01 / 2 ** request.known.length } };
  }
  async tell(id: number, value: number | null) {
    this.told.set(id, value);
  }
  async close(known: readonly number[]) {
    this.closed = known;
  }
}

describe('a chooser', () => {
  it('is asked for each trial but the first, one after the other, and told of it; each trial has all epochs', async () => {
    const [directory, chooser] = [newDirectory(), new Halving()];
    const { trials, rungs } = await tune(split, search(directory, chooser));
    expect(rungs).toEqual([{ trials: 4, epochs: 2 }]);
    const byNumber = [...trials].sort((a, b) => a.trial - b.trial);
    expect(byNumber.map(({ epochs }) => epochs)).toEqual([2, 2, 2, 2]);
    expect(byNumber.map(({ settings }) => settings.learningRate)).toEqual([0.01, 0.01, 0.005, 0.0025]);
    expect(chooser.asked.map(({ known, wasKilled }) => [known, wasKilled])).toEqual([
      [[], false],
      [[101], false],
      [[101, 102], false],
    ]);
    expect(new Set(chooser.asked.map(({ seed }) => seed)).size).toBe(3);
    expect([...chooser.told]).toEqual(byNumber.slice(1).map(({ value }, i) => [101 + i, value]));
    expect([chooser.prepared, chooser.closed]).toEqual([1, [101, 102, 103]]);
    const other = new Halving();
    expect((await tune(split, search(directory, other))).trials).toEqual(trials);
    expect([other.prepared, other.asked, other.told.size]).toEqual([0, [], 0]);
  });

  it('is told that it may have answered unheard when a process ended while it asked', async () => {
    const [directory, chooser] = [newDirectory(), new Halving()];
    chooser.fails = true;
    await expect(tune(split, search(directory, chooser))).rejects.toThrow('the chooser is away');
    chooser.fails = false;
    await tune(split, search(directory, chooser));
    expect(chooser.asked.map(({ wasKilled }) => wasKilled)).toEqual([false, true, false, false]);
  });

  it('is told nothing of a trial that failed but that it has no value', async () => {
    const chooser = new Halving();
    const { prepare } = search('', chooser);
    const diverging: TuneOptions['prepare'] = async (trial) => {
      const plan = await prepare(trial);
      return trial.trial === 2 ? { ...plan, fit: { ...plan.fit, learningRate: 1e38 } } : plan;
    };
    await tune(split, search(newDirectory(), chooser, { prepare: diverging }));
    expect(chooser.told.get(102)).toBe(null);
  });
});

/** A program that answers as Optuna's does, and keeps its trials in a file. */
const program = join(root, 'optuna');
writeFileSync(
  program,
  `#!${process.execPath}
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = process.env.OPTUNA_STORAGE.slice('file:'.length);
const trials = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
const [command, ...given] = process.argv.slice(2);
const valueOf = (flag) => given.find((text) => text.startsWith(flag + '='))?.slice(flag.length + 1) ?? given[given.indexOf(flag) + 1];
if (command === 'ask') {
  const space = JSON.parse(valueOf('--search-space'));
  const params = Object.fromEntries(Object.entries(space).map(([name, { attributes }]) => [name, attributes.choices?.at(-1) ?? attributes.low * 1.23456]));
  trials.push({ number: trials.length, state: 'RUNNING', params });
  console.log(JSON.stringify(trials.at(-1)));
}
if (command === 'tell') {
  const trial = trials[Number(valueOf('--trial-number'))];
  if (trial === undefined) { console.error('Traceback:\\n  some.py\\nKeyError: no such trial in ' + process.env.OPTUNA_STORAGE); process.exit(1); }
  if (trial.state === 'RUNNING') Object.assign(trial, given.includes('--state') ? { state: 'FAIL' } : { state: 'COMPLETE', value: Number(valueOf('--values')) });
}
if (command === 'trials') console.log(JSON.stringify(trials));
writeFileSync(path, JSON.stringify(trials));
`,
);
chmodSync(program, 0o755);

describe.skipIf(process.platform === 'win32')('optuna', () => {
  const newStudy = () => {
    const file = join(mkdtempSync(join(root, 'study-')), 'trials.json');
    const trials = () => JSON.parse(readFileSync(file, 'utf8'));
    return { file, trials, chooser: optuna({ storage: `file:${file}`, study: 'movies', program }) };
  };
  const ask = { space, start, seed: 1, known: [], wasKilled: false };

  it('chooses numbers, values and settings that go together', async () => {
    const { chooser } = newStudy();
    const settings = { learningRate: 0.00123, units: 8, loss: 'cross-entropy' };
    expect(await chooser.ask(ask)).toEqual({ id: 0, settings });
  });

  it('tells each trial once, takes up one that nobody heard of, and closes others', async () => {
    const { chooser, trials, file } = newStudy();
    await chooser.prepare();
    expect((await chooser.ask(ask)).id).toBe(0);
    expect((await chooser.ask({ ...ask, wasKilled: true })).id).toBe(0);
    expect((await chooser.ask({ ...ask, wasKilled: true, known: [0] })).id).toBe(1);
    writeFileSync(file, JSON.stringify([...trials(), { number: 2, state: 'RUNNING', params: { units: 4 } }]));
    expect((await chooser.ask({ ...ask, wasKilled: true, known: [0, 1] })).id).toBe(3);
    expect(trials()[2].state).toBe('FAIL'); // it had no settings yet
    await chooser.ask(ask);
    await chooser.tell(0, 0.25);
    await chooser.tell(0, 0.5);
    await chooser.tell(1, null);
    await chooser.close([0, 1, 3]);
    const states = trials().map(({ state, value }: { state: string; value?: number }) => [state, value]);
    expect(states).toEqual([['COMPLETE', 0.25], ['FAIL'], ['FAIL'], ['RUNNING'], ['FAIL']].map(([a, b]) => [a, b]));
  });

  it('refuses a study that has trials', async () => {
    const { chooser } = newStudy();
    await chooser.ask(ask);
    const directory = newDirectory();
    await expect(tune(split, search(directory, chooser))).rejects.toThrow(
      'optuna: study movies already has trials. Set study to name another one.',
    );
    expect(existsSync(join(directory, 'tuning.json'))).toBe(false);
  });

  it('says what went wrong, without a password', async () => {
    const storage = 'file:/tmp/../postgresql://ann:secret@db/optuna';
    await expect(optuna({ storage, study: 'x', program: join(root, 'none') }).prepare()).rejects.toMatchObject({
      code: 'chooser-failed',
      message: expect.stringContaining('is not in PATH. Install it with: pip install optuna'),
    });
    const { file } = newStudy();
    const url = `file:${file}://ann:secret@db`;
    const failed = optuna({ storage: url, study: 'x', program }).tell(7, 1);
    await expect(failed).rejects.toThrow(/optuna tell: ended with 1: KeyError: no such trial in .*:\/\/db/);
    await expect(failed).rejects.not.toThrow('secret');
    expect(() => optuna({ storage: '', study: 'x' })).toThrow('optuna: storage must be text, got ""');
  });
});
