import type { DataCounts, IdMap } from '@recsys/data/core';
import type { z } from 'zod';
import type { SequentialModel } from './sequential-model.js';

/** What a model is made from: its options, the items that it knows, and the seed of its random draws. */
export type ModelOptions<Options extends z.ZodObject> = z.output<Options> & {
  readonly catalog: IdMap;
  readonly seed: number;
};

/** A kind of model, for programs that do not know it, such as the command. */
export interface ModelDefinition<Options extends z.ZodObject = z.ZodObject> {
  /** What the files of its models call it: their `modelName`, by default the name of their class. */
  readonly name: string;
  /** Its options as a zod object, with the description, the range and the default of each, without `catalog` and `seed`. Flags follow from it. */
  readonly options: Options;
  /**
   * Returns a new model. It is also given the `config` of a model that was saved or is resumed, so that must be what it takes.
   * @throws when options do not fit each other.
   */
  create(options: ModelOptions<Options>): SequentialModel;
  /** Returns the options that suit some data, where nobody chose others. Default: none, so that the defaults of `options` hold. */
  recommended?(counts: DataCounts): Partial<z.input<Options>>;
}

/**
 * Returns a definition as it is, with its types checked. A module that exports one by default can be trained and used by the command:
 * `recsys train ratings.csv --model ./last-item.ts`. See `docs/write-a-model.md`.
 *
 * @example
 * export default defineModel({
 *   name: 'LastItem',
 *   options: z.strictObject({ units: z.int().min(1).default(32).describe('Width of the embeddings, >= 1.') }),
 *   create: (options) => new LastItem(options),
 * });
 */
export const defineModel = <Options extends z.ZodObject>(
  definition: ModelDefinition<Options>,
): ModelDefinition<Options> => definition;
