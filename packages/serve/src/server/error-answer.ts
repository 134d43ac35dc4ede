import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ServeError, type ServeErrorCode } from '../errors.js';

const statuses: Readonly<Partial<Record<ServeErrorCode, number>>> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'unknown-route': 404,
  'unknown-item': 404,
  'unknown-history': 422,
  'no-times': 422,
  'bad-model': 422,
  overloaded: 503,
  'not-ready': 503,
  'histories-unavailable': 503,
};

/** The body of every answer that is an error. */
interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly issues?: readonly { readonly path: string; readonly message: string }[];
  };
}

/** Answers with an error: what the caller did wrong, or that it is ours, without the reason. */
export const answerError = (error: FastifyError | ServeError, request: FastifyRequest, reply: FastifyReply): void => {
  const { status, body } = errorAnswer(error);
  if (status >= 500 && !(error instanceof ServeError && status === 503)) request.log.error(error);
  if (error instanceof ServeError && error.retryAfter !== undefined) void reply.header('Retry-After', error.retryAfter);
  if (status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  void reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body);
};

/** Returns the status and the body for an error. */
const errorAnswer = (error: FastifyError | ServeError): { status: number; body: ErrorBody } => {
  if (error instanceof ServeError) {
    const { code, problem } = error;
    return { status: statuses[code as ServeErrorCode] ?? 500, body: { error: { code, message: problem } } };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ instancePath, message = 'is not valid' }) => ({
      path: instancePath,
      message,
    }));
    const message = `the request does not fit: ${issues[0].path} ${issues[0].message}`;
    return { status: 400, body: { error: { code: 'bad-request', message, issues } } };
  }
  const { statusCode = 500, code } = error;
  if (statusCode >= 500) return { status: 500, body: { error: { code: 'internal', message: 'this is our fault' } } };
  const own: Record<string, string> = { 413: 'too-large', 415: 'unsupported-media-type' };
  const message = code?.startsWith('FST_') === true ? error.message : (STATUS_CODES[statusCode] ?? 'Bad Request');
  return { status: statusCode, body: { error: { code: own[statusCode] ?? 'bad-request', message } } };
};

/** Answers what is no request of HTTP, or takes too long to come. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statuses: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };
  const status = statuses[error.code ?? ''] ?? 400;
  const body = JSON.stringify({ error: { code: 'bad-request', message: STATUS_CODES[status] } });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
