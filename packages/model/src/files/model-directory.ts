import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { parseJsonFile } from './json-file.js';
import { type OnDamaged, savedModelDirectory } from './run-layout.js';
import {
  type Files,
  readVerifiedDirectory,
  replaceVerifiedDirectory,
  writeVerifiedDirectory,
} from './verified-directory.js';

/**
 * Returns artifacts in the tfjs format: `model.json` and `weights.bin`, which a browser loads too.
 * @example
 * const files = artifactFiles(await modelArtifacts(model)); // { 'model.json': string, 'weights.bin': Uint8Array }
 */
export const artifactFiles = ({ weightData, weightSpecs, ...artifacts }: tf.io.ModelArtifacts): Files => ({
  'model.json': JSON.stringify({
    modelTopology: null,
    ...artifacts,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
  }),
  'weights.bin': new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
});

const modelSchema = z.looseObject({
  weightsManifest: z.tuple([
    z.looseObject({
      weights: z.array(z.looseObject({ name: z.string(), shape: z.array(z.int().min(0)), dtype: z.string() })),
    }),
  ]),
});

/**
 * Returns the artifacts in the files of a directory.
 * @throws {CheckpointError} `damaged` when `model.json` or `weights.bin` is missing or not what `artifactFiles` writes.
 * @example
 * filesArtifacts('models/movies', await readVerifiedDirectory('models/movies')).weightSpecs;
 */
export const filesArtifacts = (directory: string, files: ReadonlyMap<string, Uint8Array>): tf.io.ModelArtifacts => {
  const weights = files.get('weights.bin');
  if (weights === undefined) throw new CheckpointError('damaged', `${join(directory, 'weights.bin')}: is missing`);
  const { weightsManifest, ...artifacts } = parseJsonFile(directory, 'model.json', files, modelSchema);
  return {
    ...artifacts,
    weightSpecs: weightsManifest[0].weights as unknown as tf.io.WeightsManifestEntry[],
    weightData: Uint8Array.from(weights).buffer,
  };
};

/**
 * Returns a tfjs save and load handler for a directory whose files are checked by their sha256.
 * @param options.overwrite whether a save replaces a saved model, as in `saveModel`. Default false.
 * @example
 * await model.save(directoryHandler('models/movies'));
 */
export const directoryHandler = (
  directory: string,
  { overwrite = false }: { overwrite?: boolean | undefined } = {},
): tf.io.IOHandler => ({
  save: async (artifacts) => {
    const write = overwrite ? replaceVerifiedDirectory : writeVerifiedDirectory;
    await write(directory, artifactFiles(artifacts));
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON({ modelTopology: {}, ...artifacts }) };
  },
  load: async () => filesArtifacts(directory, await readVerifiedDirectory(directory)),
});

/**
 * Returns a tfjs load handler for a saved model or checkpoint, or for the best checkpoint of a run directory.
 * @throws {CheckpointError} as `savedModelDirectory`.
 * @example
 * const artifacts = await (await savedModelHandler('runs/movies')).load();
 */
export const savedModelHandler = async (path: string, onDamaged?: OnDamaged): Promise<tf.io.IOHandler> =>
  directoryHandler(await savedModelDirectory(path, onDamaged));
