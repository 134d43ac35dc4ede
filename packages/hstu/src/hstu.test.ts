import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyBatch, itemIds, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { type BackendName, selectBackend } from '@recsys/model';
import { crossEntropy, evaluate, fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { HSTU } from './hstu.js';
import type { HSTUOptions } from './options.js';
import { preset, presetNames } from './presets.js';

await selectBackend({ prefer: (process.env.RECSYS_TEST_BACKEND ?? 'cpu') as BackendName });

const root = mkdtempSync(join(tmpdir(), 'recsys-hstu-'));
afterAll(() => rmSync(root, { recursive: true }));

const catalog = itemIds(Array.from({ length: 12 }, (_, i) => `item-${i + 1}`));
const newModel = (options: Partial<HSTUOptions> = {}) =>
  new HSTU({ catalog, maxLength: 5, hiddenUnits: 8, seed: 1, ...options });
const names = (model: HSTU) => model.trainableWeights().map(({ name }) => name);
const batchOf = (items: number[], times?: number[], at = 1e6) =>
  historyBatch([Int32Array.from(items)], {
    maxLength: 5,
    times: times && { times: [Float64Array.from(times)], at: [at] },
  });
const newest = (model: HSTU, ...batch: Parameters<typeof batchOf>): Float32Array =>
  tf.tidy(() =>
    model
      .encodeNewest(batchOf(...batch))
      .dataSync<'float32'>()
      .slice(),
  );
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe('HSTU.encode', () => {
  it('depends on the times between items and on the time of the request, with timeBias alone', () => {
    const model = newModel();
    const state = newest(model, [1, 2, 3], [0, 60, 120], 180);
    expect(distance(state, newest(model, [1, 2, 3], [0, 60, 120], 1e6))).toBeGreaterThan(1e-4);
    expect(distance(state, newest(model, [1, 2, 3], [-1e6, 60, 120], 180))).toBeGreaterThan(1e-4);
    expect(distance(state, newest(model, [1, 2, 3], [5000, 5060, 5120], 5180))).toBe(0); // only differences count
    const without = newModel({ timeBias: false });
    expect(distance(newest(without, [1, 2, 3]), newest(without, [1, 2, 3], [0, 60, 120], 1e6))).toBe(0);
  });

  it('refuses a batch without times where it uses them, and says what to do', () => {
    expect(() => newest(newModel(), [1, 2])).toThrow(
      expect.objectContaining({
        code: 'no-times',
        message: expect.stringMatching(/^HSTU.encodeNewest: the batch has no times. Set timeBias/),
      }),
    );
  });

  it('counts positions from the oldest item that it sees', () => {
    const model = newModel({ timeBias: false });
    const first = (...items: number[]) =>
      tf.tidy(() => model.encode(batchOf(items), { training: false, step: 0 }).dataSync<'float32'>().slice(0, 8));
    expect(distance(first(1), first(1, 2, 3))).toBeLessThan(1e-5); // in SASRec, the position of an item changes with each new one
    expect(distance(first(9, 1, 2, 3, 4, 5), first(1, 2, 3, 4, 5))).toBeLessThan(1e-5);
  });

  it('has states of length 1 / temperature and item vectors of length 1 for cosines', () => {
    const model = newModel({ timeBias: false, temperature: 0.1 });
    expect(Math.hypot(...newest(model, [1, 2, 3]))).toBeCloseTo(10, 4);
    const lengths = tf.tidy(() => tf.norm(model.itemVectors(), 2, 1).dataSync());
    expect(lengths[0]).toBe(0); // the pad
    for (const length of lengths.subarray(1)) expect(length).toBeCloseTo(1, 5);
    const dot = newModel({ timeBias: false, similarity: 'dot' });
    expect(dot.itemVectors().shape).toEqual([13, 8]);
    expect(Math.hypot(...newest(dot, [1, 2, 3]))).not.toBeCloseTo(10, 1);
  });

  it('gives the newest state alone as the last of all, on each backend', async () => {
    const histories = [[1, 2, 3, 4], [5], [6, 7]].map((items) => Int32Array.from(items));
    const times = histories.map(({ length }) => Float64Array.from({ length }, (_, i) => 100 * i ** 3));
    const batch = historyBatch(histories, { maxLength: 5, times: { times, at: [1e5, 1e3, 2e6] } });
    for (const prefer of ['simd', 'cpu'] as const) {
      await selectBackend({ prefer });
      for (const options of [{ numHeads: 2 }, { numBlocks: 0 }, { timeBias: false, attentionUnits: 3 }]) {
        const model = newModel(options);
        const all = tf.tidy(() => model.encode(batch, { training: false, step: 0 }).arraySync());
        const last = tf.tidy(() => model.encodeNewest(batch).arraySync());
        [3, 4, 6].forEach((row, b) => {
          expect(distance(Float32Array.from(last[b]), Float32Array.from(all[row]))).toBeLessThan(1e-5);
        });
        model.dispose();
      }
    }
    await selectBackend({ prefer: 'cpu' });
  });
});

describe('the options of HSTU', () => {
  it('change its weights', () => {
    expect(names(newModel({ numBlocks: 1 }))).toEqual([
      'itemEmbedding.embeddings',
      'positionEmbedding.embeddings',
      ...['gate.kernel', 'value.kernel', 'query.kernel', 'key.kernel', 'output.kernel', 'output.bias'].map(
        (name) => `block0.${name}`,
      ),
      'block0.positionBias',
      'block0.timeBias',
    ]);
    expect(names(newModel({ timeBias: false }))).not.toContain('block0.timeBias');
  });

  it.each([
    [{ temperature: 0 }, 'HSTU: option temperature: Too small: expected number to be >0, got 0'],
    [{ similarity: 'l2' }, 'HSTU: option similarity: Invalid option: expected one of "cosine"|"dot", got "l2"'],
    [{ attentionUnits: 0 }, 'HSTU: option attentionUnits: Too small'],
    [{ wiring: 'paper' }, 'HSTU: unknown option wiring'],
    [{ hiddenUnits: 1e9 }, 'weights; at most 2^30 (4 GiB) can be held'],
    [{ catalog: undefined }, 'HSTU: option catalog is missing'],
  ])('refuse %j', (options, message) => {
    expect(() => newModel(options as Partial<HSTUOptions>)).toThrow(message);
  });
});

describe('HSTU, trained', async () => {
  const sequences = toSequences(simulateInteractions({ seed: 2, users: 80, items: 15, meanLength: 7 }).interactions);
  const split = leaveOneOut(sequences);
  const create = () => new HSTU({ catalog: split.catalog, maxLength: 8, hiddenUnits: 16, numBlocks: 1, seed: 3 });
  const training = { seed: 1, batchSize: 16, learningRate: 0.005, loss: crossEntropy() };
  const model = create();
  await fit(model, split, { ...training, epochs: 10, validation: false });

  it('refuses data without times, in training and in evaluation', async () => {
    const { timestamps: _, ...without } = sequences;
    const untimed = leaveOneOut(without);
    const advice = /HSTU uses times, and the data has none. Set timeBias/;
    await expect(fit(create(), untimed, { ...training, epochs: 1 })).rejects.toThrow(advice);
    await expect(evaluate(model, untimed.test, { protocol: 'full' })).rejects.toThrow(advice);
  });

  it('recommends with the times of a history, at the time of the request, which is now by default', () => {
    const at = Date.now() / 1000;
    const times = [at - 7200, at - 60];
    const list = model.recommend(['item-1', 'item-2'], { times, at, k: 3 });
    expect(list).toHaveLength(3);
    const clock = vi.spyOn(Date, 'now').mockReturnValue(1000 * at);
    expect(model.recommend(['item-1', 'item-2'], { times, k: 3 })).toEqual(list);
    clock.mockRestore();
    const later = model.recommend(['item-1', 'item-2'], { times, at: at + 1e7, k: 3 });
    expect(later.map(({ score }) => score)).not.toEqual(list.map(({ score }) => score));
    const both = model.recommendBatch([['item-1', 'item-2'], ['item-3']], { times: [times, [at - 5]], at, k: 3 });
    expect(both[0].map(({ item }) => item)).toEqual(list.map(({ item }) => item));
    const each = { times: [times, [at - 5]], at: [at + 1e7, at], k: 3 };
    expect(model.recommendBatch([['item-1', 'item-2'], ['item-3']], each)[0][0].score).toBeCloseTo(later[0].score, 4);
  });

  it('skips the times of items that it does not know, and needs none for a fallback', () => {
    const options = { at: 1.7e9, onUnknownItems: () => undefined };
    const skipped = model.recommend(['item-1', 'new', 'item-2'], { ...options, times: [1e9, 2e9, 1.6e9] });
    expect(skipped).toEqual(model.recommend(['item-1', 'item-2'], { at: 1.7e9, times: [1e9, 1.6e9] }));
    expect(model.recommend([], { fallback: 'popular' })).toHaveLength(10);
  });

  it.each([
    [{}, 'recommend: HSTU uses the times of the items of a history. Set times to give them, in seconds.'],
    [{ times: [1] }, 'recommend: times must have a number for each of the 2 items of the history'],
    [{ times: [1, Number.NaN] }, 'times must have a number for each'],
    [{ times: [1, 2], at: Number.NaN }, 'at must be a number'],
  ])('refuses %j', (options, message) => {
    expect(() => model.recommend(['item-1', 'item-2'], options)).toThrow(message);
  });

  it('finds similar items, and keeps the type of the ids of its catalog', () => {
    expect(model.similarItems('item-1', { k: 2 })).toHaveLength(2);
    const typed = new HSTU({ catalog: itemIds(['1', '2']), hiddenUnits: 2, maxLength: 2, timeBias: false });
    expectTypeOf(typed.recommend(['1'])[0].item).toEqualTypeOf<string>();
    typed.dispose();
  });

  it('comes back from a file with the same scores and figures', async () => {
    const path = join(root, 'model');
    await model.save(path);
    const again = await HSTU.load(path);
    expect(again.config).toEqual(model.config);
    const ranks = async (model: HSTU) => [...(await evaluate(model, split.test, { protocol: 'full' })).ranks];
    expect(await ranks(again)).toEqual(await ranks(model));
  });

  it('resumes a run to the same weights as one that was not stopped', async () => {
    const run = async (runDirectory: string, stops: number[]) => {
      for (const maxSteps of [...stops, undefined]) {
        const model = create();
        const resume = maxSteps !== stops[0];
        const options = { ...training, epochs: 3, runDirectory, validation: false as const, resume };
        await fit(model, split, { ...options, ...(maxSteps && { maxSteps }) });
        if (maxSteps === undefined) return model.trainableWeights().map(({ variable }) => [...variable.dataSync()]);
      }
      throw new Error('unreachable');
    };
    expect(await run(join(root, 'stopped'), [4, 7])).toEqual(await run(join(root, 'whole'), []));
  });
});

describe('preset', () => {
  it('has the settings of the authors for MovieLens-1M', () => {
    expect(preset('ml-1m').model).toMatchObject({ maxLength: 200, hiddenUnits: 50, numBlocks: 2, numHeads: 1 });
    expect(preset('ml-1m-large').model).toMatchObject({ numBlocks: 8, numHeads: 2 });
    for (const name of presetNames) {
      const model = new HSTU({ ...preset(name).model, catalog });
      expect(model.usesTimes).toBe(true);
      model.dispose();
    }
    expect(() => preset('best' as 'ml-1m')).toThrow('name must be one of ml-1m, ml-1m-large, got best');
  });
});
