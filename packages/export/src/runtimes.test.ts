import { itemIds } from '@recsys/data';
import { HSTU } from '@recsys/hstu';
import { selectBackend } from '@recsys/model';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { toOnnx, toTfjs } from './index.js';
import { type Answer, batches, cases, ids, largestDifference, padded, randomModel } from './test-models.js';

await selectBackend();

type Run = (histories: readonly (readonly number[])[], k: number) => Promise<Answer>;

const onnxRun = async (
  runtime: Pick<typeof native, 'InferenceSession' | 'Tensor'>,
  bytes: Uint8Array,
): Promise<Run> => {
  const session = await runtime.InferenceSession.create(bytes);
  return async (histories, k) => {
    const { values, shape } = padded(histories);
    const history = new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
    const outputs = await session.run({ history, k: new runtime.Tensor('int64', BigInt64Array.of(BigInt(k)), [1]) });
    expect(outputs.top_items.dims).toEqual([histories.length, k]);
    return {
      scores: outputs.top_scores.data as Float32Array,
      items: Array.from(outputs.top_items.data as BigInt64Array, Number),
      users: outputs.user_vector.data as Float32Array,
    };
  };
};

const tfjsRun = async (artifacts: tf.io.ModelArtifacts): Promise<Run> => {
  const graph = await loadGraphModel(tf.io.fromMemory(artifacts));
  return async (histories, k) => {
    const { values, shape } = padded(histories);
    const inputs = { history: tf.tensor2d(values, shape, 'int32'), k: tf.tensor1d([k], 'int32') };
    const outputs = graph.execute(inputs, ['top_scores', 'top_items', 'user_vector']) as tf.Tensor[];
    expect(outputs[1].shape).toEqual([histories.length, k]);
    const [scores, items, users] = outputs.map((output) => output.dataSync().slice());
    return { scores, items, users };
  };
};

const runtimes = {
  'onnxruntime-node': (model) => onnxRun(native, toOnnx(model)),
  'onnxruntime-web': (model) => onnxRun(web as unknown as typeof native, toOnnx(model)),
  'tfjs-converter': (model) => tfjsRun(toTfjs(model)),
} satisfies Record<string, (model: ReturnType<typeof randomModel>) => Promise<Run>>;

/** Gates without residual connections make states so small that the layer norm after them enlarges the rounding. */
const toleranceOf = (name: string): number => (name === 'ligr, no residuals' ? 5e-5 : 1e-5);

describe.each(Object.entries(runtimes))('%s gives our scores', (_, start) => {
  it.each(cases)('of a model with %s', async (name, options) => {
    const model = randomModel(options);
    const run = await start(model);
    for (const histories of batches)
      for (const k of [1, 10]) {
        const difference = largestDifference(model, histories, k, await run(histories, k));
        expect(difference).toBeLessThan(toleranceOf(name));
      }
    model.dispose();
  });
});

describe('a graph', () => {
  const history = [[3, 5, 8]];

  it.each(Object.entries(runtimes))('on %s recommends what is left, and no other item', async (_, start) => {
    const model = randomModel({});
    const { scores, items } = await (await start(model))(history, ids.length);
    const left = Array.from(ids, (_, i) => i + 1).filter((item) => !history[0].includes(item));
    expect(
      Array.from(items)
        .slice(0, left.length)
        .sort((a, b) => a - b),
    ).toEqual(left);
    expect(Array.from(scores).map(Number.isFinite)).toEqual(ids.map((_, i) => i < left.length));
  });

  it('recommends items of the history too, where that is wanted', async () => {
    const model = randomModel({});
    const expected = model.recommend(
      history[0].map((item) => ids[item - 1]),
      { k: ids.length, excludeSeen: false },
    );
    const options = { excludeSeen: false };
    for (const run of [await onnxRun(native, toOnnx(model, options)), await tfjsRun(toTfjs(model, options))]) {
      const { items } = await run(history, ids.length);
      expect(Array.from(items, (item) => ids[item - 1])).toEqual(expected.map(({ item }) => item));
    }
  });

  it('of another model does not give our scores', async () => {
    const run = await onnxRun(native, toOnnx(randomModel({}, 2)));
    expect(largestDifference(randomModel({}, 1), history, 5, await run(history, 5))).toBeGreaterThan(0.01);
  });

  it('is for a SASRec, with known options', () => {
    const hstu = new HSTU({ catalog: itemIds(ids), hiddenUnits: 4 });
    for (const write of [toOnnx, toTfjs]) {
      expect(() => write(hstu)).toThrow('takes a SASRec, got a HSTU');
      expect(() => write(randomModel({}), { seen: true } as never)).toThrow('unknown option');
    }
  });
});
