import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { fit } from '../fit/fit.js';
import type { FitOptions } from '../fit/fit-options.js';
import { createLoss } from '../losses/index.js';
import { ranksInProcess } from './test-ranks.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-parts-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'run');

const split = smallSplit();
const newModel = (dropoutRate = 0.2) => new LastItemModel({ catalog: split.catalog, maxLength: 6, dropoutRate });
const options: FitOptions = {
  epochs: 3,
  seed: 4,
  batchSize: 8,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};

/** Trains one model in one process. */
const alone = async (more: Partial<FitOptions>, model = newModel()) => {
  const result = await fit(model, split, { ...options, ...more });
  return { weights: weightsOf(model), result };
};

/** Trains a model on each of several ranks; `of` has options of one of them. */
const together = async (
  size: number,
  more: Partial<FitOptions>,
  of: (rank: number) => Partial<FitOptions> = () => ({}),
) =>
  Promise.all(
    ranksInProcess(size).map(async (communicator, rank) => {
      const model = newModel();
      const result = await fit(model, split, { ...options, ...more, ...of(rank), communicator });
      return { weights: weightsOf(model), result };
    }),
  );

const logOf = (run: string) => readFileSync(join(run, 'metrics.jsonl'), 'utf8');

describe('a batch in parts', () => {
  it.each([
    ['gbce', { numNegatives: 4 }, { clipNorm: 0.1 }],
    ['sampled-softmax', { numNegatives: 4 }, { embeddingL2: 0.01 }],
    ['cross-entropy', {}, { weightAverage: { decay: 0.5 } }],
    ['shared-cross-entropy', { numNegatives: 4 }, { adam: { weightDecay: 0.1 } }],
  ] as const)('has the gradients of a whole batch, with loss %s', async (loss, lossOptions, more) => {
    const settings = { ...more, loss: createLoss(loss, lossOptions), epochs: 1 };
    const inParts = await alone({ ...settings, parts: 3 }, newModel(0));
    const whole = await alone({ ...settings, batchSize: 24 }, newModel(0));
    expect(inParts.result.steps).toBe(3); // 60 users in batches of 3 · 8
    const differences = inParts.weights.map((weight, i) => Math.abs(weight - whole.weights[i]));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
    expect(inParts.result.history[0].loss).toBeCloseTo(whole.result.history[0].loss, 6);
  });

  it('has dropout masks of its own in each part', async () => {
    const [first, second] = [await alone({ parts: 2, epochs: 1 }), await alone({ batchSize: 16, epochs: 1 })];
    expect(first.result.history[0].loss).not.toBeCloseTo(second.result.history[0].loss, 4);
  });

  it('may have fewer sequences than parts', async () => {
    const inParts = await alone({ batchSize: 7, parts: 8, epochs: 1 }, newModel(0)); // the last batch has 4 users
    const whole = await alone({ batchSize: 56, epochs: 1 }, newModel(0));
    inParts.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(whole.weights[i], 6);
    });
  });
});

describe('ranks that train together', () => {
  it.each([2, 3])('%i of them have the bits of one process with as many parts', async (size) => {
    const more = { clipNorm: 0.5, loss: createLoss('gbce', { numNegatives: 4 }) };
    const expected = await alone({ ...more, parts: size });
    for (const { weights, result } of await together(size, more)) {
      expect(weights).toEqual(expected.weights);
      expect(result).toEqual(expected.result);
    }
    expect(expected.result.history.every(({ gradientBytes }) => gradientBytes! > 1000)).toBe(true);
  });

  it('write one run, which resumes bit for bit, also in one process', async () => {
    const [whole, onRanks, inOne] = [newRun(), newRun(), newRun()];
    const [undisturbed] = await together(2, { runDirectory: whole });
    await together(2, { runDirectory: onRanks, maxSteps: 6 });
    await together(2, { runDirectory: inOne, maxSteps: 6 });
    const [first, second] = await together(2, { runDirectory: onRanks, resume: true });
    const single = await alone({ parts: 2, runDirectory: inOne, resume: true });
    for (const { weights } of [first, second, single]) expect(weights).toEqual(undisturbed.weights);
    for (const run of [onRanks, inOne]) expect(logOf(run)).toBe(logOf(whole));
    expect(readdirSync(whole).sort()).toEqual(['checkpoints', 'config.json', 'metrics.jsonl']);
  });

  it('do not resume a run of another number of ranks', async () => {
    const runDirectory = newRun();
    await together(2, { runDirectory, maxSteps: 2 });
    await expect(together(3, { runDirectory, resume: true })).rejects.toThrow(
      'cannot be resumed with another fit.parts: the run has 2, got 3',
    );
    await expect(together(3, { parts: 2 })).rejects.toThrow('fit: parts must be the number of ranks, 3, got 2');
  });

  it('stop after the same step when one of them is told to', async () => {
    const controller = new AbortController();
    const callbacks = [{ onStep: ({ step }: { step: number }) => step === 3 && controller.abort() }] as never;
    const results = await together(3, {}, (rank) => (rank === 1 ? { signal: controller.signal, callbacks } : {}));
    expect(results.map(({ result }) => [result.stopped, result.steps])).toEqual(Array(3).fill(['aborted', 4]));
    let milliseconds = 0;
    const clock = () => {
      milliseconds += 100;
      return milliseconds;
    };
    const late = await together(2, { validation: false }, (rank) => (rank === 1 ? { clock, maxSeconds: 0.5 } : {}));
    expect(late.map(({ result }) => result.stopped)).toEqual(['seconds', 'seconds']);
    expect(late[0].result.steps).toBe(late[1].result.steps);
  });

  it.each([
    ['settings', { learningRate: 0.5 }, 'fit: fit.learningRate is 0.02 on rank 0 and 0.5 on rank 1; all ranks need'],
    ['losses', { loss: createLoss('gbce', { numNegatives: 4 }) }, 'fit: loss.name is "binary-cross-entropy" on rank 0'],
  ])('refuse other %s on one of them', async (_, own, message) => {
    const runs = together(2, {}, (rank) => (rank === 1 ? own : {}));
    await expect(runs).rejects.toThrow(
      expect.objectContaining({ code: 'ranks-differ', message: expect.stringContaining(message) }),
    );
  });

  it('refuse other data on one of them, and weights that are no longer the same', async () => {
    const fitOn = (other: typeof split, more: Partial<FitOptions>) =>
      Promise.all(
        ranksInProcess(2).map((communicator, rank) =>
          fit(new LastItemModel({ catalog: split.catalog, maxLength: 6 }), rank === 1 ? other : split, {
            ...options,
            ...more,
            communicator,
          }),
        ),
      );
    const { train } = split;
    const shorter = { ...split, train: { ...train, ends: train.ends.map((end, row) => (row === 0 ? end - 1 : end)) } };
    await expect(fitOn(shorter, {})).rejects.toThrow('fit: data.fingerprint is ');
    const from = newModel();
    const [{ variable }] = from.trainableWeights();
    tf.tidy(() => variable.assign(tf.add(variable, 1e-7)));
    const weights = together(2, {}, (rank) => (rank === 1 ? { from } : {}));
    await expect(weights).rejects.toThrow('fit: the checksum of the weights after step 4 is ');
  });
});
