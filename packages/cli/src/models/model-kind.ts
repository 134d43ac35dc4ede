import { type ModelDefinition, modelNameOf, type SequentialModel } from '@recsys/model';
import type { FitOptions } from '@recsys/training';
import type * as tf from '@tensorflow/tfjs-core';
import { UsageError } from '../errors.js';

/** Options of a model, as its definition takes them. */
type Options = Readonly<Record<string, unknown>>;

/** What the command knows of a kind of model. */
export interface ModelKind {
  /** What `--model` takes: a name, or the path of a module. */
  readonly name: string;
  readonly definition: ModelDefinition;
  readonly presetNames: readonly string[];
  readonly preset: (name: never) => { readonly model: object; readonly fit: Partial<FitOptions> };
  /** The loss that it is trained with by its presets. */
  readonly loss: string;
  readonly create: (options: Options) => SequentialModel;
  /** Returns the model that was saved. */
  readonly load: (handler: tf.io.IOHandler) => Promise<SequentialModel>;
  /** The module that defines it; undefined for a model of the library. */
  readonly module?: { readonly path: string; readonly sha256: string };
}

/**
 * Returns the options of a new model of a kind. Models of the library fill in defaults themselves; for others the schema of the definition does.
 * @throws {UsageError} when options do not fit the schema.
 */
export const optionsFor = ({ definition, module }: ModelKind, given: Options): Options => {
  if (module === undefined) return given;
  const { options } = definition;
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => key in options.shape));
  const parsed = options.safeParse(own);
  if (parsed.success) return { ...parsed.data, seed: given.seed, catalog: given.catalog };
  const [{ path, message }] = parsed.error.issues;
  throw new UsageError('usage', `${module.path}: option ${path.join('.')}: ${message}`);
};

/**
 * Returns a model that a definition makes.
 * @throws {UsageError} when its files would call it by another name.
 */
export const createFrom = (path: string, definition: ModelDefinition, options: Options): SequentialModel => {
  const model = definition.create(options as never);
  const { name } = definition;
  if (modelNameOf(model) === name) return model;
  const problem = `its definition is named ${name}, and create makes a ${modelNameOf(model)}`;
  model.dispose();
  throw new UsageError('usage', `${path}: ${problem}; give the class: readonly modelName = '${name}'`);
};
