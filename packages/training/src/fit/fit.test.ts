import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NegativeSampler } from '@recsys/data';
import { engineName } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { evaluate } from '../evaluation/evaluate.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { fit } from './fit.js';
import type { FitOptions } from './fit-options.js';
import type { BestEpoch, EpochRecord, ResumeRecord } from './records.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-trainer-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'run');

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = {
  epochs: 6,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};
const batches = 4; // 60 users in batches of 16

/** What an epoch came to, without the time it took. */
const figures = (history: readonly EpochRecord[]) => history.map(({ seconds: _, ...rest }) => rest);
const logOf = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('fit', () => {
  it('learns, and leaves the weights of the best validation in the model', async () => {
    const model = newModel();
    const before = (await evaluate(model, split.validation, { protocol: 'full' })).metrics['ndcg@10'].value;
    const result = await fit(model, split, { ...options, epochs: 30 });
    expect(result).toMatchObject({ stopped: 'epochs', epochs: 30, steps: 30 * batches });
    const validated = result.history.map(({ validation }) => validation!['ndcg@10']);
    expect(result.best!.value).toBe(Math.max(...validated));
    expect(result.best!.epoch).toBe(validated.indexOf(result.best!.value) + 1);
    const after = (await evaluate(model, split.validation, { protocol: 'full' })).metrics['ndcg@10'].value;
    expect(after).toBe(result.best!.value);
    expect(after).toBeGreaterThan(before * 1.2);
  });

  it('starts from a trained model, also with another catalog', async () => {
    const earlier = newModel();
    await fit(earlier, split, { ...options, epochs: 30 });
    const firstLoss = async (from?: LastItemModel) =>
      (await fit(newModel(), split, { ...options, epochs: 1, validation: false, ...(from && { from }) })).history[0]
        .loss;
    expect(await firstLoss(earlier)).toBeLessThan(0.9 * (await firstLoss()));
    const other = new LastItemModel({ catalog: split.catalog, maxLength: 6, units: 3 });
    await expect(fit(newModel(), split, { ...options, from: other })).rejects.toThrow('needs shape');
    await expect(fit(newModel(), split, { ...options, from: 'runs/x' as never })).rejects.toThrow(
      'option from: must be a model',
    );
  });

  it('repeats bit for bit by seed, and differs by another', async () => {
    const run = async (seed: number) => {
      const model = newModel();
      await fit(model, split, { ...options, epochs: 2, seed });
      return weightsOf(model);
    };
    expect(await run(4)).toEqual(await run(4));
    expect(await run(4)).not.toEqual(await run(5));
  });

  it('draws the negatives of the loss from the sampler it is given', async () => {
    const drawn: number[] = [];
    const negativeSampler: NegativeSampler = {
      sample: ({ into, targets }) => {
        drawn.push(into.length / targets!.length);
        into.fill(7);
      },
    };
    const model = newModel();
    await fit(model, split, { ...options, epochs: 1, loss: binaryCrossEntropy({ numNegatives: 3 }), negativeSampler });
    expect(new Set(drawn)).toEqual(new Set([3]));
    const other = newModel();
    await fit(other, split, { ...options, epochs: 1, loss: binaryCrossEntropy({ numNegatives: 3 }) });
    expect(weightsOf(model)).not.toEqual(weightsOf(other));
    await expect(fit(newModel(), split, { ...options, negativeSampler: {} as NegativeSampler })).rejects.toThrow(
      'must be a NegativeSampler',
    );
  });

  it('stops when patience runs out', async () => {
    const result = await fit(newModel(), split, {
      ...options,
      epochs: 500,
      learningRate: 1e-12,
      validation: { protocol: 'full', patience: 3 },
    });
    expect(result).toMatchObject({ stopped: 'patience', epochs: 4, best: { epoch: 1 } });
  });

  it('stops at a budget of steps or seconds, within an epoch too', async () => {
    expect(await fit(newModel(), split, { ...options, maxSteps: batches + 1 })).toMatchObject({
      stopped: 'steps',
      steps: batches + 1,
      epochs: 1,
    });
    let milliseconds = 0;
    const clock = () => {
      milliseconds += 100;
      return milliseconds;
    };
    const result = await fit(newModel(), split, { ...options, validation: false, clock, maxSeconds: 1 });
    expect(result.stopped).toBe('seconds');
    expect(result.seconds).toBeGreaterThanOrEqual(1);
    expect(result.steps).toBeLessThan(12);
  });

  it('validates every n-th epoch and the last, by the metric that is named', async () => {
    const result = await fit(newModel(), split, {
      ...options,
      epochs: 5,
      validation: { protocol: 'full', every: 2, k: [3, 5], metric: 'hr@3' },
    });
    expect(result.history.map(({ validation }) => validation !== undefined)).toEqual([false, true, false, true, true]);
    expect(result.best!.metric).toBe('hr@3');
  });

  it('stops at a loss that is not a number, naming the step', async () => {
    let step = 0;
    const loss = binaryCrossEntropy();
    const poisoned = {
      ...loss,
      compute: (...args: Parameters<typeof loss.compute>) => {
        step += 1;
        return tf.tidy(() => tf.mul(loss.compute(...args), step === 6 ? Number.NaN : 1)) as tf.Scalar;
      },
    };
    const runDirectory = newRun();
    await expect(fit(newModel(), split, { ...options, loss: poisoned, runDirectory })).rejects.toThrow(
      'the loss is NaN at step 5 (epoch 2, batch 2 of 4)',
    );
    expect(readdirSync(join(runDirectory, 'checkpoints'))).toContain('step-0000000004');
  });

  it('tells its callbacks of every step and epoch', async () => {
    const steps: number[] = [];
    const epochs: number[] = [];
    const callbacks = [
      {
        onStep: ({ step }: { step: number }) => steps.push(step),
        onEpoch: ({ epoch }: EpochRecord) => epochs.push(epoch),
      },
    ];
    await fit(newModel(), split, { ...options, epochs: 2, callbacks: callbacks as never });
    expect(steps).toEqual(Array.from({ length: 2 * batches }, (_, i) => i + 1));
    expect(epochs).toEqual([1, 2]);
  });

  it('gives its callbacks copies: what they change does not change training', async () => {
    const bestOf = async (change: boolean) => {
      const onEpoch = (_: EpochRecord, best: BestEpoch | undefined) => {
        if (change) Object.assign(best!, { value: 9, epoch: 99 });
      };
      return (await fit(newModel(), split, { ...options, callbacks: [{ onEpoch }] })).best;
    };
    expect(await bestOf(true)).toEqual(await bestOf(false));
  });

  it('stops when the weights have grown beyond use, though the loss was a number', async () => {
    const diverging = { ...options, learningRate: 1e30, validation: false, maxSteps: 1 } as const;
    await expect(fit(newModel(), split, diverging)).rejects.toThrow(
      expect.objectContaining({
        code: 'diverged',
        message: expect.stringMatching(/weight \S+ has a value of -?\d.*e\+(29|30) after step 1/),
      }),
    );
  });

  it('counts no time twice, nor below zero, when the clock is set back', async () => {
    let time = 5000;
    const clock = () => {
      time -= 1000;
      return time;
    };
    const runDirectory = newRun();
    const { seconds } = await fit(newModel(), split, { ...options, epochs: 2, clock, runDirectory });
    expect(seconds).toBe(0);
    await fit(newModel(), split, { ...options, epochs: 2, clock, runDirectory, resume: true });
  });

  it('refuses a split of another catalog, and so does evaluate', async () => {
    const other = smallSplit({ items: 25 });
    const refused = expect.objectContaining({ name: 'ModelError', code: 'other-catalog' });
    await expect(fit(newModel(), other, options)).rejects.toThrow(refused);
    await expect(evaluate(newModel(), other.test, { protocol: 'full' })).rejects.toThrow(refused);
  });

  it('leaves as many tensors as it found', async () => {
    const model = newModel();
    await fit(model, split, { ...options, epochs: 1 });
    const before = tf.memory().numTensors;
    await fit(model, split, { ...options, epochs: 3, clipNorm: 1, embeddingL2: 0.1, runDirectory: newRun() });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses unknown options, bad values, an unknown metric, and resume without a run', async () => {
    const refuse = (extra: object, message: string) =>
      expect(fit(newModel(), split, { ...options, ...extra })).rejects.toThrow(message);
    await refuse({ epoch: 3 }, 'fit: unknown option epoch');
    await refuse({ epochs: 0 }, 'fit: option epochs');
    await refuse({ learningRate: Number.NaN }, 'fit: option learningRate');
    await refuse({ adam: { beta3: 1 } }, 'fit: unknown option beta3 in adam');
    await refuse(
      { validation: { metric: 'ndcg@7' } },
      'validation.metric must be one of hr@10, ndcg@10, mrr@10, got "ndcg@7"',
    );
    await refuse({ resume: true }, 'fit: resume needs runDirectory');
  });
});

