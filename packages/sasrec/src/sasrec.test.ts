import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyBatch, itemIds, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { wiringNames } from '@recsys/layers';
import { type BackendName, selectBackend } from '@recsys/model';
import { evaluate, fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest';
import { fewestWeights } from './config.js';
import type { SASRecOptions } from './options.js';
import { preset } from './presets.js';
import { SASRec } from './sasrec.js';

await selectBackend({ prefer: (process.env.RECSYS_TEST_BACKEND ?? 'cpu') as BackendName });

const root = mkdtempSync(join(tmpdir(), 'recsys-sasrec-'));
afterAll(() => rmSync(root, { recursive: true }));

const catalog = itemIds(Array.from({ length: 12 }, (_, i) => `item-${i + 1}`));
const newModel = (options: Partial<SASRecOptions> = {}) =>
  new SASRec({ catalog, maxLength: 5, hiddenUnits: 8, dropoutRate: 0.2, seed: 1, ...options });
const names = (model: SASRec) => model.trainableWeights().map(({ name }) => name);
const encode = (model: SASRec, ...histories: number[][]) =>
  tf.tidy(() =>
    model
      .encode(
        historyBatch(
          histories.map((history) => Int32Array.from(history)),
          { maxLength: 5 },
        ),
        { training: false, step: 0 },
      )
      .arraySync(),
  );
const close = (a: number[][], b: number[][]) => {
  expect(a.length).toBe(b.length);
  a.flat().forEach((value, i) => {
    expect(Math.abs(value - b.flat()[i])).toBeLessThan(1e-5);
  });
};

describe('SASRec.encode', () => {
  it.each(wiringNames)('%s: a state depends on its own past alone, not on later items or other sequences', (wiring) => {
    const model = newModel({ wiring, numHeads: 2, positions: false });
    const together = encode(model, [1, 2, 3, 4], [5], [6, 7]);
    close(together.slice(0, 4), encode(model, [1, 2, 3, 4]));
    close(together.slice(4, 5), encode(model, [5]));
    close(together.slice(0, 3), encode(model, [1, 2, 3]));
  });

  it.each(wiringNames)('%s: the newest state alone is the last of all states, on each backend', async (wiring) => {
    for (const prefer of ['simd', 'cpu'] as const) {
      await selectBackend({ prefer });
      for (const options of [
        { numHeads: 2, positions: 'sinusoidal' },
        { residuals: false },
        { numBlocks: 0 },
        { numBlocks: 1, activation: 'gelu', feedForwardUnits: 5 },
      ] as const) {
        const model = newModel({ wiring, ...options });
        const histories = [[1, 2, 3, 4], [5], [6, 7]];
        const batch = historyBatch(
          histories.map((history) => Int32Array.from(history)),
          { maxLength: 5 },
        );
        const newest = tf.tidy(() => model.encodeNewest(batch).arraySync());
        close(
          newest,
          histories.map((history) => encode(model, history).at(-1)!),
        );
        model.dispose();
      }
    }
    await selectBackend();
  });

  it('sees only the newest maxLength items', () => {
    const model = newModel();
    close(encode(model, [9, 8, 1, 2, 3, 4, 5]), encode(model, [1, 2, 3, 4, 5]));
  });

  it('knows the places of items, unless positions are off', () => {
    const last = (model: SASRec, ...history: number[]) => encode(model, history).at(-1)!;
    const swapped = (positions: boolean) => {
      const model = newModel({ positions, numBlocks: 1 });
      return Math.max(...last(model, 1, 2, 3).map((value, i) => Math.abs(value - last(model, 2, 1, 3)[i])));
    };
    expect(swapped(true)).toBeGreaterThan(1e-3);
    expect(swapped(false)).toBeLessThan(1e-5);
  });
});

describe('the options of SASRec', () => {
  it('change its weights as the ablations of the paper do', () => {
    const [base] = [names(newModel())];
    expect(base).toHaveLength(2 + 2 * 14 + 2);
    expect(names(newModel({ positions: false }))).toEqual(base.filter((name) => !name.startsWith('position')));
    expect(names(newModel({ numBlocks: 0 }))).toEqual(base.filter((name) => !name.startsWith('block')));
    expect(names(newModel({ sharedItemEmbedding: false }))).toEqual([...base, 'outputEmbedding.embeddings']);
    expect(names(newModel({ wiring: 'pre-norm' }))).toContain('block1.attention.output.kernel');
    expect(names(newModel({ wiring: 'shared-norm' })).filter((name) => name.includes('block0.norm'))).toEqual([
      'block0.norm.gamma',
      'block0.norm.beta',
    ]);
  });

  it('change its feed-forward networks', () => {
    const shapes = (options: Partial<SASRecOptions>) =>
      newModel({ numBlocks: 1, ...options })
        .trainableWeights()
        .filter(({ name }) => /ffn\..*kernel/.test(name))
        .map(({ variable }) => variable.shape);
    expect(shapes({})).toEqual([
      [8, 8],
      [8, 8],
    ]);
    expect(shapes({ feedForwardUnits: 5, activation: 'gelu' })).toEqual([
      [8, 5],
      [5, 8],
    ]);
    expect(shapes({ wiring: 'ligr' })).toEqual([
      [8, 32],
      [32, 8],
      [8, 32],
    ]);
    expect(shapes({ wiring: 'ligr', activation: 'relu', feedForwardUnits: 8 })).toEqual([
      [8, 8],
      [8, 8],
    ]);
    const states = (['relu', 'gelu', 'silu', 'swiglu'] as const).map((activation) =>
      encode(newModel({ activation }), [1, 2]),
    );
    expect(new Set(states.map(String)).size).toBe(4);
  });

  it('count its weights before they are made', () => {
    for (const options of [
      {},
      { wiring: 'ligr' },
      { activation: 'swiglu', feedForwardUnits: 9 },
      { positions: 'sinusoidal' },
    ] as const) {
      const model = newModel({ hiddenUnits: 64, ...options });
      const weights = model.trainableWeights().filter(({ name }) => !/bias|gamma|beta/.test(name));
      const given = weights.reduce((sum, { variable }) => sum + variable.size, 0);
      expect(fewestWeights(model.config)).toBe(given);
    }
  });

  it('take sines and cosines as position embeddings', () => {
    const model = newModel({ positions: 'sinusoidal', numBlocks: 0, dropoutRate: 0 });
    expect(names(model).filter((name) => name.startsWith('position'))).toEqual([]);
    const [table] = model.trainableWeights().map(({ variable }) => variable.arraySync() as number[][]);
    // The newest of two items has position 4 of 0 .. 4; wavelengths of columns 2i and 2i + 1 are 2π · 10000^(2i / 8).
    const inputs = [
      [3, 1],
      [4, 2],
    ].map(([position, item]) =>
      table[item].map((value, u) => Math.sqrt(8) * value + (u % 2 ? Math.cos : Math.sin)(position / 10 ** (u >> 1))),
    );
    const normalized = inputs.map((row) => {
      const mean = row.reduce((sum, value) => sum + value) / 8;
      const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8);
      return row.map((value) => (value - mean) / deviation);
    });
    close(encode(model, [1, 2]), normalized);
  });

  it('make scores cosines over the temperature', () => {
    const model = newModel({ similarity: 'cosine', temperature: 0.1 });
    for (const state of encode(model, [1, 2, 3])) expect(Math.hypot(...state)).toBeCloseTo(10, 4);
    const dot = newModel();
    const [scores, plain] = [model, dot].map((model) => encode(model, [1, 2, 3]).at(-1)!);
    const cosine = scores.reduce((sum, value, i) => sum + value * plain[i], 0) / 10 / Math.hypot(...plain);
    expect(cosine).toBeCloseTo(1, 5); // the same direction
    expect(Math.max(...model.recommend(['item-1'], { k: 11 }).map(({ score }) => Math.abs(score)))).toBeLessThan(10);
  });

  it('turn residuals off', () => {
    const [with_, without] = [true, false].map((residuals) => encode(newModel({ residuals }), [1, 2, 3]));
    expect(with_).not.toEqual(without);
  });

  it('start the same from one seed and differently from another', () => {
    const weights = (seed: number) =>
      newModel({ seed })
        .trainableWeights()
        .map(({ variable }) => [...variable.dataSync()].join())
        .join();
    expect(weights(1)).toBe(weights(1));
    expect(weights(1)).not.toBe(weights(2));
  });

  it.each([
    [{ hiddenUnits: 50, numHeads: 3 }, 'SASRec: hiddenUnits (50) must be divisible by numHeads (3)'],
    [{ numBlocks: 1_000_000 }, 'SASRec: option numBlocks: Too big: expected number to be <=1000, got 1000000'],
    [{ maxLength: 0 }, 'SASRec: option maxLength'],
    [{ dropoutRate: 1 }, 'SASRec: option dropoutRate'],
    [{ hiddenUnits: Number.NaN }, 'SASRec: option hiddenUnits'],
    [{ wiring: 'other' }, 'SASRec: option wiring'],
    [{ blocks: 2 }, 'SASRec: unknown option blocks'],
    [{ catalog: itemIds([]) }, 'SASRec: option catalog: must be a non-empty map of item ids'],
    [{ catalog: undefined }, 'SASRec: option catalog is missing'],
  ])('refuse %j', (options, message) => {
    expect(() => newModel(options as Partial<SASRecOptions>)).toThrow(message);
  });
});

