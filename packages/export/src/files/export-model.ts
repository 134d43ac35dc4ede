import { CheckpointError, type SequentialModel } from '@recsys/model';
import { artifactFiles, writeVerifiedDirectory } from '@recsys/model/node';
import { ExportError } from '../errors.js';
import { type OnnxOptions, toOnnx } from '../onnx/index.js';
import { toSafetensors } from '../safetensors/index.js';
import { type TfjsOptions, toTfjs } from '../tfjs/index.js';
import { writeFile, writeIds } from './write-file.js';

/**
 * Writes a SASRec as ONNX, and beside it the ids of its items: `movies.onnx` has item i, and element i - 1 of `movies.ids.json` its id. Files that
 * exist are replaced. See `toOnnx`.
 *
 * @returns the paths of the files.
 * @throws {ExportError} as `toOnnx`; `cannot-write`.
 * @example
 * await exportOnnx(model, 'movies.onnx'); // ['movies.onnx', 'movies.ids.json']
 */
export const exportOnnx = async (model: SequentialModel, path: string, options?: OnnxOptions): Promise<string[]> => {
  const bytes = toOnnx(model, options);
  return [await writeFile(path, bytes), await writeIds(path, model.config.catalog.ids)];
};

/**
 * Writes a model as safetensors, with its configuration and item ids inside. A file that exists is replaced. See `toSafetensors`.
 *
 * @returns the path of the file.
 * @throws {ExportError} as `toSafetensors`; `cannot-write`.
 * @example
 * await exportSafetensors(model, 'movies.safetensors');
 */
export const exportSafetensors = async (model: SequentialModel, path: string): Promise<string[]> => [
  await writeFile(path, await toSafetensors(model)),
];

/**
 * Writes a SASRec as a graph model of tfjs: a new directory with `model.json` and `weights.bin`, and the ids of its items in `ids.json`. See `toTfjs`.
 *
 * @returns the path of the directory.
 * @throws {ExportError} as `toTfjs`; `cannot-write`, also when the directory exists.
 * @example
 * await exportTfjs(model, 'public/movies'); // a page loads it by loadGraphModel('movies/model.json')
 */
export const exportTfjs = async (
  model: SequentialModel,
  directory: string,
  options?: TfjsOptions,
): Promise<string[]> => {
  const files = { ...artifactFiles(toTfjs(model, options)), 'ids.json': JSON.stringify(model.config.catalog.ids) };
  await writeVerifiedDirectory(directory, files).catch((cause) => {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new ExportError('cannot-write', cause.problem, { cause });
  });
  return [directory];
};
