import type { FastifyReply } from 'fastify';
import type { StudioEvent } from '../protocol/index.js';

/** Bytes that may wait for a page that does not read them; it may connect again. */
const mostWaiting = 2 ** 24;

/** Ms between two signs of life. */
const heartbeat = 15_000;

/** Events to a page, as server-sent events. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #timer: NodeJS.Timeout;

  constructor(reply: FastifyReply, { onClose }: { onClose: () => void }) {
    this.#reply = reply;
    reply.hijack();
    const { raw } = reply;
    const own = { 'Content-Type': 'text/event-stream; charset=utf-8', Connection: 'keep-alive' };
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...own });
    raw.write('retry: 1000\n\n');
    this.#timer = setInterval(() => raw.write(': \n\n'), heartbeat);
    raw.on('error', () => undefined);
    raw.on('close', () => {
      clearInterval(this.#timer);
      onClose();
    });
  }

  get isOpen(): boolean {
    const { writable, destroyed } = this.#reply.raw;
    return writable && !destroyed;
  }

  send(event: StudioEvent): void {
    const { raw } = this.#reply;
    if (!this.isOpen) return;
    if (raw.writableLength > mostWaiting) raw.destroy();
    else raw.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  end(): void {
    this.#reply.raw.end();
  }
}
