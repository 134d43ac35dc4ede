import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { type FakeRun, startFakeMlflow } from '../../../../test/support/trackers/mlflow.js';
import { type FitOptions, fit, type LogLine } from '../fit/index.js';
import { type MlflowOptions, mlflow } from './mlflow.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-mlflow-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'movies');

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = {
  epochs: 3,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};
const batches = 4;
const test: LogLine = {
  event: 'test',
  ...{ epoch: 2, protocol: 'full', numTargets: 60, metrics: { 'ndcg@10': { value: 0.25, low: 0.2, high: 0.3 } } },
};

let server: Awaited<ReturnType<typeof startFakeMlflow>>;
beforeEach(async () => {
  server = await startFakeMlflow();
});
afterEach(() => server.close());

/** Trains a run with a tracker, and returns the problems that it told of. */
const tracked = async (fitOptions: Partial<FitOptions>, more: Partial<MlflowOptions> = {}): Promise<string[]> => {
  const problems: string[] = [];
  let time = 1_700_000_000_000;
  const onProblem = (problem: string) => problems.push(problem);
  const tracker = mlflow({
    url: server.url,
    experiment: 'shop',
    retrySeconds: 0.01,
    onProblem,
    now: () => time++,
    ...more,
  });
  const { callbacks = [], ...rest } = fitOptions;
  const { stopped } = await fit(newModel(), split, { ...options, ...rest, callbacks: [tracker, ...callbacks] });
  if (stopped === 'epochs') await tracker.onLog!(test);
  return problems;
};

const onlyRun = (): FakeRun => {
  expect(server.runs.size).toBe(1);
  return [...server.runs.values()][0];
};

/** Returns the curves of a run: steps and values of each metric. */
const curvesOf = ({ metrics }: FakeRun): Record<string, [number, number | string][]> => {
  const curves: Record<string, [number, number | string][]> = {};
  for (const { key, step, value } of metrics) curves[key] = [...(curves[key] ?? []), [step, value]];
  return curves;
};

