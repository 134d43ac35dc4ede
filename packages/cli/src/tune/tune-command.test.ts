import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { cli, columns, workspace } from '../test-support.js';
import { elementsOf } from '../test-xml.js';

const { root, data, recsys } = workspace();
const search = [
  ...columns,
  ...['--max-length', '8', '--hidden-units', '8', '--batch-size', '16', '--epochs', '4', '--seed', '3'],
  ...['--protocol', 'full', '--patience', '100', '--trials', '4', '--eta', '2'],
];
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const linesOf = (...path: string[]) =>
  read(...path)
    .trim()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));

describe('recsys tune', () => {
  const whole = recsys('tune', data, ...search, '--out', 'whole', '--json');

  it('tunes what no flag gives, and reports each trial, a table and the files', () => {
    expect([whole.status, whole.stderr]).toEqual([0, '']);
    const events = whole.events();
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['backend', 'data', 'search', 'trial', 'tuned', 'picture', 'saved']),
    );
    const { space, start } = events.find(({ event }) => event === 'search');
    expect(Object.keys(space).sort()).toEqual(['dropoutRate', 'learningRate', 'loss', 'numBlocks']);
    expect(start).toMatchObject({ hiddenUnits: 8, maxLength: 8, learningRate: expect.any(Number) });
    const rungs = events.filter(({ event }) => event === 'trial').map(({ rung }) => rung);
    expect(rungs).toEqual([0, 0, 0, 0, 1, 1, 2]);
    const { best, trials } = events.find(({ event }) => event === 'tuned');
    expect(best.value).toBe(Math.max(...trials.map(({ value }: { value: number }) => value)));
  });

  it('draws a line for each trial', () => {
    const xml = read('whole', 'trials.svg');
    expect(elementsOf(xml).filter((name) => name === 'path').length).toBe(4);
    for (const name of ['dropoutRate', 'learningRate', 'loss', 'NDCG@10']) expect(xml).toContain(`>${name}</text>`);
  });

  it('trains and validates, and does not test', () => {
    for (const name of readdirSync(join(root, 'whole')).filter((name) => name.startsWith('trial-')))
      expect(linesOf('whole', name, 'metrics.jsonl').every(({ event }) => event === 'epoch')).toBe(true);
  });

  it('writes best.json, with which recsys train trains the best trial again', () => {
    const { best } = whole.events().find(({ event }) => event === 'tuned');
    const config = JSON.parse(read('whole', 'best.json'));
    expect(config).toMatchObject({ ...best.settings, epochs: 4, seed: 3, protocol: 'full', user: 'who' });
    const trained = recsys('train', data, '--config', 'whole/best.json', '--out', 'trained', '--json');
    expect([trained.status, trained.stderr]).toEqual([0, '']);
    const { 'ndcg@10': validated } = trained.events().find(({ event }) => event === 'best');
    expect(validated).toEqual({ epoch: best.bestEpoch, value: best.value });
    const epochs = linesOf('trained', 'metrics.jsonl').filter(({ event }) => event === 'epoch');
    expect(epochs).toEqual(linesOf('whole', best.directory.split('/').at(-1), 'metrics.jsonl'));
  });

  it('after kill -9 in the middle of a trial, ends as the search that was not killed', async () => {
    for (const trials of [1, 5]) {
      const out = `killed-${trials}`;
      const child = spawn(process.execPath, [cli, 'tune', data, ...search, '--out', out, '--json'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        if (JSON.parse(line).event === 'trial') seen += 1;
        if (seen === trials) break;
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(existsSync(join(root, out, 'best.json'))).toBe(false);
      const resumed = recsys('tune', data, ...search, '--out', out, '--json');
      expect([resumed.status, resumed.stderr]).toEqual([0, '']);
      expect(linesOf(out, 'trials.jsonl')).toEqual(linesOf('whole', 'trials.jsonl'));
      expect(read(out, 'best.json')).toBe(read('whole', 'best.json'));
      const { best } = whole.events().find(({ event }) => event === 'tuned');
      const run = best.directory.split('/').at(-1);
      expect(linesOf(out, run, 'metrics.jsonl')).toEqual(linesOf('whole', run, 'metrics.jsonl'));
    }
  });

  it('two processes share the trials; one is killed and started again: the same result', async () => {
    const start = () => {
      const child = spawn(process.execPath, [cli, 'tune', data, ...search, '--out', 'shared', '--json'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const tuned = (async () => {
        let best: unknown;
        for await (const line of createInterface({ input: child.stdout })) {
          const event = JSON.parse(line);
          if (event.event === 'tuned') best = { ...event.best, seconds: 0 };
        }
        return best;
      })();
      return { child, tuned };
    };
    const records = () => readdirSync(join(root, 'shared', '.trials')).filter((name) => name.endsWith('.json'));
    const [killed, other] = [start(), start()];
    while (!existsSync(join(root, 'shared', '.trials')) || records().length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    killed.child.kill('SIGKILL');
    const { best } = whole.events().find(({ event }) => event === 'tuned');
    const expected = { ...best, seconds: 0, directory: best.directory.replace('whole', 'shared') };
    expect(await Promise.all([other, start()].map(({ tuned }) => tuned))).toEqual([expected, expected]);
    for (const name of ['best.json', 'trials.svg']) expect(read('shared', name)).toBe(read('whole', name));
    expect(linesOf('shared', 'trials.jsonl')).toEqual(linesOf('whole', 'trials.jsonl'));
    expect(records()).toHaveLength(7);
  });

  it('Ctrl-C exits with 130 and says how to go on', async () => {
    const child = spawn(process.execPath, [cli, 'tune', data, ...search, '--out', 'stopped'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    for await (const line of createInterface({ input: child.stdout })) {
      printed += `${line}\n`;
      if (line.startsWith('trial') && !child.killed) child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(130);
    expect(printed).toMatch(/stopped {2}after [1-4] of 4 trials\. Run the same command again to go on\./);
  });

  it('starts from a preset, and keeps a loss that is given', () => {
    const flags = [...columns, '--debug', '--trials', '1', '--preset', 'paper-ml-1m', '--loss', 'gbce'];
    const { events, status } = recsys('tune', data, ...flags, '--out', 'preset', '--json');
    expect(status).toBe(0);
    const { start, space } = events().find(({ event }) => event === 'search');
    expect(start).toMatchObject({ maxLength: 200, dropoutRate: 0.2, loss: 'gbce' });
    expect(space.loss.values.every(({ loss }: { loss: string }) => loss === 'gbce')).toBe(true);
  });

  it('tunes another model, by the options that it has', () => {
    const flags = [...columns, '--debug', '--trials', '1', '--model', 'hstu'];
    const { status } = recsys('tune', data, ...flags, '--out', 'hstu', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(read('hstu', 'trial-000', 'config.json')).model.name).toBe('HSTU');
    const explained = recsys('explain', 'hstu/trial-000', '--history', 'item-1');
    expect([explained.status, explained.stderr]).toEqual([2, expect.stringContaining('holds a HSTU; explain is for')]);
    const refused = recsys('tune', data, ...flags, '--no-residuals', '--out', 'none');
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('is an option of sasrec')]);
  });

  it.each([
    [['--trials', '0'], '--trials must be an integer of at least 1', 2],
    [['--eta', '1'], '--eta must be an integer of at least 2', 2],
    [['--budget', 'soon'], '--budget must be a time such as 30m, 2h or 1h30m, got "soon"', 2],
    [['--budget', '0m'], '--budget must be a time', 2],
    [['--study', 'x'], '--study needs --chooser optuna', 2],
    [['--storage', 'sqlite:///x.db'], '--eta is for rounds; with --chooser optuna, each trial has all epochs', 2],
    [['--batch-size', '8', '--out', 'whole'], 'was started with another common.batchSize: 16, not 8', 1],
    [['--from', 'x'], "unknown option '--from'", 2],
    [['--config', 'refit.json'], 'refit is for recsys train', 2],
    [['--out', 'whole', '--seed', '4'], 'was started with another seed: 3, not 4', 1],
    [['--budget', '0.001s', '--out', 'tiny'], 'the budget is too small. Use --budget to give it more time', 1],
  ])('refuses %j', (flags, message, code) => {
    writeFileSync(join(root, 'refit.json'), '{ "refit": true }');
    const { status, stderr } = recsys('tune', data, ...search, ...flags);
    expect(stderr).toContain(message);
    expect(status).toBe(code);
  });

  it('needs data', () => expect(recsys('tune').stderr).toContain('give a data file'));
});
