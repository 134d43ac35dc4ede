import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { evaluate } from '../evaluation/evaluate.js';
import { RunDirectory } from '../runs/index.js';
import { fit } from './fit.js';
import { type FitOptions, fitSettingsSchema, recordedSettings } from './fit-options.js';
import { WeightAverage } from './weight-average.js';

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-average-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'run');

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const options: FitOptions = {
  epochs: 5,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};
const batches = 4; // 60 users in batches of 16

/** The mean of lists of numbers whose weights are decay^(n - 1), …, decay, 1. */
const meanOf = (lists: readonly number[][], decay: number): number[] => {
  const weights = lists.map((_, i) => decay ** (lists.length - 1 - i));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return lists[0].map((_, j) => lists.reduce((sum, list, i) => sum + weights[i] * list[j], 0) / total);
};
const expectNear = (actual: readonly number[], expected: readonly number[]): void =>
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-6);
  });

describe('WeightAverage', () => {
  it('is the mean with geometric weights, and gives the weights back', () => {
    const variable = tf.variable(tf.tensor1d([0, 0]));
    const average = new WeightAverage([{ name: 'w', variable, isEmbedding: false }], 0.75);
    expect(average.show()).toBeUndefined();
    const all = [
      [1, 8],
      [3, -2],
      [-4, 0.5],
    ];
    for (const values of all) {
      tf.tidy(() => variable.assign(tf.tensor1d(values)));
      average.add();
    }
    const shown = average.show();
    expectNear([...variable.dataSync()], meanOf(all, 0.75));
    average.hide(shown);
    expect([...variable.dataSync()]).toEqual([-4, 0.5]);
  });
});

describe('fit with averaged weights', () => {
  it.each([undefined, 3])('leaves the mean of the weights of training in the model: steps %s', async (steps) => {
    const [plain, model] = [newModel(), newModel()];
    const seen: number[][] = [];
    const look = {
      onStep: ({ step }: { step: number }) => {
        if (step % (steps ?? batches) === 0) seen.push(weightsOf(plain));
      },
    };
    await fit(plain, split, { ...options, validation: false, callbacks: [look] });
    await fit(model, split, { ...options, validation: false, weightAverage: { decay: 0.8, ...(steps && { steps }) } });
    expect(seen).toHaveLength(Math.floor((5 * batches) / (steps ?? batches)));
    expectNear(weightsOf(model), meanOf(seen, 0.8));
    expect(weightsOf(plain)).toEqual(seen.length === 5 ? seen.at(-1) : weightsOf(plain));
  });

  it('validates averaged weights, trains as without, and keeps the best average, on disk too', async () => {
    const runDirectory = newRun();
    const [plain, model] = [newModel(), newModel()];
    const without = await fit(plain, split, options);
    const { best, history } = await fit(model, split, { ...options, runDirectory, weightAverage: { decay: 0.9 } });
    expect(history.map(({ loss }) => loss)).toEqual(without.history.map(({ loss }) => loss));
    expect(history[0].validation).toEqual(without.history[0].validation);
    expect(history[3].validation).not.toEqual(without.history[3].validation);
    const ndcgOf = async (model: LastItemModel) =>
      (await evaluate(model, split.validation, { protocol: 'full' })).metrics['ndcg@10'].value;
    expect(await ndcgOf(model)).toBe(best!.value);
    const run = await RunDirectory.open(runDirectory);
    const { artifacts, average } = await run.readCheckpoint(`step-${String(best!.epoch * batches).padStart(10, '0')}`);
    expect(average!.count).toBe(best!.epoch);
    expect([...new Float32Array(artifacts.weightData as ArrayBuffer)]).toEqual(weightsOf(model));
  });

  it.each(
    [{ decay: 0.8 }, { decay: 0.8, steps: 3 }].flatMap((weightAverage) =>
      [1, batches, batches + 2, 3 * batches - 1].map((maxSteps) => ({ weightAverage, maxSteps })),
    ),
  )('stopped and resumed, ends bit for bit as one that was not: %o', async ({ weightAverage, maxSteps }) => {
    for (const validation of [options.validation, false] as const) {
      const settings = { ...options, weightAverage, validation };
      const [whole, parts] = [newRun(), newRun()];
      const uninterrupted = newModel();
      await fit(uninterrupted, split, { ...settings, runDirectory: whole });
      await fit(newModel(), split, { ...settings, runDirectory: parts, maxSteps });
      const resumed = newModel();
      await fit(resumed, split, { ...settings, runDirectory: parts, resume: true });
      expect(weightsOf(resumed)).toEqual(weightsOf(uninterrupted));
      const logs = [whole, parts].map((run) => readFileSync(join(run, 'metrics.jsonl'), 'utf8'));
      expect(logs[1]).toBe(logs[0]);
    }
  });

  it('leaves as many tensors as it found, and refuses a decay out of range', async () => {
    const model = newModel();
    await fit(model, split, { ...options, epochs: 1 });
    const before = tf.memory().numTensors;
    await fit(model, split, { ...options, epochs: 2, weightAverage: {}, runDirectory: newRun() });
    expect(tf.memory().numTensors).toBe(before);
    await expect(fit(model, split, { ...options, weightAverage: { decay: 1 } })).rejects.toThrow('weightAverage');
  });
});

describe('recordedSettings', () => {
  it('fills in options that are newer than the record, and leaves what it does not know', () => {
    const { weightAverage: _, ...older } = fitSettingsSchema.parse({ epochs: 1, seed: 1 });
    expect(recordedSettings(older)).toEqual({ ...older, weightAverage: false });
    expect(recordedSettings({ ...older, unknown: 1 })).toEqual({ ...older, unknown: 1 });
  });
});
