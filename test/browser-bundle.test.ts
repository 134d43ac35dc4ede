/** Bundles for the browser contain nothing of Node. */
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Returns the modules that a bundle for the browser still imports. */
const importsOf = async (contents: string): Promise<string[]> => {
  const { metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    platform: 'browser',
    format: 'esm',
    bundle: true,
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
    external: ['node:*', '@tensorflow/*'],
  });
  return Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
};

describe('a bundle for the browser', () => {
  it.each(['@recsys/data', '@recsys/model', '@recsys/sasrec'])(
    'of all of %s imports no node: modules',
    async (name) => {
      const imports = await importsOf(`import * as all from '${name}'; globalThis.all = all;`);
      expect(imports.filter((path) => !path.startsWith('@tensorflow/'))).toEqual([]);
    },
  );

  it('is reported if it imports a node: module', async () => {
    expect(await importsOf(`import { readFile } from 'node:fs'; globalThis.all = readFile;`)).toEqual(['node:fs']);
  });
});
