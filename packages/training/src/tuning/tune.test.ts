import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockPath } from '@recsys/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { fit } from '../fit/index.js';
import { optuna } from './optuna.js';
import type { SearchSpace } from './search-space.js';
import type { TrialRecord } from './trial-record.js';
import { tune } from './tune.js';
import type { TuneOptions } from './tune-options.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-tune-'));
afterAll(() => rmSync(root, { recursive: true }));
const newDirectory = () => join(mkdtempSync(join(root, 'case-')), 'tuning');

const split = smallSplit();
const batches = 4; // 60 users in batches of 16
const space: SearchSpace = {
  learningRate: { kind: 'log', low: 1e-5, high: 0.05 },
  units: { kind: 'choice', values: [4, 8, 16] },
};
const validation = { protocol: 'full', patience: false } as const;

/** A search that takes a second; `clock` gives milliseconds. */
const search = (directory: string, given: Partial<TuneOptions> = {}, clock = () => 0): TuneOptions => ({
  directory,
  start: { learningRate: 0.01, units: 8 },
  space,
  trials: 9,
  epochs: 9,
  seed: 5,
  prepare: ({ settings: { learningRate, units } }) => ({
    model: new LastItemModel({ catalog: split.catalog, maxLength: 6, units: Number(units) }),
    fit: { seed: 4, batchSize: 16, learningRate: Number(learningRate), validation, clock },
  }),
  ...given,
});
const recordsOf = (directory: string): TrialRecord[] =>
  readFileSync(join(directory, 'trials.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const recordFile = (directory: string, trial: number, rung: number) =>
  join(directory, '.trials', `trial-${String(trial).padStart(3, '0')}.rung-${rung}.json`);

describe('tune', async () => {
  const whole = newDirectory();
  const tensors = tf.memory().numTensors;
  const result = await tune(split, search(whole));
  const leaked = tf.memory().numTensors - tensors;

  it('trains all trials for a round, and goes on with the best of each', () => {
    const records = recordsOf(whole);
    const inRung = (rung: number) => records.filter((record) => record.rung === rung);
    expect([0, 1, 2].map((rung) => inRung(rung).map(({ epochs }) => epochs))).toEqual([
      Array(9).fill(1),
      [3, 3, 3],
      [9],
    ]);
    const bestOf = (rung: number) => inRung(rung).sort((a, b) => b.value! - a.value! || a.trial - b.trial);
    expect(inRung(1).map(({ trial }) => trial)).toEqual(
      bestOf(0)
        .slice(0, 3)
        .map(({ trial }) => trial),
    );
    expect(inRung(2).map(({ trial }) => trial)).toEqual([bestOf(1)[0].trial]);
    expect(new Set(records.map(({ value }) => value)).size).toBeGreaterThan(4); // the trials do differ
    expect(result.stopped).toBe('rungs');
    expect(result.best!.value).toBe(Math.max(...records.map(({ value }) => value!)));
    expect(result.trials.map(({ trial }) => trial).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('never looks at the test part', async () => {
    const get = () => {
      throw new Error('looked at the test part');
    };
    const blind = Object.defineProperty({ ...split }, 'test', { get });
    expect((await tune(blind, search(newDirectory(), { trials: 1, epochs: 1 }))).best!.epochs).toBe(1);
  });

  it('ends each trial as a training of its own does: a round is a part of it', async () => {
    const { settings, value, bestEpoch } = result.best!;
    const model = new LastItemModel({ catalog: split.catalog, maxLength: 6, units: Number(settings.units) });
    const { learningRate } = settings;
    const options = { seed: 4, batchSize: 16, learningRate: Number(learningRate), validation };
    const { best } = await fit(model, split, { ...options, epochs: 9 });
    model.dispose();
    expect(best).toEqual({ metric: 'ndcg@10', value, epoch: bestEpoch });
  });

  it('draws the same trials from the same seed, others from another, and more trials beside them', async () => {
    const settingsOf = async (given: Partial<TuneOptions>) => {
      const { trials } = await tune(split, search(newDirectory(), { epochs: 1, ...given }));
      return [...trials].sort((a, b) => a.trial - b.trial).map(({ settings }) => settings);
    };
    const first = await settingsOf({});
    expect(first[0]).toEqual({ learningRate: 0.01, units: 8 });
    expect(await settingsOf({ trials: 11 })).toEqual([...first, expect.anything(), expect.anything()]);
    expect(await settingsOf({ seed: 6 })).not.toEqual(first);
  });

  it('goes on where it was aborted, and ends the same', async () => {
    for (const stopAfter of [1, 4, 11]) {
      const directory = newDirectory();
      const controller = new AbortController();
      let records = 0;
      const signal = controller.signal;
      const onRecord = () => {
        records += 1;
        if (records === stopAfter) controller.abort();
      };
      expect((await tune(split, search(directory, { signal, onRecord }))).stopped).toBe('aborted');
      expect(recordsOf(directory).length).toBe(stopAfter);
      expect((await tune(split, search(directory))).best).toEqual({ ...result.best, directory: expect.any(String) });
      expect(recordsOf(directory)).toEqual(recordsOf(whole));
    }
  });

  it('goes on in the middle of a trial: a run without a record resumes, and one whose round was done is as it was', async () => {
    const directory = newDirectory();
    cpSync(whole, directory, { recursive: true });
    const { trial, rung } = recordsOf(directory).at(-1)!;
    rmSync(recordFile(directory, trial, rung));
    writeFileSync(join(directory, '.trials', 'trial-008.in-use-by-1-77@elsewhere'), ''); // killed between record and end
    rmSync(join(directory, 'trials.jsonl'));
    const trained: number[] = [];
    await tune(split, search(directory, { onTrial: ({ trial }) => trained.push(trial) }));
    expect(trained.length).toBe(1);
    expect(recordsOf(directory)).toEqual(recordsOf(whole));
    expect(readdirSync(join(directory, '.trials')).filter((name) => name.includes('in-use-by'))).toEqual([]);
  });

  it('leaves a trial that another machine has for last, and takes it over when that machine is gone', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, '.trials'), { recursive: true });
    const mark = join(directory, '.trials', 'trial-002.in-use-by-1-77@elsewhere');
    writeFileSync(mark, '01234567-89ab-4cde-8f01-23456789abcd 000300 000000000007'); // a lease of 0.3 s
    const trained: number[] = [];
    const waits: number[] = [];
    const { best } = await tune(
      split,
      search(directory, { onTrial: ({ trial }) => trained.push(trial), onWait: (left) => waits.push(left) }),
    );
    expect(trained.slice(0, 9)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 2]);
    expect([best, recordsOf(directory)]).toEqual([{ ...result.best, directory: expect.any(String) }, recordsOf(whole)]);
    expect(readdirSync(join(directory, '.trials')).filter((name) => name.includes('in-use-by'))).toEqual([]);
    expect(waits).toEqual([]);
  });

  it('waits for a trial that another process trains', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, '.trials'), { recursive: true });
    const lock = await lockPath('trial', join(directory, '.trials', 'trial-000.in-use-by-'));
    const waits: number[] = [];
    const onWait = (left: number) => {
      waits.push(left);
      lock.release();
    };
    await tune(split, search(directory, { onWait, trials: 2, epochs: 1 }));
    expect(waits).toEqual([1]);
  });

  it('keeps its budget: each round has its share, and each trial a turn', async () => {
    let now = 0;
    // Each look at the clock, of which there is about one per step, takes half a second: an epoch takes three.
    const clock = () => {
      now += 500;
      return now;
    };
    const directory = newDirectory();
    const given = { trials: 3, seconds: 30 };
    const { trials, stopped } = await tune(split, search(directory, given, clock));
    expect(stopped).toBe('rungs');
    const records = recordsOf(directory);
    expect(records.map(({ rung }) => rung)).toEqual([0, 0, 0, 1]);
    const secondsOf = (own: readonly TrialRecord[]) => own.reduce((sum, { seconds }) => sum + seconds, 0);
    const spent = secondsOf(trials);
    expect(spent).toBeGreaterThan(25);
    expect(spent).toBeLessThanOrEqual(30 + 2);
    expect(secondsOf(records.slice(0, 3))).toBeLessThanOrEqual(15 + 2);
    for (const record of records) expect(record.stopped).toBe('seconds');
    expect(records[3].epochs).toBeGreaterThan(records[records[3].trial].epochs);
    // What was spent is in the files: a later call has nothing left to spend.
    const trained: number[] = [];
    const again = await tune(
      split,
      search(directory, { ...given, onTrial: ({ trial }) => trained.push(trial) }, clock),
    );
    expect([trained, again.best]).toEqual([[], trials[0]]);
    await expect(tune(split, search(newDirectory(), { seconds: 1 }, clock))).rejects.toMatchObject({
      code: 'no-result',
      message: expect.stringContaining('budget is too small. Set seconds to give it more time.'),
    });
  });

  it('leaves out trials that diverge, and says so if all do', async () => {
    const prepare: TuneOptions['prepare'] = (trial) => {
      const plan = search('').prepare(trial) as Awaited<ReturnType<TuneOptions['prepare']>>;
      return trial.trial % 2 === 0 ? plan : { ...plan, fit: { ...plan.fit, learningRate: 1e38 } };
    };
    const { trials } = await tune(split, search(newDirectory(), { prepare }));
    const failed = trials.filter(({ stopped }) => stopped === 'failed');
    expect(failed.map(({ trial }) => trial)).toEqual([1, 3, 5, 7]);
    expect(failed[0].problem).toMatch(/step \d+/);
    const always: TuneOptions['prepare'] = (trial) => prepare({ ...trial, trial: 1 });
    await expect(tune(split, search(newDirectory(), { prepare: always }))).rejects.toThrow('tune: all trials failed');
  });

  it('validates at the end of a round, also if that is not each epoch', async () => {
    const directory = newDirectory();
    const prepare: TuneOptions['prepare'] = (trial) => {
      const plan = search('').prepare(trial) as Awaited<ReturnType<TuneOptions['prepare']>>;
      return { ...plan, fit: { ...plan.fit, validation: { ...validation, every: 2 } } };
    };
    await tune(split, search(directory, { prepare }));
    expect(recordsOf(directory).map(({ epochs }) => epochs)).toEqual([...Array(9).fill(2), 4, 4, 4, 9]);
  });

  it('keeps no tensors', () => expect(leaked).toBe(0));

  it('refuses other options in the same directory, damaged files and bad options', async () => {
    await expect(tune(split, search(whole, { seed: 6 }))).rejects.toMatchObject({
      code: 'other-run',
      message: expect.stringContaining('was started with another seed: 5, not 6'),
    });
    const damaged = newDirectory();
    cpSync(whole, damaged, { recursive: true });
    writeFileSync(recordFile(damaged, 0, 0), '{"trial":0}\n');
    await expect(tune(split, search(damaged))).rejects.toMatchObject({ code: 'damaged' });
    await expect(tune(split, search(whole, { common: { batchSize: 16 } }))).rejects.toThrow(
      'was started with another common.batchSize: undefined, not 16. Choose another directory.',
    );
    const refused: [Partial<TuneOptions>, string][] = [
      [{ trials: 0 }, 'tune: option trials'],
      [{ eta: 1 }, 'tune: option eta'],
      [{ eta: 2, chooser: optuna({ storage: 'sqlite://', study: 'x' }) }, 'tune: option eta: is for rounds'],
      [{ leaseSeconds: 0 }, 'tune: option leaseSeconds'],
      [{ seconds: -1 }, 'tune: option seconds'],
      [{ space: { a: { kind: 'log', low: 0, high: 1 } } }, 'must have 0 < low <= high'],
      [{ space: { a: { kind: 'choice', values: [] } } }, 'tune: option space.a.values'],
      [{ ...({ trails: 3 } as object) }, 'tune: unknown option trails'],
    ];
    for (const [given, message] of refused)
      await expect(tune(split, search(newDirectory(), given))).rejects.toThrow(message);
    const prepare: TuneOptions['prepare'] = (trial) => {
      const plan = search('').prepare(trial) as Awaited<ReturnType<TuneOptions['prepare']>>;
      return { ...plan, fit: { ...plan.fit, validation: false } };
    };
    await expect(tune(split, search(newDirectory(), { prepare }))).rejects.toThrow('must not be false');
  });

  it('counts steps of a round in batches of its trials', () =>
    expect(readFileSync(join(result.best!.directory, 'metrics.jsonl'), 'utf8')).toContain(`"step":${9 * batches}`));
});
