import { type BuildChoice, registerSimdBackend, type SimdBackend } from '@recsys/backend-simd';
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { gatherRows, type NamedVariable } from '@recsys/layers';
import { SASRec } from '@recsys/sasrec';
import { Adam, evaluate, fit } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, mainEngines } from './support/engines.ts';

const { interactions } = simulateInteractions({ seed: 1, users: 400, items: 60, meanLength: 12 });
const split = leaveOneOut(toSequences(interactions));

const useSimd = async (threads: number, build: BuildChoice): Promise<SimdBackend> => {
  registerSimdBackend({ threads, build });
  await tf.setBackend('simd');
  await tf.ready();
  return tf.backend() as unknown as SimdBackend;
};
afterEach(() => tf.removeBackend('simd'));

const newModel = (hiddenUnits = 50) =>
  new SASRec({ catalog: split.catalog, maxLength: 20, hiddenUnits, dropoutRate: 0.3, seed: 1 });
const options = { epochs: 1000, seed: 1, batchSize: 64, validation: false } as const;
const weightsOf = (model: SASRec) =>
  model.trainableWeights().map(({ name, variable }) => [name, variable.dataSync<'float32'>()] as const);

describe.each(engines)('training on %s', (build) => {
  it('gives bit-identical weights after 50 steps at 1, 2 and 4 threads', async () => {
    const runs = [];
    for (const threads of [1, 2, 4]) {
      await useSimd(threads, build);
      const model = newModel();
      await fit(model, split, { ...options, maxSteps: 50 });
      runs.push(weightsOf(model));
      model.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it.each([1, 7, 50, 65])(
    'has the weights of plain JavaScript after 3 steps, up to rounding, with %i units',
    async (units) => {
      const train = async () => {
        const model = newModel(units);
        await fit(model, split, { ...options, maxSteps: 3 });
        const weights = weightsOf(model);
        model.dispose();
        return weights;
      };
      await useSimd(2, build);
      const ours = await train();
      await tf.setBackend('cpu');
      const expected = await train();
      expected.forEach(([name, values], i) => {
        // Its gradient is 0 but for rounding, as softmax ignores a constant, and a step of Adam does not depend on the size.
        if (name.endsWith('key.bias')) return;
        // A single weight whose gradient is nearly 0 may go the other way; a step is 0.001 long.
        const squares = values.reduce((sum, value, j) => sum + (ours[i][1][j] - value) ** 2, 0);
        expect(Math.sqrt(squares / values.length), name).toBeLessThan(2e-5);
      });
    },
  );
});

describe.each(mainEngines)('training on %s', (build) => {
  it('leaks no tensors or memory in 2,000 steps of mixed batch sizes', { timeout: 120_000 }, async () => {
    const { heap } = await useSimd(2, build);
    const model = newModel();
    const train = async (batchSize: number, maxSteps: number) => {
      await fit(model, split, { ...options, batchSize, maxSteps });
      await evaluate(model, split.test, { protocol: 'full', sampleTargets: 100 });
    };
    const sizes = [1, 3, 4, 5, 17, 64, 100, 128];
    for (const size of sizes) await train(size, 125);
    const { numTensors } = tf.memory();
    const { bytesInUse, bytesReserved } = heap;
    for (const size of sizes) await train(size, 125);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(heap.bytesInUse).toBe(bytesInUse);
    expect(heap.bytesReserved).toBe(bytesReserved);
  });
});

describe.each(engines)('Adam on %s', (build) => {
  const rows = 7;
  const width = 5;
  const take = async (backend: string, lazy: boolean, sparse: boolean) => {
    if (backend === 'simd') await useSimd(2, build);
    else await tf.setBackend(backend);
    const table = tf.variable(tf.randomUniform([rows, width], -1, 1, 'float32', 1)) as tf.Variable<tf.Rank.R2>;
    const weights: NamedVariable[] = [{ name: 'item.embeddings', variable: table, isEmbedding: true }];
    const adam = new Adam(weights, { lazy, weightDecay: 0.1 });
    for (const items of [
      [1, 2, 2],
      [2, 6, 0],
      [5, 5, 5],
      [1, 0, 3],
    ]) {
      const { value, grads } = tf.variableGrads(() =>
        tf.tidy(() => {
          const picked = gatherRows(table, tf.tensor1d(items, 'int32'));
          const loss = tf.sum(tf.square(tf.sub(picked, 0.5))) as tf.Scalar;
          return sparse ? loss : (tf.add(loss, tf.mul(tf.sum(table), 0)) as tf.Scalar);
        }),
      );
      adam.apply(grads, 0.1);
      tf.dispose([value, grads]);
    }
    adam.settle();
    const state = adam.state();
    const result = [table.dataSync(), ...state.firstMoments.values(), ...state.secondMoments.values()];
    adam.dispose();
    table.dispose();
    return result.map((values) => Array.from(values as Float32Array));
  };

  it.each([
    [false, true],
    [false, false],
    [true, true],
    [true, false],
  ])('has the results of composed ops; lazy %s, gradient as row updates %s', async (lazy, sparse) => {
    const fused = await take('simd', lazy, sparse);
    const composed = await take('cpu', lazy, sparse);
    for (const [i, values] of composed.entries()) {
      for (const [j, value] of values.entries()) expect(fused[i][j]).toBeCloseTo(value, 5);
    }
  });
});