const logOf = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('mlflow', () => {
  it('logs settings, metrics and artifacts, and says how the run ended', async () => {
    const runDirectory = newRun();
    expect(await tracked({ runDirectory, logSteps: 2 })).toEqual([]);
    const run = onlyRun();
    expect([run.name, run.status, run.tags.get('recsys.stopped')]).toEqual(['movies', 'FINISHED', 'epochs']);
    expect(server.experiments.get('shop')).toBe(run.experiment);
    expect(Object.fromEntries(run.params)).toMatchObject({
      'model.name': 'LastItemModel',
      'fit.epochs': '3',
      'fit.adam.beta1': '0.9',
      'fit.validation.k': '[10]',
      'loss.name': 'binary-cross-entropy',
      'data.users': '60',
    });
    const log = logOf(runDirectory);
    const epochs = log.filter(({ event }) => event === 'epoch');
    expect(curvesOf(run)).toMatchObject({
      'train/step_loss': log.filter(({ event }) => event === 'step').map(({ step, loss }) => [step, loss]),
      'train/loss': epochs.map(({ step, loss }) => [step, loss]),
      'validation/ndcg_at_10': epochs.map(({ step, validation }) => [step, validation['ndcg@10']]),
      'test/ndcg_at_10': [[2 * batches, 0.25]],
    });
    expect(run.metrics.every(({ timestamp }) => timestamp >= 1_700_000_000_000)).toBe(true);
    expect([...run.artifacts.keys()]).toEqual(['config.json', 'metrics.jsonl']);
    expect(run.artifacts.get('metrics.jsonl')).toBe(readFileSync(join(runDirectory, 'metrics.jsonl'), 'utf8'));
    expect(server.calls.slice(0, 4)).toEqual([
      'GET experiments/get-by-name',
      'POST experiments/create',
      'POST runs/create',
      'POST runs/log-batch',
    ]);
    const kept = JSON.parse(readFileSync(join(runDirectory, 'mlflow.json'), 'utf8'));
    expect(kept).toEqual({ format: 1, runs: [{ url: server.url, experiment: 'shop', run: run.id }] });
  });

  it('goes on in the same run after a kill, and each step has one value', async () => {
    const [whole, runDirectory] = [newRun(), newRun()];
    await tracked({ runDirectory: whole, logSteps: 1 });
    const uninterrupted = curvesOf(onlyRun());
    server.runs.clear();
    const dies = {
      onStep: ({ step }: { step: number }) => {
        if (step === 2 * batches + 3) throw new Error('killed');
      },
    };
    await expect(tracked({ runDirectory, logSteps: 1, callbacks: [dies] })).rejects.toThrow('killed');
    const run = onlyRun();
    expect([run.status, run.endTime]).toEqual(['FAILED', expect.any(Number)]);
    expect(curvesOf(run)['train/step_loss'].at(-1)![0]).toBe(2 * batches + 3); // beyond the checkpoint
    expect(await tracked({ runDirectory, logSteps: 1, resume: true })).toEqual([]);
    expect(curvesOf(onlyRun())).toEqual(uninterrupted);
    expect(onlyRun().status).toBe('FINISHED');
    await tracked({ runDirectory, logSteps: 1, resume: true });
    expect(curvesOf(onlyRun())).toEqual(uninterrupted);
  });

  it('trains while the server is lost, says so once, and sends what is missing when the run is resumed', async () => {
    const runDirectory = newRun();
    const { port } = server;
    await server.close();
    const problems = await tracked({ runDirectory, maxSteps: 2 * batches + 1 });
    expect(problems).toEqual([
      expect.stringMatching(
        /^MLflow at http:.* does not answer \(.*ECONNREFUSED.*\); training goes on, and values are sent/,
      ),
      expect.stringContaining('not all was sent; the rest is sent when the run is resumed'),
    ]);
    server = await startFakeMlflow({ port });
    expect(await tracked({ runDirectory, resume: true })).toEqual([]);
    expect(curvesOf(onlyRun())['train/loss'].map(([step]) => step)).toEqual([1, 2, 3].map((epoch) => epoch * batches));
  });

  it('tries again while a server restarts, in order, and loses nothing', async () => {
    server.failNext(4);
    const waits = {
      onLog: async () => {
        while (server.calls.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
      },
    };
    const problems = await tracked({ runDirectory: newRun(), callbacks: [waits] });
    expect(problems).toEqual([expect.stringContaining('does not answer (HTTP 503)')]);
    expect(curvesOf(onlyRun())['train/loss']).toHaveLength(3);
  });

  it('stops asking a server that refuses it, with the reason', async () => {
    await server.close();
    server = await startFakeMlflow({ authorization: 'Bearer secret' });
    expect(await tracked({}, { auth: { token: 'wrong' } })).toEqual([
      `MLflow at ${server.url} refused a request: UNAUTHENTICATED: Please log in`,
    ]);
    expect(server.calls).toHaveLength(1);
    expect(await tracked({}, { auth: { token: 'secret' } })).toEqual([]);
    const run = onlyRun();
    expect([run.status, run.name, run.artifacts.size]).toEqual(['FINISHED', undefined, 0]); // no run directory
    expect(run.params.get('fit.epochs')).toBe('3');
    await server.close();
    server = await startFakeMlflow({ authorization: `Basic ${Buffer.from('ann:pass').toString('base64')}` });
    expect(await tracked({}, { auth: { username: 'ann', password: 'pass' } })).toEqual([]);
  });

  it('uploads nothing where the server does not keep artifacts, and begins another run where the old one is gone', async () => {
    const runDirectory = newRun();
    await tracked({ runDirectory, maxSteps: 2 });
    onlyRun().isDeleted = true;
    await server.close();
    const { runs, port } = server;
    server = await startFakeMlflow({ port, keepsArtifacts: false });
    for (const [id, run] of runs) server.runs.set(id, run);
    const problems = await tracked({ runDirectory, resume: true });
    expect(problems).toEqual([
      expect.stringContaining('does not keep artifacts itself, so config.json, metrics.jsonl'),
    ]);
    expect([...server.runs.values()].map(({ status }) => status)).toEqual(['KILLED', 'FINISHED']);
  });

  it('keeps within the limits of a request, and leaves out the oldest values when too many wait', async () => {
    const runDirectory = newRun();
    const long = 'x'.repeat(9000);
    const runInfo = { long, ...Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`é ${i}`, long])) };
    await tracked({ runDirectory, runInfo, maxSteps: 3 });
    const log = Array.from({ length: 1700 }, (_, i) => ({ event: 'step', epoch: 1, step: i + 1, loss: i / 10 }));
    expect(onlyRun().params.get('info.long')).toHaveLength(6000);
    expect(onlyRun().params.get('info._ 249')).toHaveLength(6000);
    expect(await startAndEnd(log as never, {})).toEqual([]);
    expect([...server.runs.values()].at(-1)!.metrics).toHaveLength(1700);
    expect(await startAndEnd(log as never, { maxWaiting: 10 })).toEqual([]);
    expect([...server.runs.values()].at(-1)!.metrics.map(({ step }) => step)).toEqual(
      Array.from({ length: 10 }, (_, i) => 1691 + i),
    );
  });

  it('sends numbers that JSON does not have by their names', async () => {
    const losses = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    await startAndEnd(
      losses.map((loss, i) => ({ event: 'step', epoch: 1, step: i + 1, loss, learningRate: 1 })),
      {},
    );
    expect(onlyRun().metrics.map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity']);
  });

  it.each([
    [
      { url: 'ftp://x' },
      'mlflow: option url: must be a URL http:// or https:// without a user, a query and a fragment',
    ],
    [{ url: 'http://ann:secret@x' }, 'mlflow: option url: must be a URL'],
    [{ url: 'http://x', timeout: 3 }, 'mlflow: unknown option timeout'],
    [{ url: 'http://x', retrySeconds: 0 }, 'mlflow: option retrySeconds'],
  ])('%j is refused', (given, message) => {
    expect(() => mlflow(given as never)).toThrow(message);
  });
});

/** Starts a tracker with a log, as a resumed training does, and ends it. Returns the problems. */
const startAndEnd = async (log: LogLine[], more: Partial<MlflowOptions>): Promise<string[]> => {
  const problems: string[] = [];
  const tracker = mlflow({ url: server.url, onProblem: (problem) => problems.push(problem), ...more });
  await tracker.onStart!({ runDirectory: undefined, config: {}, resumed: true, step: 0, log });
  await tracker.onEnd!({ stopped: 'epochs' });
  return problems;
};
