import { create, toBinary } from '@bufbuild/protobuf';
import { assertKnownOptions } from '@recsys/errors';
import { modelNameOf, type SequentialModel } from '@recsys/model';
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf';
import { ExportError } from '../errors.js';
import { recommendGraph, sasrecParts, type Value } from '../graph/index.js';
import { OnnxWriter } from './onnx-writer.js';

export interface OnnxOptions {
  /** Whether items of a history are not recommended again. Default true. */
  excludeSeen?: boolean | undefined;
}

/** Of the operations used; ONNX 1.12 and later know them. */
const opset = 17n;
const irVersion = 8n;

/** What protobuf can hold in one message. */
const mostBytes = 2 ** 31 - 1;

/**
 * Returns a SASRec as an ONNX file, which gives the best items for histories; what onnxruntime computes of it equals `recommend` up to rounding.
 *
 * Inputs: `history`, int64 `[batch, length]`, inside item indices 1 .. numItems, oldest first, shorter ones padded with 0 on the left; `k`, int64
 * `[1]`, at most numItems. Outputs: `top_scores`, float32 `[batch, k]`, best first; `top_items`, int64 `[batch, k]`; `user_vector`, float32
 * `[batch, hiddenUnits]`. Batch and length are of any size from 1; the model sees the newest `maxLength` items. An item with the score -Infinity is
 * excluded: there were fewer than k others. Item i has the outside id `model.config.catalog.ids[i - 1]`.
 *
 * A history with pads alone has no meaning, and neither have its outputs.
 *
 * @param model a SASRec with any options; features of items are folded into their vectors. Borrowed.
 * @throws {ExportError} `unsupported-model` for another model; `too-large` beyond 2 GB; `bad-option` on an unknown option.
 * @example
 * await writeFile('movies.onnx', toOnnx(await SASRec.load('runs/movies')));
 */
export const toOnnx = (model: SequentialModel, options: OnnxOptions = {}): Uint8Array => {
  assertKnownOptions('toOnnx', options, ['excludeSeen'], { ErrorClass: ExportError });
  const parts = sasrecParts('toOnnx', model);
  const writer = new OnnxWriter();
  const inputs = { history: 'history' as Value, k: 'k' as Value };
  const [topScores, topItems, userVector] = recommendGraph(writer, parts, inputs, {
    excludeSeen: options.excludeSeen ?? true,
  });
  writer.output(topScores, 'top_scores');
  writer.output(topItems, 'top_items');
  writer.output(userVector, 'user_vector');
  const bytes = writer.initializers.reduce((sum, { rawData }) => sum + rawData!.length, 0);
  if (bytes > mostBytes - 2 ** 20)
    throw new ExportError(
      'too-large',
      `toOnnx: the weights have ${bytes} bytes; an ONNX file holds at most 2 GB. Export to safetensors, or item vectors alone.`,
    );
  const { catalog: _, ...config } = parts.config;
  const { FLOAT, INT64 } = TensorProto_DataType;
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      opsetImport: [{ domain: '', version: opset }],
      producerName: '@recsys/export',
      metadataProps: [{ key: 'recsys', value: JSON.stringify({ format: 1, model: modelNameOf(model), config }) }],
      graph: {
        name: modelNameOf(model),
        node: writer.nodes,
        initializer: writer.initializers,
        input: [tensorInfo('history', INT64, ['batch', 'length']), tensorInfo('k', INT64, [1])],
        output: [
          tensorInfo('top_scores', FLOAT, ['batch', 'k']),
          tensorInfo('top_items', INT64, ['batch', 'k']),
          tensorInfo('user_vector', FLOAT, ['batch', parts.units]),
        ],
      },
    }),
  );
};

/** Returns the description of an input or output; a size with a name is known when the graph runs. */
const tensorInfo = (name: string, elemType: TensorProto_DataType, shape: readonly (number | string)[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType,
        shape: {
          dim: shape.map((size) => ({
            value:
              typeof size === 'number'
                ? { case: 'dimValue' as const, value: BigInt(size) }
                : { case: 'dimParam' as const, value: size },
          })),
        },
      },
    },
  },
});
