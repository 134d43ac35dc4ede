import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ServeError } from '../errors.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Returns a check of the bearer token of a request, whose time tells nothing of the token.
 * @param token absent: every request passes.
 */
export const tokenCheck = (token: string | undefined): ((request: FastifyRequest) => Promise<void>) => {
  if (token === undefined) return async () => undefined;
  const wanted = digest(token);
  return async ({ headers }) => {
    const [, given = ''] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!timingSafeEqual(digest(given), wanted))
      throw new ServeError('unauthorized', 'the header Authorization must be Bearer and the token');
  };
};
