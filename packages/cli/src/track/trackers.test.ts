import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curvesIn } from '../../../../test/support/trackers/event-files.js';
import { startFakeMlflow } from '../../../../test/support/trackers/mlflow.js';
import { cli, small, workspace } from '../test-support.js';
import { tracksOf } from './trackers.js';

describe('--track', () => {
  it.each([
    [['tensorboard', 'tensorboard'], {}, ['tensorboard']],
    [['mlflow+http://localhost:5000#my shop'], {}, ['mlflow+http://localhost:5000#my%20shop']],
    [['mlflow+https://a.org/ml#50%'], {}, ['mlflow+https://a.org/ml#50%25']],
    [['mlflow+http://h:1'], {}, ['mlflow+http://h:1#Default']],
    [['mlflow'], { MLFLOW_TRACKING_URI: 'http://h', MLFLOW_EXPERIMENT_NAME: 'e' }, ['mlflow+http://h#e']],
    [undefined, {}, []],
    [false as const, {}, []],
  ])('%j with %j is kept as %j', (given, env, kept) => {
    expect(tracksOf(given, env)).toEqual(kept);
    expect(tracksOf(kept, {})).toEqual(kept);
  });

  it.each([
    [
      ['wandb'],
      '--track must be tensorboard, mlflow, or a URL such as mlflow+http://localhost:5000#movies, got "wandb"',
    ],
    [['mlflow://localhost'], 'got "mlflow://localhost"'],
    [['mlflow'], '--track mlflow needs MLFLOW_TRACKING_URI to be a URL http:// or https://'],
    [['mlflow+http://ann:secret@h#e'], '--track http://…@h: credentials belong in MLFLOW_TRACKING_USERNAME'],
  ])('%j is refused, and shows no password', (given, message) => {
    expect(() => tracksOf(given, {})).toThrow(message);
    expect(() => tracksOf(given, {})).not.toThrow('secret');
  });
});

describe('recsys train --track', () => {
  const { root, data, recsys } = workspace();
  let server: Awaited<ReturnType<typeof startFakeMlflow>>;
  beforeAll(async () => {
    server = await startFakeMlflow({ authorization: 'Bearer secret' });
  });
  afterAll(() => server.close());

  // The server is in this process, so the command must not block it.
  const start = (...given: string[]): ChildProcess =>
    spawn(process.execPath, [cli, 'train', ...given], {
      cwd: root,
      env: { ...process.env, MLFLOW_TRACKING_TOKEN: 'secret' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const finished = async (...given: string[]) => {
    const child = start(...given);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close'),
    ]);
    return { stdout, stderr, status };
  };

  it('tracks by several trackers, goes on after kill -9 without the flags, and has one value for each step', async () => {
    const log = ['--log-steps', '5'];
    const tracks = ['--track', 'tensorboard', '--track', `mlflow+${server.url}#shop`];
    const child = start(
      data,
      ...small,
      ...log,
      ...tracks,
      '--epochs',
      '6',
      '--batch-size',
      '4',
      '--refit',
      '--out',
      'run',
      '--json',
    );
    let epochs = 0;
    for await (const line of createInterface({ input: child.stdout! })) {
      epochs += line.includes('"event":"epoch"') ? 1 : 0;
      if (epochs === 2) break;
    }
    child.kill('SIGKILL');
    await once(child, 'close');
    const { stdout, stderr, status } = await finished('--resume', 'run');
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toContain(`MLflow at ${server.url}, experiment shop`);

    const steps = (lines: string) =>
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const logged = steps(readFileSync(join(root, 'run', 'metrics.jsonl'), 'utf8'));
    const stepsOf = (event: string) => logged.filter((line) => line.event === event).map(({ step }) => step);
    const curves = curvesIn(join(root, 'run', 'tensorboard'));
    expect(curves['train/loss'].map(([step]) => step)).toEqual(stepsOf('epoch'));
    expect(curves['train/step_loss'].map(([step]) => step)).toEqual(stepsOf('step'));
    expect(stepsOf('step').at(-1)).toBeGreaterThan(stepsOf('epoch').at(-1) - 5);
    const { metrics } = logged.find(({ event }) => event === 'test');
    expect(curves['test/ndcg@10']).toEqual([[expect.any(Number), expect.closeTo(metrics['ndcg@10'].value, 6)]]);
    expect(readdirSync(join(root, 'run', 'refit', 'tensorboard'))).toHaveLength(1);

    const [run, refit] = [...server.runs.values()];
    expect([server.runs.size, run.name, run.status, refit.name, refit.status]).toEqual([
      ...[2, 'run', 'FINISHED', 'run-refit', 'FINISHED'],
    ]);
    const stepsIn = (key: string) => run.metrics.filter((metric) => metric.key === key).map(({ step }) => step);
    expect(stepsIn('train/loss')).toEqual(stepsOf('epoch'));
    expect(stepsIn('train/step_loss')).toEqual(stepsOf('step'));
    expect(run.metrics.find(({ key }) => key === 'test/ndcg_at_10')!.value).toBe(metrics['ndcg@10'].value);
    expect(run.artifacts.get('metrics.jsonl')).toContain('"event":"test"');
    expect(readFileSync(join(root, 'run', 'config.json'), 'utf8')).not.toContain('secret');
  }, 180_000);

  it('trains without a server, and says so', () => {
    const { stderr, status } = recsys(
      'train',
      data,
      ...small,
      '--track',
      'mlflow+http://127.0.0.1:1#x',
      '--out',
      'alone',
    );
    expect(stderr.replaceAll('\n', ' ')).toMatch(
      /^MLflow at http:\/\/127\.0\.0\.1:1 does not answer .*; training goes on/,
    );
    expect(status).toBe(0);
    expect(recsys('train', '--resume', 'alone', '--no-track').stderr).toBe('');
  });

  it('refuses a tracker that it does not know', () => {
    const { stderr, status } = recsys('train', data, ...small, '--track', 'wandb');
    expect([stderr, status]).toEqual([expect.stringContaining('--track must be tensorboard'), 2]);
  });
});
