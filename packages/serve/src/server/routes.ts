import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ServeError } from '../errors.js';
import {
  batchAnswerSchema,
  batchRequestSchema,
  errorSchema,
  eventAnswerSchema,
  eventRequestSchema,
  healthSchema,
  modelAnswerSchema,
  modelRequestSchema,
  recommendAnswerSchema,
  recommendRequestSchema,
  similarAnswerSchema,
  similarParamsSchema,
  similarQuerySchema,
} from '../protocol/index.js';
import { overloaded } from './admission.js';
import { RefusedConnections } from './refused-connections.js';
import type { Service } from './service.js';
import { tokenCheck } from './tokens.js';

/** What every route may answer besides its own. */
const failures = {
  '4xx': errorSchema.describe('The request cannot be answered as it is.'),
  '5xx': errorSchema.meta({
    description: '503: try again after the seconds in Retry-After.',
    examples: [
      { error: { code: 'overloaded', message: 'more requests come than can be answered in time; try again later' } },
    ],
  }),
};
const security = [{ token: [] }];

/** Adds the routes of `/v1`. */
export const addRoutes = (base: FastifyInstance, service: Service): void => {
  const app = base.withTypeProvider<ZodTypeProvider>();
  const { token, adminToken = token, bodyLimit } = service.settings;
  const onRequest = tokenCheck(token);
  /** Before the body is read: what is too much must cost little. */
  const refused = new RefusedConnections();
  const scoring = [
    onRequest,
    async ({ raw }: FastifyRequest) => {
      if (!service.admission.isFull()) return;
      refused.add(raw);
      throw overloaded;
    },
  ];
  const isAdmin = tokenCheck(adminToken);

  app.post(
    '/v1/recommend',
    {
      onRequest: scoring,
      bodyLimit,
      schema: {
        summary: 'The next items for a history, best first',
        tags: ['recommendations'],
        security,
        body: recommendRequestSchema,
        response: { 200: recommendAnswerSchema, ...failures },
      },
    },
    ({ body }) => service.recommend(body),
  );

  app.post(
    '/v1/recommend/batch',
    {
      onRequest: scoring,
      bodyLimit: 8 * bodyLimit,
      schema: {
        summary: 'The next items for many histories; one that cannot be answered leaves the others alone',
        tags: ['recommendations'],
        security,
        body: batchRequestSchema,
        response: { 200: batchAnswerSchema, ...failures },
      },
    },
    ({ body }) => service.recommendBatch(body.requests),
  );

  app.get(
    '/v1/items/:id/similar',
    {
      onRequest: scoring,
      schema: {
        summary: 'The items most like one; scores are cosine similarities',
        tags: ['recommendations'],
        security,
        params: similarParamsSchema,
        querystring: similarQuerySchema,
        response: { 200: similarAnswerSchema, ...failures },
      },
    },
    ({ params, query }) => service.similar(params.id, query.k),
  );

  app.post(
    '/v1/events',
    {
      onRequest,
      bodyLimit,
      schema: {
        summary: 'Records what a user did, so that their next list knows it',
        tags: ['histories'],
        security,
        body: eventRequestSchema,
        response: { 200: eventAnswerSchema, ...failures },
      },
    },
    async ({ body }) => {
      const recorded = await service.histories.append({ ...body, time: body.time ?? service.settings.now() });
      service.metrics.events.inc({ outcome: recorded ? 'recorded' : 'known' });
      return { recorded };
    },
  );

  app.get(
    '/v1/model',
    {
      onRequest,
      schema: {
        summary: 'The model that answers',
        tags: ['model'],
        security,
        response: { 200: modelAnswerSchema, ...failures },
      },
    },
    async () => service.model(),
  );

  app.post(
    '/v1/model',
    {
      onRequest: async (request) => {
        if (adminToken === undefined)
          throw new ServeError('forbidden', 'the service was started without a token, so its model cannot be changed');
        await isAdmin(request);
      },
      bodyLimit,
      schema: {
        summary: 'Loads a model beside the one that answers, checks it, and lets it take over; or goes back',
        tags: ['model'],
        security,
        body: modelRequestSchema,
        response: { 200: modelAnswerSchema, ...failures },
      },
    },
    async ({ body }) => {
      await service.changeModel(body);
      return service.model();
    },
  );
};

/** Adds `/health/live`, `/health/ready` and `/metrics`. */
export const addObservation = (base: FastifyInstance, service: Service): void => {
  const app = base.withTypeProvider<ZodTypeProvider>();
  const { registry } = service.settings;

  app.get(
    '/health/live',
    { schema: { summary: 'Whether the process answers', tags: ['health'], response: { 200: healthSchema } } },
    async () => ({ status: 'live' }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        summary: 'Whether requests should be sent here',
        tags: ['health'],
        response: {
          200: healthSchema,
          503: healthSchema.meta({
            description: 'Not now.',
            examples: [{ status: 'not ready', reason: 'the service is closing' }],
          }),
        },
      },
    },
    async (_request, reply) => {
      const reason = await service.unreadiness();
      if (reason === undefined) return { status: 'ready' };
      return reply.code(503).send({ status: 'not ready', reason });
    },
  );

  app.get(
    '/metrics',
    {
      onRequest: tokenCheck(service.settings.token),
      schema: {
        summary: 'Metrics for Prometheus',
        tags: ['health'],
        security,
        response: { 200: z.string().describe('Metrics in the text format of Prometheus.') },
      },
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      void reply.type(registry.contentType);
      return registry.metrics();
    },
  );
};
