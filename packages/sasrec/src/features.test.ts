import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  historyBatch,
  itemFeatures,
  itemIds,
  leaveOneOut,
  readInteractions,
  readItemFeatures,
  toSequences,
  trainBatches,
} from '@recsys/data';
import { copyWeights, modelArtifacts, modelScorer } from '@recsys/model';
import { binaryCrossEntropy, crossEntropy, fit, type Loss, sharedCrossEntropy } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { expectClose, useTestBackend } from '../../../test/support/tensors.js';
import { SASRec } from './sasrec.js';

useTestBackend();

const folder = mkdtempSync(join(tmpdir(), 'recsys-features-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two kinds of item; users stay with one kind. Items a4 and b4 are new: no one has met them. */
const kinds = ['a', 'b'].flatMap((kind) => [1, 2, 3, 4].map((n) => ({ id: `${kind}${n}`, kind, size: n, v: [n, 1] })));
const features = itemFeatures(kinds, { categories: ['kind'], numbers: ['size'], vectors: ['v'] });
const rows = Array.from({ length: 60 }, (_, user) =>
  Array.from({ length: 6 }, (_, t) => ({
    user,
    item: `${user % 2 ? 'a' : 'b'}${1 + ((user + 7 * t * t) % 3)}`,
    timestamp: t,
  })),
).flat();
const interactions = await readInteractions(rows);
const split = leaveOneOut(toSequences(interactions, { items: features.ids }));
const small = { hiddenUnits: 8, maxLength: 5, numBlocks: 1, dropoutRate: 0.1, seed: 3 } as const;
const create = (more: object = {}) =>
  new SASRec<string>({ ...small, catalog: split.catalog as never, features, ...more });
const settings = { epochs: 30, seed: 1, batchSize: 16, learningRate: 0.01, validation: false } as const;

describe('SASRec with features', () => {
  it('recommends new items to those who like their kind, and is saved with all it needs', async () => {
    const model = create();
    await fit(model, split, { ...settings, loss: binaryCrossEntropy({ numNegatives: 4 }) });
    for (const kind of ['a', 'b']) {
      const other = kind === 'a' ? 'b' : 'a';
      const history = [`${kind}1`, `${kind}2`];
      const [best] = model.recommend(history, { candidates: ['a4', 'b4'], k: 1 });
      expect(best.item).toBe(`${kind}4`);
      const similar = model.similarItems(`${kind}4`, { k: 7 }).map(({ item }) => item);
      expect(similar).toContain(`${other}4`);
    }
    const path = join(folder, 'saved');
    await model.save(path);
    expect(JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')).userDefinedMetadata.recsys.config).toMatchObject({
      features: { columns: features.columns, dense: features.dense, numEntries: features.entries.length },
    });
    const loaded = await SASRec.load(path);
    expect(loaded.recommend(['a1'], { k: 3 })).toEqual(model.recommend(['a1'], { k: 3 }));
    expect(loaded.config).toEqual(model.config);
    for (const one of [model, loaded]) one.dispose();
  });

  it('takes items that come after training, like the features it knows', async () => {
    const model = create();
    await fit(model, split, settings);
    const more = [...kinds, { id: 'a9', kind: 'a', size: 2, v: [2, 1] }, { id: 'c1', kind: 'c', size: 2, v: [2, 1] }];
    const later = itemFeatures(more, { like: model.config.features! });
    expect(await readItemFeatures(more, { like: model.config.features! })).toEqual(later);
    const { features: _, ...config } = model.config;
    const larger = new SASRec<string>({ ...config, catalog: itemIds(later.ids) as never, features: later });
    expect(copyWeights(larger, model)).toEqual({ kept: 8, added: 2, left: 0 });
    const scoresOf = (one: SASRec<string>, items: string[]) =>
      items.map((id) => one.recommend(['a1', 'a2'], { candidates: [id], k: 1 })[0].score);
    expectClose(scoresOf(larger, ['b1', 'a4']), scoresOf(model, ['b1', 'a4']), 1e-5);
    const [known, brandNew, unknownKind] = scoresOf(larger, ['b4', 'a9', 'c1']);
    expect(brandNew).toBeGreaterThan(known);
    expect(unknownKind).not.toBe(brandNew);

    // New columns start from the mean of the others.
    const wider = itemFeatures(more, { categories: ['kind'], numbers: ['size'], vectors: ['v'] });
    const next = new SASRec({ ...config, catalog: itemIds(wider.ids) as never, features: wider });
    copyWeights(next, model);
    const tableOf = (one: SASRec<never>) => {
      const weight = one.trainableWeights().find(({ name }) => name === 'features.columns.embeddings')!;
      return weight.variable.arraySync() as number[][];
    };
    const [before, after] = [tableOf(model as never), tableOf(next as never)];
    const order = wider.columns.map(({ value }) => features.columns.findIndex((column) => column.value === value));
    expect(order).toEqual([0, 1, -1, 2]); // kinds a, b and c, then size
    expect([after[0], after[1], after[3]]).toEqual(before);
    expectClose(
      after[2],
      before[0].map((_, i) => (before[0][i] + before[1][i] + before[2][i]) / 3),
      1e-6,
    );
    for (const one of [model, larger, next]) one.dispose();
  });

  it.each<[string, Loss]>([
    ['sampled', binaryCrossEntropy({ numNegatives: 3 })],
    ['shared', sharedCrossEntropy({ numNegatives: 3 })],
    ['full', crossEntropy()],
  ])('has the gradients of finite differences with a %s loss', (_, loss) => {
    const model = create({ dropoutRate: 0, hiddenUnits: 4 });
    const [batch] = trainBatches(split.train, {
      batchSize: 3,
      maxLength: 5,
      seed: 1,
      epoch: 1,
      numNegatives: loss.numNegatives,
      sharedNegatives: loss.sharedNegatives ?? false,
    });
    const options = { training: true, step: 1 };
    const lossNow = () => tf.tidy(() => loss.compute(model, model.encode(batch, options), batch, options));
    const weights = model.trainableWeights().filter(({ name }) => /^(itemEmbedding|features)/.test(name));
    expect(weights.map(({ name }) => name)).toEqual([
      'itemEmbedding.embeddings',
      'features.columns.embeddings',
      'features.projection.kernel',
    ]);
    const { grads } = tf.variableGrads(
      lossNow,
      weights.map(({ variable }) => variable),
    );
    for (const { variable } of weights) {
      const at = variable.dataSync<'float32'>().slice();
      const numeric = at.map((_, i) => {
        const lossAt = (step: number) => {
          const moved = at.slice();
          moved[i] += step;
          tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
          return lossNow().dataSync()[0];
        };
        return (lossAt(0.002) - lossAt(-0.002)) / 0.004;
      });
      tf.tidy(() => variable.assign(tf.tensor(at, variable.shape)));
      expectClose(grads[variable.name].dataSync(), numeric, 4e-3);
    }
    model.dispose();
  });

  it('keeps item vectors until training or new weights change them', async () => {
    const model = create();
    const held = () => tf.memory().numTensors;
    const vectors = model.itemVectors();
    const before = held();
    expect(model.itemVectors()).toBe(vectors);
    expect(held()).toBe(before);
    const values = vectors.dataSync().slice();
    await fit(model, split, { ...settings, epochs: 1 });
    expect(model.itemVectors().dataSync()).not.toEqual(values);
    model.itemVectors();
    const bare = create();
    await fit(bare, split, { ...settings, epochs: 1 });
    expect(model.itemVectors().dataSync()).toEqual(bare.itemVectors().dataSync());
    for (const one of [model, bare]) one.dispose();
    expect(vectors.isDisposed).toBe(true);
  });

  it('resumes to the same bits', async () => {
    const options = { ...settings, epochs: 3, loss: binaryCrossEntropy({ numNegatives: 2 }) };
    const whole = create();
    await fit(whole, split, options);
    const runDirectory = join(folder, 'run');
    await fit(create(), split, { ...options, runDirectory, maxSteps: 5 });
    const resumed = create();
    await fit(resumed, split, { ...options, runDirectory, resume: true });
    const [a, b] = [whole, resumed].map((model) => modelScorer(model).score([Int32Array.of(1, 2)]));
    expect(a).toEqual(b);
  });

  it('needs the features themselves, or saved weights', async () => {
    const model = create();
    const bare = new SASRec({ ...model.config });
    expect(() => bare.encode(historyBatch([Int32Array.of(1)], { maxLength: 5 }), { training: false, step: 0 })).toThrow(
      'has no features yet',
    );
    const { weightSpecs } = await modelArtifacts(model);
    expect(weightSpecs!.map(({ name }) => name).filter((name) => name.startsWith('features'))).toEqual([
      'features.columns.embeddings',
      'features.projection.kernel',
      'features.trained',
      'features.offsets',
      'features.entries',
      'features.weights',
      'features.vectors',
    ]);
  });

  it('refuses options that do not go together', () => {
    expect(() => create({ sharedItemEmbedding: false })).toThrow('features need sharedItemEmbedding');
    expect(() => create({ features: [] })).toThrow('must be item features');
    const others = itemFeatures([{ id: 'z', kind: 'a' }], { categories: ['kind'] });
    expect(() => create({ features: others })).toThrow(
      'none of the 1 items with features is in the catalog; features have ids like "z", the catalog "',
    );
  });
});
