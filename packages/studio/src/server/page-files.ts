import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Adds the files of the built page. There are few and they are small: they are read once, and no path of a request reaches the disk. */
export const addPage = (app: FastifyInstance, folder: string): void => {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  for (const name of names.filter((own) => extname(own) in types)) {
    const content = readFileSync(join(folder, name));
    const path = name === 'index.html' ? '/' : `/${name}`;
    app.get(path, async (_request, reply) => reply.type(types[extname(name)]).send(content));
  }
};
