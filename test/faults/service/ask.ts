import { Agent, request } from 'node:http';

export interface Reply {
  /** 0 where there was no answer. */
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a body of any route
  readonly body: any;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request over a connection that is kept, and resolves to its answer, or to status 0. */
export const ask = (
  url: string,
  body?: string | Buffer | object,
  { timeout = 20_000, headers = {} }: { timeout?: number; headers?: Record<string, string> } = {},
): Promise<Reply> =>
  new Promise((resolve) => {
    const content =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const sent = request(
      url,
      {
        agent,
        method: body === undefined ? 'GET' : 'POST',
        timeout,
        headers: {
          ...(content !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(content),
          }),
          ...headers,
        },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => {
          try {
            resolve({ status: answer.statusCode!, body: JSON.parse(text) });
          } catch {
            resolve({ status: answer.statusCode!, body: text });
          }
        });
        answer.on('error', () => resolve({ status: 0, body: 'the answer broke off' }));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => resolve({ status: 0, body: error.message }));
    sent.end(content);
  });
