import { parseOptions } from '@recsys/errors';
import { z } from 'zod';
import { StudioError } from '../errors.js';
import type { ModelThread } from '../models/index.js';

/** Options of `startStudio`. */
export interface StudioOptions {
  /** The folder of runs, or a run. Runs may be in folders of it, such as those of `tune`. Default `runs`. */
  runs?: string | undefined;
  /** A table of items with titles and attributes: CSV, TSV, JSON lines or Parquet. Default: what a run was trained with. */
  items?: string | undefined;
  /** The column of item ids in `items`. Default a common name such as `itemId` or `id`. */
  itemId?: string | undefined;
  /** The column of titles in `items`. Default `title` or `name`, if there is one. */
  itemTitle?: string | undefined;
  /** The port to listen on, 0 .. 65535. Default 0: any that is free. */
  port?: number | undefined;
  /** Milliseconds between two looks at the runs while a page is open, >= 50. Default 1000. */
  interval?: number | undefined;
  /** Threads of the backend that compute for a model, 1 .. 64. Default 1. */
  threads?: number | undefined;
  /** Most models that are kept in memory, 1 .. 16. Default 3. */
  models?: number | undefined;
  /** Returns what loads the model of a run, by its path, for models of your own. Default, and where it has none: SASRec and HSTU. */
  threadFor?: ((run: string) => Promise<ModelThread | undefined>) | undefined;
}

const schema = z.strictObject({
  runs: z.string().min(1).default('runs'),
  items: z.string().min(1).optional(),
  itemId: z.string().min(1).optional(),
  itemTitle: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).default(0),
  interval: z.number().min(50).default(1000),
  threads: z.int().min(1).max(64).default(1),
  models: z.int().min(1).max(16).default(3),
  threadFor: z.custom<NonNullable<StudioOptions['threadFor']>>((value) => typeof value === 'function').optional(),
});

/** Options with their defaults filled in. */
type StudioSettings = z.output<typeof schema>;

/** @throws {StudioError} `bad-option`. */
export const settingsOf = (options: StudioOptions): StudioSettings => {
  const settings = parseOptions('startStudio', schema, options, { ErrorClass: StudioError });
  const needsItems = (['itemId', 'itemTitle'] as const).find((name) => settings[name] !== undefined);
  if (needsItems !== undefined && settings.items === undefined)
    throw new StudioError('bad-option', `startStudio: ${needsItems} needs items`);
  return settings;
};
