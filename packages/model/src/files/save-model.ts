import type * as tf from '@tensorflow/tfjs-core';
import { modelNameOf, type SequentialModel } from '../contract/sequential-model.js';
import { ModelError } from '../errors.js';
import { assignWeights, modelArtifacts, savedModelMetadata } from './model-artifacts.js';

/**
 * Writes a model: its weights in the tfjs format, with its configuration and its item ids in the metadata.
 *
 * @param destination a directory that does not exist yet (in Node), or any tfjs save handler.
 * @throws {CheckpointError} when the directory exists or cannot be written.
 * @example
 * await saveModel(model, 'models/movies');
 */
export const saveModel = async (model: SequentialModel, destination: string | tf.io.IOHandler): Promise<void> => {
  const handler =
    typeof destination === 'string' ? (await import('./node.js')).directoryHandler(destination) : destination;
  if (handler.save === undefined) throw new ModelError('bad-option', 'saveModel: this handler cannot save');
  await handler.save(await modelArtifacts(model));
};

/**
 * Returns a model that `saveModel` or a training run wrote.
 *
 * @param source a saved model, a checkpoint, or a run directory, whose best checkpoint is read (in Node); or any tfjs load handler.
 * @param create makes the model from its saved configuration; its weights are then replaced.
 * @throws {CheckpointError} when a file is missing or altered, naming it.
 * @throws {ModelError} when the files hold another kind of model.
 * @example
 * const model = await loadModel('models/gru', (config) => new GRU4Rec(config));
 */
export const loadModel = async <Model extends SequentialModel, Config = Model['config']>(
  source: string | tf.io.IOHandler,
  create: (config: Config) => Model,
): Promise<Model> => {
  const handler = typeof source === 'string' ? await (await import('./node.js')).savedModelHandler(source) : source;
  if (handler.load === undefined) throw new ModelError('bad-option', 'loadModel: this handler cannot load');
  const artifacts = await handler.load();
  const { model: name, config } = savedModelMetadata(artifacts);
  const model = create(config as Config);
  try {
    if (modelNameOf(model) !== name)
      throw new ModelError('bad-option', `loadModel: these files hold a ${name}, not a ${modelNameOf(model)}`);
    assignWeights(model, artifacts);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
};
