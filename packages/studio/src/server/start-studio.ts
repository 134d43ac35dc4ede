import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import { StudioError } from '../errors.js';
import { OpenModels } from '../models/index.js';
import { RunsFolder, RunsWatch } from '../runs/index.js';
import { answerError } from './error-answer.js';
import { Guard } from './guard.js';
import { type StudioOptions, settingsOf } from './options.js';
import { addPage } from './page-files.js';
import { addRoutes } from './routes.js';

export type { StudioOptions } from './options.js';

/** A studio that listens. */
export interface Studio {
  /** The address to open, with the token of this studio. */
  readonly url: string;
  /** Ends it: models are closed, and pages that are open say so. */
  close(): Promise<void>;
}

/** The built page, beside the built code. */
const pageFolder = fileURLToPath(new URL('./page', import.meta.url));

/**
 * Resolves to a page over all runs of a folder, when it listens on 127.0.0.1: their curves as they train, comparisons, and what their models
 * recommend and why. It is for the person at this machine: a request needs the token of `url`, and other names of the machine and other pages are
 * refused. It reads runs and writes nothing.
 *
 * @throws {StudioError} `bad-option`; `cannot-listen` when the port is taken.
 * @example
 * const studio = await startStudio({ runs: 'runs', items: 'movies.csv' });
 * console.log(studio.url); // http://127.0.0.1:41123/?token=…
 * await studio.close();
 */
export const startStudio = async (options: StudioOptions = {}): Promise<Studio> => {
  const settings = settingsOf(options);
  const folder = new RunsFolder(settings.runs);
  const models = new OpenModels(folder, { ...settings, kept: settings.models });
  const watch = new RunsWatch(folder, { interval: settings.interval, onGone: (names) => models.drop(names) });
  await models.readItems();
  const guard = new Guard();
  const app = fastify({ bodyLimit: 2 ** 18, forceCloseConnections: true });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const route = `${request.method} ${request.url.split('?')[0]}`;
    answerError(new StudioError('unknown-route', `there is no ${route}`), request, reply);
  });
  app.removeContentTypeParser('text/plain'); // what a form of another page could send
  guard.addTo(app);
  addPage(app, pageFolder);
  const endStreams = addRoutes(app, { watch, models });
  app.addHook('preClose', async () => {
    watch.close();
    endStreams();
  });
  app.addHook('onClose', () => models.close());
  try {
    await app.listen({ host: '127.0.0.1', port: settings.port });
  } catch (cause) {
    await app.close();
    throw new StudioError('cannot-listen', `port ${settings.port} cannot be listened on: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { port } = app.server.address() as AddressInfo;
  guard.listensOn(port);
  return { url: `http://127.0.0.1:${port}/?token=${guard.token}`, close: () => app.close() };
};
