import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { queryRows } from '../index.js';

/** A server that asks for a password as PostgreSQL does, and keeps what it is sent. */
let ask = Buffer.alloc(0);
let received = '';
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write(ask);
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      socket.end();
    });
  });
}).listen(0, '127.0.0.1');
afterAll(() => server.close());

describe('scramOnly', () => {
  it.each([
    ['the password', Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]), /Secret7/],
    ['its MD5 hash', Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4]), /md5[0-9a-f]{32}/],
  ])('keeps %s from a server that asks for it', async (_, question, answer) => {
    if (!server.listening) await once(server, 'listening');
    ask = question;
    const url = `postgres://ann:Secret7@127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
    const login = (scramOnly: boolean) => {
      received = '';
      return queryRows(url, 'select 1', { scramOnly }).next();
    };
    await expect(login(true)).rejects.toMatchObject({
      code: 'cannot-open',
      message: expect.stringMatching(/the server does not log in by SCRAM, and would learn the password$/),
    });
    expect(received).toBe('');
    await expect(login(false)).rejects.toMatchObject({ code: 'cannot-open' });
    expect(received).toMatch(answer);
  });
});
