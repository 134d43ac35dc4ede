import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OpenModels } from '../models/index.js';
import {
  itemsQuerySchema,
  type ListAnswer,
  listRequestSchema,
  type ModelAnswer,
  type NamedItem,
  runQuerySchema,
  type SimilarAnswer,
  similarQuerySchema,
} from '../protocol/index.js';
import type { RunsWatch } from '../runs/index.js';
import { EventStream } from './event-stream.js';

const eventsQuerySchema = z.strictObject({
  /** Runs whose logs are followed. */
  follow: z
    .union([z.string(), z.array(z.string()).max(50)])
    .optional()
    .transform((runs) => (runs === undefined ? [] : [runs].flat())),
});

/** Adds the answers to the page. Returns how to end the streams that are open. */
export const addRoutes = (
  app: FastifyInstance,
  { watch, models }: { watch: RunsWatch; models: OpenModels },
): (() => void) => {
  const streams = new Set<EventStream>();

  app.get('/api/events', async (request, reply) => {
    const { follow } = eventsQuerySchema.parse(request.query);
    let unfollow = (): void => undefined;
    const stream = new EventStream(reply, {
      onClose: () => {
        streams.delete(stream);
        unfollow();
      },
    });
    streams.add(stream);
    unfollow = await watch.follow(follow, (event) => stream.send(event));
    if (!stream.isOpen) unfollow();
  });

  app.get('/api/model', async ({ query }: FastifyRequest): Promise<ModelAnswer> => {
    const { run } = runQuerySchema.parse(query);
    await watch.look();
    return (await models.get(run, { newest: true })).info;
  });

  app.get('/api/items', async ({ query }: FastifyRequest): Promise<NamedItem[]> => {
    const { run, query: text, limit } = itemsQuerySchema.parse(query);
    return (await models.get(run)).search(text, limit);
  });

  app.get('/api/similar', async ({ query }: FastifyRequest): Promise<SimilarAnswer> => {
    const { run, item, k } = similarQuerySchema.parse(query);
    return (await models.get(run)).similar(item, k);
  });

  app.post('/api/list', async ({ body }: FastifyRequest): Promise<ListAnswer> => {
    const { run, ...list } = listRequestSchema.parse(body);
    return (await models.get(run)).list(list);
  });

  return () => {
    for (const stream of streams) stream.end();
  };
};
