/** What a bundler puts into a page: nothing of Node, and to recommend no more than that takes. */
import { gzipSync } from 'node:zlib';
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
  it.each(['@recsys/data', '@recsys/model', '@recsys/sasrec', '@recsys/hstu', '@recsys/training'])(
    'of all of %s has nothing of node:',
    async (name) => {
      const imports = await importsOf(`import * as all from '${name}'; globalThis.all = all;`);
      expect(imports.filter((path) => !path.startsWith('@tensorflow/'))).toEqual([]);
    },
  );

  it('is reported if it imports a node: module', async () => {
    expect(await importsOf(`import { readFile } from 'node:fs'; globalThis.all = readFile;`)).toEqual(['node:fs']);
  });
});

describe('a page that only recommends', () => {
  const page = `
    import { selectBackend } from '@recsys/model';
    import { SASRec } from '@recsys/sasrec';
    import * as tf from '@tensorflow/tfjs-core';
    await selectBackend();
    const model = await SASRec.load(tf.io.http('/model/model.json'));
    globalThis.recommendations = model.recommend(['a', 'b']);
  `;

  /** Bundles the page without tfjs, and returns its size in KB, gzipped, and the files that are in it. */
  const bundled = async (external: string[]): Promise<{ kilobytes: number; inputs: string[] }> => {
    const { metafile, outputFiles } = await build({
      stdin: { contents: page, resolveDir: import.meta.dirname },
      platform: 'browser',
      format: 'esm',
      bundle: true,
      splitting: true,
      minify: true,
      outdir: 'out',
      write: false,
      metafile: true,
      external: ['@tensorflow/*', ...external],
    });
    const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
    return { kilobytes: bytes / 1024, inputs };
  };

  it('takes at most 25 KB beside tfjs and the backend, and has no readers, no zod and no training', async () => {
    const { kilobytes, inputs } = await bundled(['@recsys/backend-simd']);
    expect(kilobytes).toBeLessThan(25);
    const others = inputs.filter(
      (path) => !/packages\/(data|errors|layers|metrics|model|sasrec)\/dist\/|^<stdin>$/.test(path),
    );
    expect(others).toEqual([]);
  });

  it('takes at most 100 KB with the backend', async () => {
    expect((await bundled([])).kilobytes).toBeLessThan(100);
  });
});
