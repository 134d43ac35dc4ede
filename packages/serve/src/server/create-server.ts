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

/** Groups of routes, in the order in which they are shown. */
const tags = [
  { name: 'recommendations', description: 'Lists of items.' },
  { name: 'histories', description: 'What users did.' },
  { name: 'model', description: 'The model that answers.' },
  { name: 'health', description: 'For those who run the service.' },
];

/** How the page of routes looks: without the bar of the program that makes it. */
const theme = {
  title: 'Recommendations',
  css: [{ filename: 'page.css', content: '.swagger-ui .topbar { display: none; }' }],
};

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
      info: {
        title: 'Recommendations',
        description:
          'The next items for what a user did, by a trained sequential model. Bodies are JSON, unknown fields are refused, and every error has a code.',
        version,
      },
      tags,
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Where the service was started with a token.' },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', theme });
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
