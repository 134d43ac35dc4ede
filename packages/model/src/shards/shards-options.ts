import type { Id } from '@recsys/data/core';
import { assertKnownOptions } from '@recsys/errors';
import type { SequentialModel } from '../contract/index.js';
import { ShardError } from '../errors.js';
import { CatalogFilter, catalogFilter, type RecommendOptions, recommend } from '../recommend/index.js';

/** The options of `recommend` that make sense for files: all but callbacks, functions and times of one history. */
export interface FileRecommendOptions extends Pick<RecommendOptions, 'k' | 'excludeSeen' | 'fallback' | 'diversity'> {
  /** Never recommend these items. Ids that the model does not know make no difference. Default none. */
  readonly exclude?: readonly Id[] | CatalogFilter | undefined;
  /** Recommend only these items, such as those in stock. Ids that the model does not know are skipped. Default the whole catalog. */
  readonly candidates?: readonly Id[] | CatalogFilter | undefined;
  /** The time of requests whose line has none, in seconds since 1970. Required for a model that uses times: all shards are as of one time. */
  readonly at?: number | undefined;
}

export interface ShardsOptions {
  /** Folder of the inputs, files of histories as `readHistories` reads them: `.jsonl`, `.ndjson`, each `.gz` too, and `.parquet`. */
  readonly inputs: string;
  /** Folder of the outputs, which is made if it is missing. It must be another one, for nothing else, on a disk that all machines share. */
  readonly outputs: string;
  /** Format of the outputs. Default `jsonl`. */
  readonly format?: 'jsonl' | 'parquet' | undefined;
  /** What to do with a bad line: stop with an error, or write null in its place. Default `throw`. */
  readonly onError?: 'throw' | 'skip' | undefined;
  /** Seconds after which the shard of a machine that is gone is taken over, 0.1 .. 300. Default 30. */
  readonly leaseSeconds?: number | undefined;
  /** What to recommend. */
  readonly recommend?: FileRecommendOptions | undefined;
}

export interface CheckedOptions {
  readonly inputs: string;
  readonly outputs: string;
  readonly format: 'jsonl' | 'parquet';
  readonly onError: 'throw' | 'skip';
  readonly leaseSeconds: number;
  readonly recommend: FileRecommendOptions & { readonly k: number };
}

/** Returns the options with their defaults, and filters of items instead of lists. */
export const checkedOptions = (model: SequentialModel, options: ShardsOptions): CheckedOptions => {
  const [where, ErrorClass] = ['Shards.open', ShardError];
  assertKnownOptions(where, options, ['inputs', 'outputs', 'format', 'onError', 'leaseSeconds', 'recommend'], {
    ErrorClass,
  });
  const { inputs, outputs, format = 'jsonl', onError = 'throw', leaseSeconds = 30, recommend: given = {} } = options;
  for (const [name, value] of Object.entries({ inputs, outputs }))
    if (typeof value !== 'string' || value === '')
      throw new ShardError('bad-option', `${where}: ${name} must be the path of a folder, got ${String(value)}`);
  if (format !== 'jsonl' && format !== 'parquet')
    throw new ShardError('bad-option', `${where}: format must be jsonl or parquet, got ${String(format)}`);
  if (onError !== 'throw' && onError !== 'skip')
    throw new ShardError('bad-option', `${where}: onError must be throw or skip, got ${String(onError)}`);
  if (!(leaseSeconds >= 0.1 && leaseSeconds <= 300))
    throw new ShardError('bad-option', `${where}: leaseSeconds must be in 0.1..300, got ${leaseSeconds}`);
  const names = ['k', 'excludeSeen', 'exclude', 'candidates', 'fallback', 'diversity', 'at'];
  assertKnownOptions(`${where}: recommend`, given, names, { ErrorClass });
  if (model.usesTimes && given.at === undefined)
    throw new ShardError(
      'bad-option',
      `${where}: this model uses the time of a request, which must be one for all shards.`,
      { advice: { option: 'at', purpose: 'to that time, in seconds since 1970' } },
    );
  const { catalog } = model.config;
  const filter = (choice: readonly Id[] | CatalogFilter | undefined) =>
    choice === undefined || choice instanceof CatalogFilter ? choice : catalogFilter(catalog, choice);
  const settings = {
    ...given,
    k: given.k ?? Math.min(10, catalog.ids.length),
    candidates: filter(given.candidates),
    exclude: filter(given.exclude),
  };
  // Refuses bad options before there is an output.
  recommend(model, catalog.ids.slice(0, 1), { ...settings, times: [0] });
  return { inputs, outputs, format, onError, leaseSeconds, recommend: settings };
};
