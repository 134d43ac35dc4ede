/** Parquet and Arrow in a bundle, which lacks the file of the process that decodes them elsewhere. */
import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { simulateInteractions, writeInteractions } from '@recsys/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleForNode } from './bundle.ts';
import { Workshop } from './program.ts';

const workshop = new Workshop();
const [parquet, arrow, damaged] = ['a.parquet', 'a.arrow', 'damaged.parquet'].map((name) => join(workshop.path, name));
const { interactions } = simulateInteractions({ seed: 1, users: 20, items: 30 });
beforeAll(async () => {
  for (const path of [parquet, arrow, damaged]) await writeInteractions(interactions, path);
  truncateSync(damaged, 100);
});
afterAll(() => workshop.remove());

const program = `
import { readInteractions } from '@recsys/data';
const read = (path) => readInteractions(path).then(({ size }) => size, ({ problem }) => problem);
Promise.all(process.argv.slice(2).map(read)).then((sizes) => console.log(JSON.stringify(sizes)));
`;

describe.each(['esm', 'cjs'] as const)('a bundle as %s', (format) => {
  it.each([
    { title: 'without the decoder', copied: [] },
    {
      title: 'with the file of the decoder, but not those that it imports',
      copied: ['@recsys/data/dist/decoder-process.js'],
    },
  ])('reads Parquet and Arrow, and refuses a damaged file, $title', async ({ copied }) => {
    const path = await bundleForNode(workshop, program, { format, copied });
    const printed = execFileSync(process.execPath, [path, parquet, arrow, damaged], { encoding: 'utf8' });
    const { size } = interactions;
    expect(JSON.parse(printed)).toEqual([size, size, expect.stringContaining('damaged or cut-off Parquet file')]);
  });
});
