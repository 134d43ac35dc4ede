import { assertKnownOptions } from '@recsys/errors';
import type * as tf from '@tensorflow/tfjs-core';
import { modelNameOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { assignWeights, modelArtifacts, savedModelMetadata } from './model-artifacts.js';
import type { OnDamaged } from './run-layout.js';

export interface SaveModelOptions {
  /**
   * Replace a saved model at that path. A program that loads it meanwhile gets the old model or the new one, each whole, and so does one
   * that loads it after a kill at any moment. A directory that holds anything else is refused. Default false: a path that exists is an error.
   */
  overwrite?: boolean | undefined;
}

/**
 * Writes a model: its weights in the tfjs format, with its configuration and its item ids in the metadata.
 *
 * @param destination a directory (in Node), with missing folders above it made; or any tfjs save handler.
 * @throws {CheckpointError} `cannot-write` when the directory exists, or cannot be written or replaced.
 * @throws {ModelError} `bad-option` on an unknown option, or `overwrite` with a handler, which alone knows whether it overwrites.
 * @example
 * await saveModel(model, 'models/movies');
 * await saveModel(newer, 'models/movies', { overwrite: true });
 */
export const saveModel = async (
  model: SequentialModel,
  destination: string | tf.io.IOHandler,
  options: SaveModelOptions = {},
): Promise<void> => {
  assertKnownOptions('saveModel', options, ['overwrite'], { ErrorClass: ModelError });
  const { overwrite } = options;
  if (overwrite !== undefined && typeof destination !== 'string')
    throw new ModelError('bad-option', 'saveModel: overwrite is for a directory, not for a handler');
  const handler =
    typeof destination === 'string'
      ? (await import('./node.js')).directoryHandler(destination, { overwrite })
      : destination;
  if (handler.save === undefined) throw new ModelError('bad-option', 'saveModel: this handler cannot save');
  await handler.save(await modelArtifacts(model));
};

/** What the files say of the weights, before a model is made for them. */
export interface SavedWeights {
  /** Number of weights in all tensors together. */
  readonly numWeights: number;
}

export interface LoadModelOptions {
  /**
   * Told why the best checkpoint of a run cannot be read; the newest whole one is then loaded. Default: a damaged best checkpoint is an
   * error.
   */
  onDamaged?: OnDamaged | undefined;
}

/**
 * Returns a model that `saveModel` or a training run wrote.
 *
 * @param source a saved model, a checkpoint, or a run directory, whose best checkpoint is read (in Node); or any tfjs load handler.
 * @param create makes the model from its saved configuration; its weights are then replaced. The second argument says how many weights the
 *   files hold, so that a configuration that asks for more can be refused before memory is taken.
 * @throws {CheckpointError} `damaged` when a file is missing or altered, naming it; `no-run`, `not-trained`.
 * @throws {ModelError} `other-model` when the files hold another kind of model; `bad-weights`.
 * @example
 * const model = await loadModel('models/gru', (config) => new GRU4Rec(config));
 */
export const loadModel = async <Model extends SequentialModel, Config = Model['config']>(
  source: string | tf.io.IOHandler,
  create: (config: Config, saved: SavedWeights) => Model,
  options: LoadModelOptions = {},
): Promise<Model> => {
  assertKnownOptions('loadModel', options, ['onDamaged'], { ErrorClass: ModelError });
  const handler =
    typeof source === 'string'
      ? await (await import('./node.js')).savedModelHandler(source, options.onDamaged)
      : source;
  if (handler.load === undefined) throw new ModelError('bad-option', 'loadModel: this handler cannot load');
  const artifacts = await handler.load();
  const { model: name, config } = savedModelMetadata(artifacts);
  const sizes = (artifacts.weightSpecs ?? []).map(({ shape }) => shape.reduce((size, length) => size * length, 1));
  const model = create(config as Config, { numWeights: sizes.reduce((sum, size) => sum + size, 0) });
  try {
    if (modelNameOf(model) !== name)
      throw new ModelError('other-model', `loadModel: these files hold a ${name}, not a ${modelNameOf(model)}`);
    assignWeights(model, artifacts);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
};