describe('fit with a run directory', () => {
  it.each([1, batches, batches + 2, 3 * batches - 1])(
    'stopped after %d steps and resumed, ends bit for bit as one that was not',
    async (maxSteps) => {
      const settings = { ...options, clipNorm: 0.5, schedule: { kind: 'one-cycle' } } as const;
      const [whole, parts] = [newRun(), newRun()];
      const uninterrupted = newModel();
      const expected = await fit(uninterrupted, split, { ...settings, runDirectory: whole });

      await fit(newModel(), split, { ...settings, runDirectory: parts, maxSteps });
      const resumed = newModel();
      const result = await fit(resumed, split, { ...settings, runDirectory: parts, resume: true });

      expect(weightsOf(resumed)).toEqual(weightsOf(uninterrupted));
      expect(result.best).toEqual(expected.best);
      expect(logOf(parts)).toEqual(logOf(whole));
      expect(figures(expected.history).slice(-1)).toEqual(figures(result.history).slice(-1));
    },
  );

  it('resumes after a kill in the middle of an epoch: the log is cut back and the lost steps are done again', async () => {
    const [whole, killed] = [newRun(), newRun()];
    const uninterrupted = newModel();
    await fit(uninterrupted, split, { ...options, runDirectory: whole });
    const dies = {
      onStep: ({ step }: { step: number }) => {
        if (step === 2 * batches + 3) throw new Error('killed');
      },
    };
    await expect(fit(newModel(), split, { ...options, runDirectory: killed, callbacks: [dies] })).rejects.toThrow(
      'killed',
    );
    writeFileSync(join(killed, 'metrics.jsonl'), '{"event":"epoch","epo', { flag: 'a' }); // a torn line
    const resumed = newModel();
    await fit(resumed, split, { ...options, runDirectory: killed, resume: true });
    expect(weightsOf(resumed)).toEqual(weightsOf(uninterrupted));
    expect(logOf(killed)).toEqual(logOf(whole));
  });

  it('skips a damaged checkpoint, says so, and resumes from the one before', async () => {
    const runDirectory = newRun();
    const uninterrupted = newModel();
    const alwaysBest = { protocol: 'full', every: 100 } as const; // one validation, at the end
    await fit(uninterrupted, split, { ...options, validation: alwaysBest, runDirectory: newRun() });
    await fit(newModel(), split, { ...options, validation: alwaysBest, runDirectory, maxSteps: 2 * batches + 1 });
    const newest = readdirSync(join(runDirectory, 'checkpoints')).sort().at(-1)!;
    const path = join(runDirectory, 'checkpoints', newest, 'weights.bin');
    const content = readFileSync(path);
    content[10] ^= 1;
    writeFileSync(path, content);
    const refused: string[] = [];
    const resumed = newModel();
    const callbacks = [
      {
        onResume: (record: ResumeRecord) => {
          refused.push(...record.refused.map(({ reason }) => reason));
        },
      },
    ];
    await fit(resumed, split, {
      ...options,
      validation: alwaysBest,
      runDirectory,
      resume: true,
      callbacks,
    });
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/weights\.bin: does not match its sha256/);
    expect(weightsOf(resumed)).toEqual(weightsOf(uninterrupted));
  });

  it('saves a checkpoint and returns when its signal is aborted', async () => {
    const runDirectory = newRun();
    const controller = new AbortController();
    const callbacks = [
      {
        onStep: ({ step }: { step: number }) => {
          if (step === 6) controller.abort();
        },
      },
    ];
    const result = await fit(newModel(), split, { ...options, runDirectory, signal: controller.signal, callbacks });
    expect(result).toMatchObject({ stopped: 'aborted', steps: 6 });
    expect(readdirSync(join(runDirectory, 'checkpoints'))).toContain('step-0000000006');
  });

  it('resumes a run that was killed before its first checkpoint from its beginning', async () => {
    const [whole, killed] = [newRun(), newRun()];
    const uninterrupted = newModel();
    await fit(uninterrupted, split, { ...options, runDirectory: whole });
    await fit(newModel(), split, { ...options, runDirectory: killed, maxSteps: 3 });
    rmSync(join(killed, 'checkpoints'), { recursive: true });
    mkdirSync(join(killed, 'checkpoints', '.partial-step-0000000000-x'), { recursive: true });
    const resumed = newModel();
    await fit(resumed, split, { ...options, runDirectory: killed, resume: true });
    expect(weightsOf(resumed)).toEqual(weightsOf(uninterrupted));
    expect(readdirSync(join(killed, 'checkpoints')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('refuses a directory that a live process uses, and takes over that of a dead one', async () => {
    const runDirectory = newRun();
    let second: Promise<unknown> | undefined;
    const callbacks = [
      {
        onStep: () => {
          second ??= fit(newModel(), split, { ...options, runDirectory, resume: true }).catch(String);
        },
      },
    ];
    await fit(newModel(), split, { ...options, epochs: 1, runDirectory, callbacks });
    expect(await second).toContain(`FileError: ${runDirectory}: is in use by process ${process.pid}`);
    expect(readdirSync(runDirectory).filter((name) => name.startsWith('in-use'))).toEqual([]);

    const live = (pid: number, rest = '') => join(runDirectory, `in-use-by-${pid}${rest}@${hostname()}`);
    const dead = spawnSync('true').pid;
    for (const path of [live(dead), live(dead, '-1'), live(process.pid, '-1')]) writeFileSync(path, '');
    await fit(newModel(), split, { ...options, epochs: 1, runDirectory, resume: true });
    expect(readdirSync(runDirectory).filter((name) => name.startsWith('in-use'))).toEqual([]);
    const mark = join(runDirectory, 'in-use-by-1@elsewhere');
    writeFileSync(mark, '');
    const renewal = setInterval(() => writeFileSync(mark, String(performance.now())), 50);
    await expect(fit(newModel(), split, { ...options, epochs: 1, runDirectory, resume: true })).rejects.toThrow(
      /is in use by process 1@elsewhere. If that process is gone, remove .*in-use-by-1@elsewhere/,
    );
    clearInterval(renewal);
  });

  it('records every resolved option, versions, backend and the data', async () => {
    const runDirectory = newRun();
    await fit(newModel(), split, { ...options, epochs: 1, runDirectory, runInfo: { from: 'a test' } });
    const config = JSON.parse(readFileSync(join(runDirectory, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      format: 1,
      model: { name: 'LastItemModel', maxLength: 6 },
      fit: {
        epochs: 1,
        seed: 4,
        batchSize: 16,
        adam: { beta1: 0.9, beta2: 0.98 },
        schedule: { kind: 'constant' },
        sampling: 'epoch',
      },
      loss: { name: 'binary-cross-entropy', numNegatives: 1 },
      data: { users: 60, items: split.catalog.ids.length, interactions: split.train.items.length },
      engine: engineName(),
      info: { from: 'a test' },
    });
    expect(config.data.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(config.versions)).toEqual(['@recsys/training', '@tensorflow/tfjs-core', 'node']);
  });

  it('refuses a directory that holds a run, another option or other data on resume, and one without a run', async () => {
    const runDirectory = newRun();
    await fit(newModel(), split, { ...options, epochs: 1, runDirectory });
    await expect(fit(newModel(), split, { ...options, runDirectory })).rejects.toThrow('already holds a run');
    await expect(fit(newModel(), split, { ...options, runDirectory, resume: true })).rejects.toThrow(
      'another fit.epochs: the run has 1, got 6',
    );
    const other = smallSplit({ users: 61 });
    await expect(
      fit(new LastItemModel({ catalog: other.catalog, maxLength: 6 }), other, {
        ...options,
        epochs: 1,
        runDirectory,
        resume: true,
      }),
    ).rejects.toThrow('another data.');
    await expect(fit(newModel(), split, { ...options, runDirectory: newRun(), resume: true })).rejects.toThrow(
      'holds no run',
    );
  });
});
