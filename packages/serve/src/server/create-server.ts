import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { version } from '../../package.json';
import { ServeError } from '../errors.js';
import { answerClientError, answerError } from './error-answer.js';
import { type RecommendationsOptions, recommendations } from './recommendations.js';

/** Options of `createServer`. */
export interface ServerOptions extends RecommendationsOptions {
  /** The logger of Fastify, or its options. Default none. */
  logger?: FastifyServerOptions['logger'];
  /** Milliseconds in which a request must have come as a whole. Default 10000. */
  requestTimeout?: number | undefined;
}

/**
 * Resolves to a server of Fastify that recommends by a trained model, when the model is ready. It has the routes of `recommendations`, the OpenAPI
 * document at `/openapi.json`, a page of it at `/docs`, and metrics of the process.
 *
 * @throws {ServeError} as `recommendations`.
 * @example
 * const app = await createServer({ model: 'runs/movies', items: 'movies.csv' });
 * await app.listen({ port: 8080 });
 * // curl -d '{ "history": ["296", "318"] }' -H 'content-type: application/json' localhost:8080/v1/recommend
 * await app.close(); // answers the requests that were made first
 */
export const createServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const { logger = false, requestTimeout = 10_000, registry = new Registry(), ...own } = options;
  const app = fastify({
    logger,
    requestTimeout,
    pluginTimeout: 0, // a large model takes its time to load
    bodyLimit: own.bodyLimit ?? 2 ** 20,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 2048 },
    clientErrorHandler: (error, socket) => answerClientError(error, socket as never),
    frameworkErrors: answerError,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    answerError(new ServeError('unknown-route', `there is no ${request.method} ${request.url}`), request, reply);
  });
  if (registry.getSingleMetric('process_cpu_seconds_total') === undefined)
    collectDefaultMetrics({ register: registry });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Recommendations', description: 'A trained sequential recommender.', version },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger());
  try {
    await app.register(recommendations, { ...own, registry });
    await app.ready();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
};
