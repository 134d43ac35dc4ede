import { assertKnownOptions } from '@recsys/errors';
import { modelNameOf, type SequentialModel } from '@recsys/model';
import type { io } from '@tensorflow/tfjs-core';
import { ExportError } from '../errors.js';
import { outputNames, recommendGraph, sasrecParts } from '../graph/index.js';
import { TfjsWriter } from './tfjs-writer.js';

export interface TfjsOptions {
  /** Whether items of a history are not recommended again. Default true. */
  excludeSeen?: boolean | undefined;
}

/**
 * Returns a SASRec as a graph model of tfjs, which `loadGraphModel` of `@tensorflow/tfjs-converter` (or `@tensorflow/tfjs`) loads without this library.
 *
 * Inputs and outputs are those of `toOnnx`, with int32 in place of int64.
 *
 * @param model a SASRec with any options; features of items are folded into their vectors. Borrowed.
 * @throws {ExportError} `unsupported-model` for another model; `bad-option` on an unknown option.
 * @example
 * const graph = await loadGraphModel(tf.io.fromMemory(toTfjs(model)));
 * const history = tf.tensor2d([[0, 3, 1, 4]], [1, 4], 'int32');
 * const [scores, items] = graph.execute({ history, k: tf.tensor1d([10], 'int32') }, ['top_scores', 'top_items']);
 */
export const toTfjs = (model: SequentialModel, options: TfjsOptions = {}): io.ModelArtifacts => {
  assertKnownOptions('toTfjs', options, ['excludeSeen'], { ErrorClass: ExportError });
  const parts = sasrecParts('toTfjs', model);
  const writer = new TfjsWriter();
  const inputs = { history: writer.input('history', [-1, -1]), k: writer.input('k', [1]) };
  const values = recommendGraph(writer, parts, inputs, { excludeSeen: options.excludeSeen ?? true });
  values.forEach((value, i) => {
    writer.output(value, outputNames[i]);
  });
  const weights = [...writer.weights.values()];
  const signature = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { name }]));
  const { catalog: _, ...config } = parts.config;
  return {
    format: 'graph-model',
    generatedBy: '@recsys/export',
    modelTopology: { node: writer.nodes, versions: { producer: 1 } },
    signature: { inputs: signature(Object.keys(inputs)), outputs: signature(outputNames) },
    weightSpecs: weights.map(({ name, values, shape }) => ({
      name,
      shape,
      dtype: values instanceof Float32Array ? 'float32' : 'int32',
    })),
    weightData: joined(weights.map(({ values }) => values)),
    userDefinedMetadata: { recsys: { format: 1, model: modelNameOf(model), config } },
  };
};

/** Returns the bytes of arrays, one after another. */
const joined = (arrays: readonly (Float32Array | Int32Array)[]): ArrayBuffer => {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes.buffer;
};
