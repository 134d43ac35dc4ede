import type { FastifyPluginAsync } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { answerError } from './error-answer.js';
import { type RecommendationsOptions, settingsOf } from './options.js';
import { addObservation, addRoutes } from './routes.js';
import { Service } from './service.js';

export type { RecommendationsOptions } from './options.js';

/**
 * A plugin for Fastify 5 that recommends by a trained model: routes under `/v1`, `/health` and `/metrics`. Its model computes in threads of its own.
 *
 * Two settings of Fastify are too small for it: a plugin has 10 seconds to start, and a large model takes longer to load (`pluginTimeout: 0`); ids in
 * addresses may have 100 characters (`routerOptions: { maxParamLength: 2048 }`).
 *
 * @throws {ServeError} `bad-option`, and `bad-model` when the model cannot be loaded.
 * @example
 * const app = fastify({ pluginTimeout: 0 });
 * await app.register(recommendations, { model: 'runs/movies', items: 'movies.csv', prefix: '/movies' });
 * await app.listen({ port: 8080 });
 */
export const recommendations: FastifyPluginAsync<RecommendationsOptions> = async (app, given) => {
  const { prefix: _, ...options } = given as RecommendationsOptions & { prefix?: string };
  const settings = settingsOf('recommendations', options);
  const service = await Service.start(settings);
  app.addHook('preClose', async () => service.drain());
  app.addHook('onClose', () => service.close());
  app.removeContentTypeParser('text/plain'); // requests are JSON alone
  // A connection that stayed open for another request would keep the server from ending.
  app.addHook('onSend', async (_request, reply) => {
    if (service.isClosing) void reply.header('Connection', 'close');
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify); // what is sent is made here, and a test holds it to the schemas
  app.setErrorHandler(answerError);
  const { requests, seconds } = service.metrics;
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'unknown';
    requests.inc({ route, method, status: reply.statusCode });
    seconds.observe({ route }, reply.elapsedTime / 1000);
  });
  addObservation(app, service);
  addRoutes(app, service);
};
