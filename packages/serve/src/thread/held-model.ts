import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256Of } from '@recsys/data/node';
import { type IdMap, savedModelMetadata } from '@recsys/model';
import { filesArtifacts, readVerifiedDirectory, savedModelDirectory } from '@recsys/model/node';
import type * as tf from '@tensorflow/tfjs-core';
import type { HeldModel } from './messages.js';

/** The files of a checkpoint that a model needs; the moments of the optimizer are left out. */
const modelFiles = ['model.json', 'weights.bin'];

/**
 * Returns the directory at a path, and the version of the model in it: its name, and the start of the sha256 of its checksums.
 * @throws {CheckpointError} when there is none.
 */
export const findModel = async (path: string): Promise<{ directory: string; version: string }> => {
  const directory = await savedModelDirectory(path);
  const checksums = await readFile(join(directory, 'checksums.json')).catch(() => Buffer.alloc(0));
  return { directory, version: `${basename(directory)}-${sha256Of(checksums).slice(0, 8)}` };
};

/**
 * Returns the files of a saved model, in memory that threads share.
 * @throws {CheckpointError} `damaged` on a file that is missing or has another sha256.
 */
export const holdModel = async ({ directory, version }: { directory: string; version: string }): Promise<HeldModel> => {
  const files = new Map<string, SharedArrayBuffer>();
  for (const [name, bytes] of await readVerifiedDirectory(directory)) {
    if (!modelFiles.includes(name)) continue;
    const shared = new SharedArrayBuffer(bytes.byteLength);
    new Uint8Array(shared).set(bytes);
    files.set(name, shared);
  }
  return { directory, version, files };
};

/** Returns a held model as tfjs loads it. */
export const artifactsOf = ({ directory, files }: HeldModel): tf.io.ModelArtifacts =>
  filesArtifacts(
    directory,
    new Map([...files].map(([name, shared]) => [name, Uint8Array.from(new Uint8Array(shared))])),
  );

/** Returns the catalog of a held model, without its weights. */
export const catalogOf = ({ files }: HeldModel): IdMap => {
  const text = new TextDecoder().decode(Uint8Array.from(new Uint8Array(files.get('model.json')!)));
  return savedModelMetadata(JSON.parse(text)).config.catalog as IdMap;
};
