import { assignWeights, modelArtifacts, savedModelMetadata } from '@recsys/training';
import type * as tf from '@tensorflow/tfjs-core';
import { SASRecError, type SASRecOptions } from './config.js';
import type { SASRec } from './sasrec.js';

/** Writes a model through a tfjs save handler, or into a new directory. */
export const saveSASRec = async (model: SASRec, destination: string | tf.io.IOHandler): Promise<void> => {
  const handler =
    typeof destination === 'string'
      ? (await import('@recsys/training/node')).directoryHandler(destination)
      : destination;
  if (handler.save === undefined) throw new SASRecError('SASRec.save: this handler cannot save');
  await handler.save(await modelArtifacts(model));
};

/** Returns a model read through a tfjs load handler, or from a saved model, checkpoint or run directory. */
export const loadSASRec = async (
  source: string | tf.io.IOHandler,
  create: (options: SASRecOptions) => SASRec,
): Promise<SASRec> => {
  const handler =
    typeof source === 'string' ? await (await import('@recsys/training/node')).savedModelHandler(source) : source;
  if (handler.load === undefined) throw new SASRecError('SASRec.load: this handler cannot load');
  const artifacts = await handler.load();
  const { model: name, config } = savedModelMetadata(artifacts);
  if (name !== 'SASRec') throw new SASRecError(`SASRec.load: these files hold a ${name}, not a SASRec`);
  const model = create(config as unknown as SASRecOptions);
  try {
    assignWeights(model, artifacts);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
};
