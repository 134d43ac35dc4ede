import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockPath } from '@recsys/data/node';
import { describe, expect, it } from 'vitest';
import { configOf, epochLine, temporaryFolder, testLine, writeRun } from '../test-support.js';
import { RunsFolder } from './runs-folder.js';

const root = temporaryFolder();
let count = 0;
const newFolder = () => {
  const path = join(root, `folder-${++count}`);
  mkdirSync(path);
  const folder = new RunsFolder(path);
  const summaryOf = async (name: string) => {
    await folder.look();
    return folder.runs.find((run) => run.name === name);
  };
  return { path, folder, summaryOf };
};

describe('RunsFolder', () => {
  it('summarizes a run', async () => {
    const { path, summaryOf } = newFolder();
    writeRun(path, 'movies', configOf(), epochLine(1) + epochLine(2, { ndcg: 0.4 }) + epochLine(3, { ndcg: 0.3 }));
    expect(await summaryOf('movies')).toEqual({
      name: 'movies',
      status: 'stopped',
      model: 'SASRec',
      data: { name: 'clicks', users: 60, items: 30, interactions: 500, fingerprint: 'f' },
      loss: 'bce',
      protocol: 'full',
      epochs: { done: 3, planned: 4 },
      seconds: 6,
      best: { epoch: 2, metric: 'ndcg@10', metrics: { 'hr@10': 0.8, 'ndcg@10': 0.4, 'mrr@10': 0.2 } },
      updated: expect.any(Number),
    });
  });

  it('says whether a run is training, stopped or finished', async () => {
    const { path, summaryOf } = newFolder();
    const run = writeRun(path, 'run', configOf(), epochLine(1));
    const statusNow = async () => (await summaryOf('run'))!.status;
    const lock = await lockPath(run, join(run, 'in-use-by-'));
    expect(await statusNow()).toBe('training');
    await lock.release();
    expect(await statusNow()).toBe('stopped');
    // A process on another machine, which has not been seen to be silent.
    writeFileSync(join(run, 'in-use-by-1-77@elsewhere'), 'x');
    expect(await statusNow()).toBe('training');
    rmSync(join(run, 'in-use-by-1-77@elsewhere'));
    const checkpoint = join(run, 'checkpoints', 'step-0000000010');
    mkdirSync(checkpoint);
    writeFileSync(join(checkpoint, 'training.json'), '{ "progress": { "finished": "patience" } }');
    expect(await statusNow()).toBe('finished');
    rmSync(checkpoint, { recursive: true });
    expect(await statusNow()).toBe('stopped');
    appendFileSync(join(run, 'metrics.jsonl'), testLine(1));
    expect(await summaryOf('run')).toMatchObject({ status: 'finished', test: { numTargets: 60 } });
  });

  it.each([
    ['no JSON', '{ "format": 1, "mod', 'config.json is no JSON; it is damaged, or still being written'],
    ['a later format', { format: 2 }, 'it is of format 2, and this version of the studio reads format 1'],
    ['a field missing', configOf({ model: {} }), 'config.json is not that of a run: model.name'],
    ['another file', [1], 'config.json is not that of a run'],
  ])('shows a run with %s, and why it cannot be read', async (_, config, problem) => {
    const { path, summaryOf } = newFolder();
    const run = writeRun(path, 'run', config);
    expect(await summaryOf('run')).toMatchObject({ status: 'unreadable', problem: expect.stringContaining(problem) });
    writeFileSync(join(run, 'config.json'), JSON.stringify(configOf()));
    expect(await summaryOf('run')).toMatchObject({ status: 'stopped', model: 'SASRec' });
  });

  it('shows runs of models of any kind, without validation, and of data without a name', async () => {
    const { path, summaryOf } = newFolder();
    writeRun(path, 'own', configOf({ model: { name: 'GRU4Rec' }, fit: { epochs: 1, validation: false }, info: {} }));
    expect(await summaryOf('own')).toMatchObject({
      model: 'GRU4Rec',
      protocol: '',
      data: { name: '' },
      epochs: { done: 0 },
    });
    const database = { database: 'postgres://ann@db/shop', sql: 'select 1' };
    writeRun(path, 'database', configOf({ info: { data: database } }));
    expect(await summaryOf('database')).toMatchObject({ data: { name: 'shop' } });
  });

  it('tells what has changed since the last look: runs, epochs, what is gone', async () => {
    const { path, folder } = newFolder();
    const run = writeRun(path, 'a', configOf(), epochLine(1));
    writeRun(path, 'b');
    const first = await folder.look();
    expect([
      first.runs.map(({ name }) => name).sort(),
      first.logs.map(({ run: name, again }) => [name, again]).sort(),
    ]).toEqual([
      ['a', 'b'],
      [
        ['a', true],
        ['b', true],
      ],
    ]);
    expect(first.logs.find(({ run: name }) => name === 'a')!.settings).toMatchObject({
      'model.hiddenUnits': 8,
      'fit.validation.k': '[10]',
      'data.source': '../../clicks.csv',
      'loss.name': 'bce',
    });
    expect(await folder.look()).toEqual({ runs: [], gone: [], logs: [] });
    appendFileSync(join(run, 'metrics.jsonl'), epochLine(2));
    rmSync(join(path, 'b'), { recursive: true });
    const { runs, gone, logs } = await folder.look();
    expect([runs.map(({ name }) => name), gone]).toEqual([['a'], ['b']]);
    expect(logs).toMatchObject([{ run: 'a', again: false, epochs: [{ epoch: 2 }] }]);
    expect(() => folder.run('b')).toThrow('there is no run b; it may have been moved or deleted');
  });

  it('finds runs in folders of runs, and follows no link', async () => {
    const { path, folder } = newFolder();
    writeRun(path, 'tuning/trial-000');
    writeRun(path, 'movies/refit');
    writeRun(path, 'movies');
    writeRun(path, 'movies/checkpoints/no-run');
    writeRun(path, '.hidden');
    const outside = writeRun(root, 'outside');
    symlinkSync(outside, join(path, 'link'));
    await folder.look();
    expect(folder.runs.map(({ name }) => name)).toEqual(['movies', 'movies/refit', 'tuning/trial-000']);
    for (const name of ['../outside', 'link', '/etc', 'movies/../movies', ''])
      expect(() => folder.run(name)).toThrow('there is no run');
  });

  it('refuses checkpoints that are a link to another folder', async () => {
    const { path, folder } = newFolder();
    const run = writeRun(path, 'run');
    const outside = join(root, 'checkpoints-elsewhere');
    renameSync(join(run, 'checkpoints'), outside);
    symlinkSync(outside, join(run, 'checkpoints'));
    await folder.look();
    await expect(folder.assertInside(folder.run('run'))).rejects.toMatchObject({ code: 'bad-run' });
  });

  it('shows the only run of a path that is a run', async () => {
    const { path } = newFolder();
    writeRun(path, 'other');
    const folder = new RunsFolder(writeRun(path, 'mine'));
    await folder.look();
    expect(folder.runs.map(({ name }) => name)).toEqual(['mine']);
  });

  it('has no runs where there is no folder, and finds them when it is there', async () => {
    const path = join(root, 'later');
    const folder = new RunsFolder(path);
    expect(await folder.look()).toEqual({ runs: [], gone: [], logs: [] });
    writeRun(path, 'first');
    expect((await folder.look()).runs).toHaveLength(1);
  });
});
