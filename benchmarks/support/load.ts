/**
 * Loads a service over HTTP. A program too: `node --import tsx load.ts ADDRESS < LOAD` sends a `Load` from a process of its own, and prints its
 * `LoadResult`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { openLoop } from './open-loop.ts';

export interface Load {
  /** Where requests go. Default `/v1/recommend`. */
  readonly path?: string | undefined;
  /** Bodies of requests, sent in turn. */
  readonly bodies: readonly string[];
  /** How many there are; with `rate`, how many there may be. */
  readonly connections: number;
  /** Requests a second, sent evenly, or undefined for as many as are answered. */
  readonly rate?: number | undefined;
  /** Seconds. Default 10; without effect where `requests` is given. */
  readonly duration?: number | undefined;
  /** Number of requests. */
  readonly requests?: number | undefined;
}

interface LoadResult {
  readonly connections: number;
  readonly askedPerSecond: number | undefined;
  readonly seconds: number;
  readonly answered: number;
  readonly answeredPerSecond: number;
  /** Latencies of requests that were answered with 200. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Requests that were answered with 503, and their latencies. */
  readonly refused: number;
  readonly refusedP50Ms: number | undefined;
  readonly refusedP99Ms: number | undefined;
  readonly otherStatuses: number;
  readonly errors: number;
  /** Requests that were due while no connection was free. */
  readonly notSent: number;
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const percentile = (sorted: Float64Array, share: number): number =>
  round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);

/** Sends requests one after the other on each connection, by autocannon. */
const closedLoop = async (
  address: string,
  { path, bodies, connections, duration = 10, requests }: Load & { path: string },
  onResponse: (status: number, milliseconds: number) => void,
): Promise<{ errors: number; notSent: number }> => {
  let next = 0;
  const { errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const options: autocannon.Options = {
      url: address,
      connections,
      ...(requests === undefined ? { duration } : { amount: requests }),
      timeout: 30,
      requests: [
        {
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json' },
          setupRequest: (request) => ({ ...request, body: bodies[next++ % bodies.length] }),
        },
      ],
    };
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    run.on('response', (_client, status, _bytes, milliseconds) => onResponse(status, milliseconds));
  });
  return { errors, notSent: 0 };
};

/** Sends requests, and resolves to what came back. */
export const load = async (address: string, given: Load): Promise<LoadResult> => {
  const { path = '/v1/recommend', bodies, connections, rate, duration = 10 } = given;
  const served: number[] = [];
  const refused: number[] = [];
  let otherStatuses = 0;
  const onResponse = (status: number, milliseconds: number): void => {
    if (status === 200) served.push(milliseconds);
    else if (status === 503) refused.push(milliseconds);
    else otherStatuses += 1;
  };
  const { host } = new URL(address);
  const requestOf = (body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const start = performance.now();
  const { errors, notSent } =
    rate === undefined
      ? await closedLoop(address, { ...given, path }, onResponse)
      : await openLoop(address, { requests: bodies.map(requestOf), rate, seconds: duration, connections, onResponse });
  const seconds = (performance.now() - start) / 1000;
  const sorted = Float64Array.from(served).sort();
  const refusals = Float64Array.from(refused).sort();
  const ofRefused = (share: number) => (refusals.length === 0 ? undefined : percentile(refusals, share));
  return {
    connections,
    askedPerSecond: rate === undefined ? undefined : Math.round(rate),
    seconds: round(seconds),
    answered: served.length,
    answeredPerSecond: round(served.length / seconds, 1),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    refused: refused.length,
    refusedP50Ms: ofRefused(0.5),
    refusedP99Ms: ofRefused(0.99),
    otherStatuses,
    errors,
    notSent,
  };
};

const program = fileURLToPath(import.meta.url);

/** Does it from a process of its own, so that the service in this one is not slowed by it. */
export const loadFromProcess = async (address: string, given: Load): Promise<LoadResult> => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, address], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(given));
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`the load ended with ${status}`);
  return JSON.parse(output) as LoadResult;
};

if (process.argv[1] === program)
  console.log(JSON.stringify(await load(process.argv[2], JSON.parse(await text(process.stdin)) as Load)));
