import { availableParallelism } from 'node:os';
import { parseOptions } from '@recsys/errors';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { ServeError } from '../errors.js';
import type { HistoryStore } from '../histories/index.js';
import type { LoadedModel } from '../models/index.js';
import type { ItemsSource, KnownAnswer } from '../thread/index.js';

/** Options of `recommendations`. */
export interface RecommendationsOptions {
  /** What to serve: a run directory, whose best checkpoint is served, a folder of models, whose current version is, a checkpoint or a saved model. */
  model: string;
  /** A file of items with their attributes, by which requests filter, or what `readItemAttributes` returns. Default none. */
  items?: ItemsSource | undefined;
  /** Where histories of users are kept. Default `memoryHistories()`. Closed with the service. */
  histories?: HistoryStore | undefined;
  /** The bearer token that every request needs, save those to `/health`. Default none. */
  token?: string | undefined;
  /** The bearer token that changes of the model need. Default `token`; without either, models cannot be changed by requests. */
  adminToken?: string | undefined;
  /** The folder that a requested change of the model may load from. Default the folder that `model` is in. */
  modelRoot?: string | undefined;
  /** Seconds between two looks for a new best checkpoint or version, > 0; `false`: do not look. Default 5. */
  watch?: number | false | undefined;
  /** Histories with items that must be in their lists; a model without them is refused. Default none. */
  knownAnswers?: readonly KnownAnswer[] | undefined;
  /** Share of the items of the model that is served that a new one must know, 0 .. 1. Default 0.5. */
  minKeptItems?: number | undefined;
  /** Threads of the backend that compute, over one copy of the weights, 1 .. 64. Default one per core, less one for requests. */
  threads?: number | undefined;
  /** Scoring threads, each with a copy of the weights, 1 .. 64: the others answer while a lost one is started again. Default 1. */
  replicas?: number | undefined;
  /** A module that runs `serveThread` for a model of your own. Default one that loads SASRec and HSTU. */
  thread?: URL | undefined;
  /** What `thread` is told, such as where a model's code is; plain data. Default nothing. */
  threadData?: unknown;
  /** Most requests that are scored together, 1 .. 1024. Default 64. */
  maxBatch?: number | undefined;
  /** Milliseconds that the first request of a batch waits for others, 0 .. 100. Default 1. */
  batchWait?: number | undefined;
  /** Most requests for lists that may have no answer yet; beyond it the answer is 503. >= 1. Default 1024. */
  maxQueue?: number | undefined;
  /**
   * Most milliseconds that a request may wait for a scoring thread; beyond it the answer is 503. While answers take longer than half of it, fewer
   * requests are taken, and the others are refused before their bodies are read. >= 1. Default 2000.
   */
  maxWait?: number | undefined;
  /** Milliseconds that a batch may take before its thread is taken for lost, >= 100. Default 30000. */
  batchTimeout?: number | undefined;
  /** Most bytes of the body of a request, >= 1024. Default 1048576; eight times as many for a batch. */
  bodyLimit?: number | undefined;
  /** Where metrics are registered. Default a new registry. */
  registry?: Registry | undefined;
  /** Returns the time, in seconds since 1970, of an event or a request without one. Default the clock. */
  now?: (() => number) | undefined;
  /** Told of each model that takes over. */
  onModel?: ((model: LoadedModel) => void) | undefined;
  /** Told of each model that is refused while another one answers. */
  onRefused?: ((error: ServeError) => void) | undefined;
}

const given = <Value>() => z.custom<Value>((value) => value !== undefined);
const milliseconds = z.number().min(1);

const schema = z.strictObject({
  model: z.string().min(1),
  items: given<ItemsSource>().optional(),
  histories: given<HistoryStore>().optional(),
  token: z.string().min(1).optional(),
  adminToken: z.string().min(1).optional(),
  modelRoot: z.string().min(1).optional(),
  watch: z.union([z.number().positive(), z.literal(false)]).default(5),
  knownAnswers: z
    .array(
      z.strictObject({
        history: z.array(z.union([z.string(), z.number()])),
        times: z.array(z.number()).optional(),
        expect: z.array(z.union([z.string(), z.number()])),
        k: z.int().min(1).optional(),
      }),
    )
    .default([]),
  minKeptItems: z.number().min(0).max(1).default(0.5),
  threads: z
    .int()
    .min(1)
    .max(64)
    .default(() => Math.min(64, Math.max(1, availableParallelism() - 1))),
  replicas: z.int().min(1).max(64).default(1),
  thread: z.instanceof(URL).optional(),
  threadData: z.unknown().optional(),
  maxBatch: z.int().min(1).max(1024).default(64),
  batchWait: z.number().min(0).max(100).default(1),
  maxQueue: z.int().min(1).default(1024),
  maxWait: milliseconds.default(2000),
  batchTimeout: z.number().min(100).default(30_000),
  bodyLimit: z
    .int()
    .min(1024)
    .default(2 ** 20),
  registry: given<Registry>().default(() => new Registry()),
  now: given<() => number>().default(() => () => Date.now() / 1000),
  onModel: given<(model: LoadedModel) => void>().optional(),
  onRefused: given<(error: ServeError) => void>().optional(),
});

/** Options with their defaults filled in. */
export type ServeSettings = z.output<typeof schema>;

/** @throws {ServeError} `bad-option`. */
export const settingsOf = (where: string, options: RecommendationsOptions): ServeSettings =>
  parseOptions(where, schema, options, { ErrorClass: ServeError });
