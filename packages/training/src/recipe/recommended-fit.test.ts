import { countData, countTrainBatches, type UserSequences } from '@recsys/data';
import { describe, expect, it } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend } from '../../../../test/support/models.js';
import { popularityBaseline } from '../baselines/index.js';
import { evaluate } from '../evaluation/evaluate.js';
import { fit } from '../fit/fit.js';
import { recommendedSettings } from './recommended-fit.js';

await useTestBackend();

/** Sequences of `users` users with `length` items each, drawn from `items`. */
const sequencesOf = (users: number, length: number, items: number): UserSequences => {
  const offsets = Uint32Array.from({ length: users + 1 }, (_, user) => user * length);
  return {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from({ length: users * length }, (_, i) => 1 + ((i * 7919) % items)),
    users: { ids: Array.from({ length: users }, (_, i) => i), first: 0 },
    catalog: { ids: Array.from({ length: items }, (_, i) => i), first: 1 },
  };
};
const size = { maxLength: 50, hiddenUnits: 128, numBlocks: 2 };

describe('recommendedSettings', () => {
  it('ranks all items in the loss while that is affordable, and shares negatives where it is not', () => {
    expect(recommendedSettings(sequencesOf(20_000, 8, 10_000), size).loss).toEqual({ name: 'cross-entropy' });
    expect(recommendedSettings(sequencesOf(20_000, 8, 200_000), size).loss).toMatchObject({
      name: 'shared-cross-entropy',
      logQ: true,
    });
  });

  it('keeps its budget: more interactions have fewer epochs', () => {
    const epochs = [1, 10, 100].map((times) => recommendedSettings(sequencesOf(2000 * times, 20, 5000), size).epochs);
    expect(epochs[0]).toBeGreaterThan(epochs[1]);
    expect(epochs[1]).toBeGreaterThan(epochs[2]);
    expect(epochs[2]).toBeGreaterThanOrEqual(1);
  });

  it('takes enough steps where there is little data', () => {
    const few = sequencesOf(200, 30, 500);
    const { epochs, batchSize, windows } = recommendedSettings(few, size);
    const steps = epochs * countTrainBatches(few, { batchSize, windows, maxLength: 50 });
    expect(steps).toBeGreaterThanOrEqual(4000);
    expect(batchSize).toBe(16);
  });

  it('validates about twenty times, by all items, on a sample of many users', () => {
    const { epochs, validation } = recommendedSettings(sequencesOf(20_000, 8, 10_000), size);
    expect(Math.ceil(epochs / validation.every)).toBeGreaterThanOrEqual(15);
    expect(validation).toMatchObject({ protocol: 'full', sampleTargets: 10_000 });
    expect(recommendedSettings(sequencesOf(2000, 8, 1000), size).validation).not.toHaveProperty('sampleTargets');
  });

  it('validates as often where the epochs are given', () => {
    const { epochs, validation } = recommendedSettings(sequencesOf(2000, 8, 1000), size, { epochs: 3 });
    expect([epochs, validation.every]).toEqual([3, 1]);
  });

  it('depends on counts alone', () => {
    const sequences = sequencesOf(3000, 12, 800);
    const other = { ...sequences, items: sequences.items.map((item) => 801 - item) };
    expect(countData(other)).toEqual(countData(sequences));
    expect(recommendedSettings(other, size)).toEqual(recommendedSettings(sequences, size));
  });
});

describe('fit without options', () => {
  it('trains by the recipe', async () => {
    const split = smallSplit();
    const model = new LastItemModel({ catalog: split.catalog, maxLength: 6 });
    const { epochs, stopped } = await fit(model, split, { callbacks: [] });
    expect({ epochs, stopped }).toEqual({
      epochs: recommendedSettings(split.train, model.config).epochs,
      stopped: 'epochs',
    });
    const ndcg = async (subject: Parameters<typeof evaluate>[0]) =>
      (await evaluate(subject, split.validation, { protocol: 'full' })).metrics['ndcg@10'].value;
    expect(await ndcg(model)).toBeGreaterThan(await ndcg(popularityBaseline(split.train)));
  }, 60_000);
});
