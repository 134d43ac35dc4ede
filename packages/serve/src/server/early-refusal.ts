import type { IncomingMessage, ServerResponse } from 'node:http';
import { overloaded } from './admission.js';
import { errorAnswer } from './error-answer.js';
import type { Service } from './service.js';

const answer = Buffer.from(JSON.stringify(errorAnswer(overloaded).body));
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(answer.length),
  'retry-after': String(overloaded.retryAfter),
};

/** Returns the route of a request that takes a scoring thread; undefined for others. */
const scoredRoute = (url: string): string | undefined => {
  if (url === '/v1/recommend' || url === '/v1/recommend/batch') return url;
  return url.startsWith('/v1/items/') ? '/v1/items/:id/similar' : undefined;
};

/**
 * Refuses a request that is too much before Fastify knows of it, and returns whether it did. What comes beyond what can be answered is most of the
 * work of an event loop that is flooded: a refusal by a hook takes about as long as an answer.
 */
export const refuseEarly = (
  { admission, metrics, isClosing }: Service,
  { url = '', method = '' }: IncomingMessage,
  response: ServerResponse,
): boolean => {
  const route = scoredRoute(url);
  if (route === undefined || isClosing || !admission.isFull()) return false;
  metrics.requests.inc({ route, method, status: 503 });
  response.writeHead(503, headers).end(answer);
  return true;
};
