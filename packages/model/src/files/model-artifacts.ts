import type { NamedVariable } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { modelNameOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';

/** What a saved model carries beside its weights. */
export interface SavedModelMetadata {
  /** Name of the model's class, to refuse the files of another one. */
  readonly model: string;
  /** The model's `config`, as JSON; item ids included. */
  readonly config: Record<string, unknown>;
}

/** Whether a value is what `modelArtifacts` writes. Checked by hand: a page that recommends needs no schema library. */
const isMetadata = (value: unknown): value is SavedModelMetadata =>
  isRecord(value) &&
  Object.keys(value).sort().join() === 'config,format,model' &&
  value.format === 1 &&
  typeof value.model === 'string' &&
  isRecord(value.config);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the weights of a model that its files hold: those that are trained, then those that are not. */
const savedWeights = (model: SequentialModel): NamedVariable[] => [
  ...model.trainableWeights(),
  ...(model.fixedWeights?.() ?? []),
];

/**
 * Returns a model as tfjs artifacts: named weights, and the configuration in the metadata. Any tfjs loader reads the weights;
 * there is no topology, because the model is code.
 * @example
 * const { weightData, weightSpecs } = await modelArtifacts(model);
 */
export const modelArtifacts = async (model: SequentialModel): Promise<tf.io.ModelArtifacts> => {
  const weights = savedWeights(model).map(({ name, variable }) => ({ name, tensor: variable }));
  const { data, specs } = await tf.io.encodeWeights(weights);
  return {
    format: 'recsys-weights',
    generatedBy: '@recsys/model',
    weightSpecs: specs,
    weightData: data,
    userDefinedMetadata: { recsys: { format: 1, model: modelNameOf(model), config: model.config } },
  };
};

/**
 * Returns the name and the configuration of the model in saved artifacts.
 * @throws {ModelError} `other-model` when they were not written by `modelArtifacts`, or by a version with another format.
 * @example
 * const { model: name, config } = savedModelMetadata(await handler.load());
 */
export const savedModelMetadata = (artifacts: tf.io.ModelArtifacts): SavedModelMetadata => {
  const metadata: unknown = artifacts.userDefinedMetadata?.recsys;
  if (!isMetadata(metadata))
    throw new ModelError('other-model', 'load: these files are not a model saved by @recsys (format 1)');
  return metadata;
};

/**
 * Writes saved weights into a model that has the same ones.
 * @throws {ModelError} `bad-weights` when a weight is missing or has another shape or type, or when there are more bytes than the weights need;
 *   nothing is written then.
 * @example
 * assignWeights(model, await handler.load());
 */
export const assignWeights = (model: SequentialModel, artifacts: tf.io.ModelArtifacts): void => {
  const { weightData, weightSpecs } = artifacts;
  if (weightData === undefined || weightSpecs === undefined)
    throw new ModelError('bad-weights', 'load: the files have no weights');
  const tensors = decoded(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs);
  try {
    const weights = savedWeights(model);
    for (const { name, variable } of weights) {
      const saved = tensors[name];
      if (saved === undefined || saved.shape.join() !== variable.shape.join()) {
        const got = saved === undefined ? 'none' : `[${saved.shape}]`;
        throw new ModelError('bad-weights', `load: weight ${name} must have shape [${variable.shape}], got ${got}`);
      }
      if (saved.dtype !== variable.dtype)
        throw new ModelError('bad-weights', `load: weight ${name} must be ${variable.dtype}, got ${saved.dtype}`);
    }
    for (const { name, variable } of weights) variable.assign(tensors[name]);
  } finally {
    tf.dispose(tensors);
  }
};

/** Returns the saved weights as tensors, owned by the caller. @throws {ModelError} when the bytes are not those of the specs. */
const decoded = (data: ArrayBuffer, specs: tf.io.WeightsManifestEntry[]): tf.NamedTensorMap => {
  const bytes = 4 * specs.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  if (data.byteLength > bytes)
    throw new ModelError(
      'bad-weights',
      `load: the weights have ${data.byteLength} bytes, more than the ${bytes} needed`,
    );
  try {
    return tf.io.decodeWeights(data, specs);
  } catch (cause) {
    throw new ModelError('bad-weights', `load: the weights cannot be decoded: ${(cause as Error).message}`, { cause });
  }
};
