import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A response of HTTP/1.1 with a Content-Length. */
interface Response {
  readonly status: number;
  readonly closes: boolean;
}

/** A connection that has one request at a time. */
class Connection {
  readonly #socket: Socket;
  #received = '';
  #done: ((response: Response | Error) => void) | undefined;
  isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#receive(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isOpen = false;
      this.#settle(new Error('the connection was closed'));
    });
  }

  static async open(address: URL): Promise<Connection> {
    const socket = connect(Number(address.port), address.hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  send(request: string): Promise<Response | Error> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const headers = this.#received.slice(0, head).toLowerCase();
    const length = Number(/\r\ncontent-length: *(\d+)/.exec(headers)?.[1]);
    if (this.#received.length < head + 4 + length) return;
    const response = { status: Number(headers.slice(9, 12)), closes: /\r\nconnection: *close/.test(headers) };
    this.#received = '';
    if (response.closes) this.close();
    this.#settle(response);
  }

  #settle(result: Response | Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(result);
  }
}

/** ms between two looks at what is due. */
const tick = 4;

/**
 * Sends requests at an even rate, whether earlier ones have their answers or not, as visitors do who know nothing of each other: each takes a
 * connection that has none. (autocannon sends what is due in a second at its start, and waits for answers.)
 *
 * @param options.rate requests a second.
 * @param options.connections how many there may be at most; with more requests without an answer, those that are due are counted as `notSent`.
 * @param options.onResponse told of each answer, with the ms since the request was due.
 */
export const openLoop = async (
  address: string,
  {
    requests,
    rate,
    seconds,
    connections,
    onResponse,
  }: {
    requests: readonly string[];
    rate: number;
    seconds: number;
    connections: number;
    onResponse: (status: number, milliseconds: number) => void;
  },
): Promise<{ errors: number; notSent: number }> => {
  const url = new URL(address);
  const idle: Connection[] = [];
  const pending = new Set<Promise<void>>();
  let [sent, errors, notSent] = [0, 0, 0];
  const sendOne = async (request: string, due: number): Promise<void> => {
    let connection = idle.pop();
    while (connection?.isOpen === false) connection = idle.pop();
    connection ??= await Connection.open(url);
    const response = await connection.send(request);
    if (response instanceof Error) throw response;
    onResponse(response.status, performance.now() - due);
    if (!response.closes) idle.push(connection);
  };
  const start = performance.now();
  for (;;) {
    const elapsed = performance.now() - start;
    const due = Math.floor((Math.min(elapsed, 1000 * seconds) * rate) / 1000);
    for (; sent < due; sent++) {
      if (pending.size >= connections) {
        notSent += 1;
        continue;
      }
      const work = sendOne(requests[sent % requests.length], start + (1000 * (sent + 1)) / rate)
        .catch(() => {
          errors += 1;
        })
        .finally(() => pending.delete(work));
      pending.add(work);
    }
    if (elapsed >= 1000 * seconds) break;
    await new Promise((resolve) => setTimeout(resolve, tick));
  }
  await Promise.all(pending);
  for (const connection of idle) connection.close();
  return { errors, notSent };
};
