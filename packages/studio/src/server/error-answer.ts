import { RecsysError } from '@recsys/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { StudioError, type StudioErrorCode } from '../errors.js';

const statuses: Readonly<Partial<Record<StudioErrorCode, number>>> = {
  'bad-request': 400,
  forbidden: 403,
  'unknown-route': 404,
  'unknown-run': 404,
  'bad-run': 422,
  'bad-model': 422,
};

/** Answers with an error: JSON for the page, a page of a sentence for who opens the wrong address. */
export const answerError = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
  const { status, code, message } = described(error);
  void reply.code(status);
  if (request.url.startsWith('/api/')) void reply.send({ error: { code, message } });
  else void reply.type('text/plain; charset=utf-8').send(`${sentence(message)}\n`);
};

const described = (error: FastifyError | Error): { status: number; code: string; message: string } => {
  if (error instanceof z.ZodError) {
    const [{ path, message }] = error.issues;
    return { status: 400, code: 'bad-request', message: `the request does not fit: ${path.join('.')} ${message}` };
  }
  if (RecsysError.isInstance(error)) {
    const { code, problem: message } = error;
    const own = error instanceof StudioError ? statuses[code as StudioErrorCode] : undefined;
    return { status: own ?? 422, code, message };
  }
  const { statusCode = 500 } = error as FastifyError;
  if (statusCode < 500) return { status: statusCode, code: 'bad-request', message: error.message };
  return { status: 500, code: 'internal', message: `this is a fault of the studio: ${error.message}` };
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
