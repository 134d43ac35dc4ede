import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { RefusedConnections } from './refused-connections.js';

it('does not read a connection for a second after too many refusals', async () => {
  const refused = new RefusedConnections(3);
  const server = createServer((asked, answer) => {
    if (asked.url === '/refused') refused.add(asked);
    answer.end('done');
  }).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  /** Resolves to the ms until a request with a large body has its answer. */
  const ask = async (agent: Agent, path = '/refused') => {
    const start = performance.now();
    const own = request({ port, agent, path, method: 'POST' }).end('x'.repeat(200_000));
    const [answer] = await once(own, 'response');
    expect(await text(answer)).toBe('done');
    return performance.now() - start;
  };
  const [one, other] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  const times = [];
  for (let i = 0; i < 4; i++) times.push(await ask(one));
  expect(Math.max(...times)).toBeLessThan(900); // the fourth has its answer before its connection waits
  const [late, onTime] = await Promise.all([ask(one, '/answered'), ask(other, '/answered')]);
  expect(late).toBeGreaterThan(900);
  expect(onTime).toBeLessThan(900);
  expect(await ask(one, '/answered')).toBeLessThan(900);
  one.destroy();
  other.destroy();
  server.close();
});
