import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Serves the files of a folder on localhost.
 *
 * @param isolated whether pages are cross-origin isolated, which threads need.
 * @param port default one that is free.
 */
export const serveFolder = async (
  folder: string,
  { isolated, port = 0 }: { isolated: boolean; port?: number },
): Promise<{ url: string; close: () => void }> => {
  const headers = isolated && {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  };
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = resolve(join(folder, pathname === '/' ? 'index.html' : decodeURIComponent(pathname)));
    if (!path.startsWith(resolve(folder) + sep) || !existsSync(path) || !statSync(path).isFile())
      return void response.writeHead(404, { ...headers }).end();
    response.writeHead(200, { ...headers, 'Content-Type': types[extname(path)] ?? 'application/octet-stream' });
    response.end(readFileSync(path));
  });
  await new Promise<void>((listening) => server.listen(port, 'localhost', listening));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
};
