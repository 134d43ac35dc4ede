import type { IncomingMessage } from 'node:http';

/** ms that a connection is not read; what `Retry-After` says. */
const pause = 1000;

/**
 * Slows down those who send more than can be refused. What is not read costs nothing: after many refusals in a second, a connection is not read for
 * as long as its sender was told to wait. So a flood from clients that do not wait leaves most of the event loop to requests that are answered.
 */
export class RefusedConnections {
  readonly #most: number;
  #start = 0;
  #refused = 0;

  /** @param most refusals in a second before connections wait; 2000 take an event loop some percent of its time. */
  constructor(most = 2000) {
    this.#most = most;
  }

  /** Told of each request that is refused before its body is read. */
  add(request: IncomingMessage): void {
    const now = performance.now();
    if (now - this.#start >= 1000) {
      this.#start = now;
      this.#refused = 0;
    }
    this.#refused += 1;
    if (this.#refused <= this.#most) return;
    const { socket } = request;
    // After the body, as reading it would go on with the connection.
    request.once('close', () => {
      socket.pause();
      setTimeout(() => socket.resume(), pause).unref();
    });
    request.resume();
  }
}