describe('SASRec, trained', async () => {
  const split = leaveOneOut(
    toSequences(simulateInteractions({ seed: 2, users: 80, items: 15, meanLength: 7 }).interactions),
  );
  const model = new SASRec({
    catalog: split.catalog,
    maxLength: 8,
    hiddenUnits: 16,
    numBlocks: 1,
    dropoutRate: 0.1,
    seed: 3,
  });
  await fit(model, split, { epochs: 20, seed: 1, batchSize: 16, learningRate: 0.005, validation: false });

  it('recommends in outside ids, one history or many, and finds similar items', () => {
    const [a, b] = [['item-1', 'item-2'], ['item-3']];
    const one = model.recommend(a, { k: 3 });
    expect(one).toHaveLength(3);
    expect(one.every(({ item }) => String(item).startsWith('item-') && !a.includes(String(item)))).toBe(true);
    const [first, second] = model.recommendBatch([a, b], { k: 3 });
    expect(first!.map(({ item }) => item)).toEqual(one.map(({ item }) => item));
    expect(second).not.toEqual(first);
    expect(model.similarItems('item-1', { k: 2 })).toHaveLength(2);
  });

  it('filters the catalog, and knows what is popular after it was saved', async () => {
    const inStock = model.filter(['item-3', 'item-5', 'new-today']);
    expect(model.recommend(['item-1'], { candidates: inStock }).map(({ item }) => item)).toHaveLength(2);
    const popular = model.recommend([], { k: 5, fallback: 'popular' });
    const path = join(root, 'with-counts');
    await model.save(path);
    expect((await SASRec.load(path)).recommend([], { k: 5, fallback: 'popular' })).toEqual(popular);
  });

  it('keeps the type of the ids of its catalog', () => {
    const typed = new SASRec({ catalog: itemIds(['1', '2', '3']), hiddenUnits: 2, maxLength: 2 });
    expectTypeOf(typed.recommend(['1'])[0].item).toEqualTypeOf<string>();
    // @ts-expect-error: ids of this catalog are strings
    expect(typed.recommend([1])).toHaveLength(2);
    typed.dispose();
  });

  it('comes back from a file with the same states, scores and figures', async () => {
    const path = join(root, 'model');
    await model.save(path);
    const again = await SASRec.load(path);
    expect(again.config).toEqual(model.config);
    expect(again.recommend(['item-1'])).toEqual(model.recommend(['item-1']));
    const ranks = async (model: SASRec) => [...(await evaluate(model, split.test, { protocol: 'full' })).ranks];
    expect(await ranks(again)).toEqual(await ranks(model));
    await expect(model.save(path)).rejects.toThrow('already exists');
    await expect(SASRec.load(join(root, 'none'))).rejects.toThrow('is no run, checkpoint or saved model');
  });

  it('comes back through any tfjs handler', async () => {
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
      }),
    );
    const again = await SASRec.load(tf.io.fromMemory(artifacts!));
    expect(again.recommend(['item-1'])).toEqual(model.recommend(['item-1']));
  });

  it('loads the best checkpoint of a run', async () => {
    const runDirectory = join(root, 'run');
    const fresh = new SASRec({ ...model.config, seed: 9 });
    await fit(fresh, split, { epochs: 3, seed: 1, batchSize: 16, validation: { protocol: 'full' }, runDirectory });
    expect((await SASRec.load(runDirectory)).recommend(['item-1'])).toEqual(fresh.recommend(['item-1']));
  });

  it('frees all it made, and may be disposed twice', () => {
    const before = tf.memory().numTensors;
    const other = newModel({ sharedItemEmbedding: false });
    encode(other, [1, 2]);
    other.dispose();
    other.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('preset', () => {
  it('has the settings of the paper, other ones for MovieLens-1M', () => {
    expect(preset('paper').model).toMatchObject({
      wiring: 'paper',
      maxLength: 50,
      dropoutRate: 0.5,
      hiddenUnits: 50,
      numBlocks: 2,
      numHeads: 1,
    });
    expect(preset('paper-ml-1m').model).toMatchObject({ maxLength: 200, dropoutRate: 0.2 });
    expect(preset('sasrec-pytorch').fit).toMatchObject({
      adam: { beta2: 0.999 },
      validation: { protocol: 'sampled-per-item', patience: 100 },
    });
    expect(() => preset('best' as 'paper')).toThrow(
      'name must be one of paper, paper-ml-1m, pre-norm, post-norm, sasrec-pytorch, got best',
    );
  });
});
