import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { readItemAttributes } from '@recsys/data';
import { RecsysError } from '@recsys/errors';
import { type BackendChoice, maxLengthOf, modelNameOf, type SequentialModel, selectBackend } from '@recsys/model';
import type * as tf from '@tensorflow/tfjs-core';
import { ServeError } from '../errors.js';
import { AttributeFilters } from './attribute-filters.js';
import { checkKnownAnswers, checkReplacement, warmUp } from './check-model.js';
import { artifactsOf, findModel, holdModel } from './held-model.js';
import type { FromThread, ThreadData, ToThread } from './messages.js';
import { scoreRequests } from './score-requests.js';

/** Makes a model from saved artifacts. @param data what the option `threadData` has. */
export type LoadModel = (handler: tf.io.IOHandler, data: unknown) => Promise<SequentialModel>;

/**
 * Runs a scoring thread: the module that `thread` of `recommendations` names calls it once. For a model of your own.
 *
 * @param load makes the model from its saved artifacts.
 * @example
 * // gru-thread.ts
 * await serveThread((handler) => loadModel(handler, (config) => new GRU4Rec(config)));
 */
export const serveThread = async (load: LoadModel): Promise<void> => {
  const port = parentPort;
  if (isMainThread || port === null)
    throw new ServeError('bad-option', 'serveThread: runs in a thread that recommendations() starts');
  const send = (message: FromThread): void => port.postMessage(message);
  try {
    const answer = await start(load, workerData as ThreadData, send);
    if (answer === undefined) return;
    port.on('message', ({ id, requests }: ToThread) => send({ type: 'outcomes', id, outcomes: answer(requests) }));
  } catch (error) {
    if (!RecsysError.isInstance(error)) throw error;
    send({ type: 'refused', code: error.code, problem: error.problem });
  }
};

type Answer = (requests: ToThread['requests']) => ReturnType<typeof scoreRequests>;

/** Loads and checks the model; undefined when it is the one that is served. */
const start = async (
  load: LoadModel,
  { source, items, unlessVersion, replaces, knownAnswers, own }: ThreadData,
  send: (message: FromThread) => void,
): Promise<Answer | undefined> => {
  const found = typeof source === 'string' ? await findModel(source) : source;
  if (found.version === unlessVersion) {
    send({ type: 'unchanged' });
    return undefined;
  }
  const backend = await selectBackend();
  const held = 'files' in found ? found : await holdModel(found);
  const model = await load({ load: async () => artifactsOf(held) }, own);
  const { catalog } = model.config;
  if (catalog.ids.length === 0) throw new ServeError('bad-model', 'its catalog is empty');
  const attributes = typeof items === 'string' ? await readItemAttributes(items) : (items ?? { ids: [], columns: {} });
  const filters = new AttributeFilters(catalog, attributes);
  if (replaces !== undefined) checkReplacement(model, replaces.model, replaces);
  warmUp(model, filters);
  checkKnownAnswers(model, filters, knownAnswers);
  const info = {
    version: held.version,
    kind: modelNameOf(model),
    items: catalog.ids.length,
    maxLength: maxLengthOf(model),
    usesTimes: model.usesTimes === true,
    attributes: filters.names,
    backend: described(backend),
  };
  send({ type: 'ready', info, held });
  return (requests) => scoreRequests(model, filters, requests);
};

const described = ({ backend, build, threads }: BackendChoice): string =>
  [
    backend,
    build === backend ? undefined : build,
    threads === undefined ? undefined : `${threads} thread${threads === 1 ? '' : 's'}`,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
