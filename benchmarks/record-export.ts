/**
 * Runs exported models in other runtimes, and compares their scores with ours: `pnpm record:export` writes
 * `benchmarks/results/export.json`: for each runtime its version, the largest difference of the top 10 over models of
 * every wiring, and the time of a request. A minute.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { itemIds, Rng } from '@recsys/data';
import { toOnnx, toTfjs } from '@recsys/export';
import { wiringNames } from '@recsys/layers';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { describeMachine } from './support/machine.ts';
import { median } from './support/measure.ts';
import { writeRecord } from './support/write-record.ts';

const [items, hiddenUnits, maxLength, k, histories, rounds] = [3416, 50, 50, 10, 100, 200];

/** Scores and items of the best k for one history of inside indices. */
type Run = (history: readonly number[]) => Promise<{ scores: ArrayLike<number>; items: ArrayLike<number> }>;

const onnx = async (
  runtime: typeof native,
  model: SASRec<number>,
  options?: native.InferenceSession.SessionOptions,
) => {
  const session = await runtime.InferenceSession.create(toOnnx(model), options);
  const count = new runtime.Tensor('int64', BigInt64Array.of(BigInt(k)), [1]);
  const run: Run = async (history) => {
    const input = new runtime.Tensor('int64', BigInt64Array.from(history, BigInt), [1, history.length]);
    const { top_scores, top_items } = await session.run({ history: input, k: count }, ['top_scores', 'top_items']);
    return { scores: top_scores.data as Float32Array, items: Array.from(top_items.data as BigInt64Array, Number) };
  };
  return run;
};

const graph = async (model: SASRec<number>) => {
  const loaded = await loadGraphModel(tf.io.fromMemory(toTfjs(model)));
  const count = tf.tensor1d([k], 'int32');
  const run: Run = async (history) => {
    const input = tf.tensor2d([...history], [1, history.length], 'int32');
    const outputs = loaded.execute({ history: input, k: count }, ['top_scores', 'top_items']) as tf.Tensor[];
    const [scores, items] = outputs.map((output) => output.dataSync().slice());
    tf.dispose([input, ...outputs]);
    return { scores, items };
  };
  return run;
};

const ours = async (model: SASRec<number>) => {
  const run: Run = async (history) => {
    const list = model.recommend(history, { k });
    return { scores: list.map(({ score }) => score), items: list.map(({ item }) => Number(item)) };
  };
  return run;
};

const versionOf = (name: string): string => {
  const path = createRequire(import.meta.url).resolve(name);
  const folder = path.slice(0, path.lastIndexOf(`/${name}/`) + name.length + 2);
  return JSON.parse(readFileSync(`${folder}package.json`, 'utf8')).version;
};

const { backend, build } = await selectBackend();
const oneThread = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const runtimes: Record<string, { version: string; start: (model: SASRec<number>) => Promise<Run> }> = {
  [`recommend (${backend}, ${build})`]: { version: 'this', start: ours },
  'onnxruntime-node, 1 thread': {
    version: versionOf('onnxruntime-node'),
    start: (model) => onnx(native, model, oneThread),
  },
  'onnxruntime-web (WebAssembly, in Node)': {
    version: versionOf('onnxruntime-web'),
    start: (model) => onnx(web as unknown as typeof native, model),
  },
  [`tfjs-converter (backend ${backend})`]: { version: versionOf('@tensorflow/tfjs-converter'), start: graph },
};

const rng = new Rng(1);
const sample = Array.from({ length: histories }, () =>
  Array.from({ length: 1 + rng.below(maxLength) }, () => 1 + rng.below(items)),
);
const catalog = itemIds(Array.from({ length: items }, (_, i) => i + 1)); // an id is its index
const results: Record<string, { version: string; largestDifference: number; sameItems: number; requestMs: number }> =
  {};
for (const [name, { version, start }] of Object.entries(runtimes)) {
  let [largestDifference, sameItems] = [0, 0];
  const times: number[] = [];
  for (const wiring of wiringNames) {
    const model = new SASRec({ catalog, hiddenUnits, maxLength, wiring, seed: 1 });
    const [run, expected] = [await start(model), await ours(model)];
    for (const history of sample) {
      const [got, own] = [await run(history), await expected(history)];
      for (let i = 0; i < k; i++) {
        largestDifference = Math.max(largestDifference, Math.abs(got.scores[i] - own.scores[i]));
        if (got.items[i] === own.items[i]) sameItems++;
      }
    }
    const full = sample.map((history) => Array.from({ length: maxLength }, (_, i) => history[i % history.length]));
    if (wiring === 'pre-norm')
      for (let i = 0; i < rounds; i++) {
        const begin = performance.now();
        await run(full[i % full.length]);
        times.push(performance.now() - begin);
      }
    model.dispose();
  }
  const share = sameItems / (k * histories * wiringNames.length);
  results[name] = { version, largestDifference, sameItems: share, requestMs: Number(median(times).toFixed(2)) };
}
const path = fileURLToPath(new URL('results/export.json', import.meta.url));
const setting = { items, hiddenUnits, maxLength, k, histories, wirings: wiringNames };
writeRecord(path, { command: 'pnpm record:export', machine: describeMachine(), setting, runtimes: results });
console.log(`wrote ${path}`);
process.exit(0); // threads of the runtimes
