/**
 * Trains a model of a simulated shop, builds `examples/browser` with Vite beside it, and serves both on this machine: `pnpm example:browser`.
 * With `--no-isolation` the page is served without the headers that threads need.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type PreviewServer, preview } from 'vite';

const folder = fileURLToPath(new URL('../examples/browser/', import.meta.url));
const configFile = join(folder, 'vite.config.ts');

/** Builds the page into a folder; `saveModel` writes the model to the path that it is given. */
export const buildBrowserExample = async (
  outDir: string,
  saveModel: (path: string) => Promise<void> | void,
): Promise<void> => {
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  await saveModel(join(outDir, 'model'));
};

/**
 * Serves a built page on this machine.
 *
 * @param port the next one that is free is taken.
 * @param isolated whether the page is cross-origin isolated, which threads need.
 */
export const serveBrowserExample = async (
  outDir: string,
  { port, isolated }: { port: number; isolated: boolean },
): Promise<{ url: string; close: PreviewServer['close'] }> => {
  const mode = isolated ? 'production' : 'not-isolated';
  const server = await preview({ configFile, mode, build: { outDir }, preview: { host: 'localhost', port } });
  return { url: server.resolvedUrls!.local[0], close: () => server.close() };
};

const trainAndSave = async (path: string): Promise<void> => {
  const { selectBackend } = await import('@recsys/model');
  const { trainModel } = await import('../examples/browser/shop.ts');
  await selectBackend();
  const { model, result } = await trainModel({ epochs: 20 });
  await model.save(path);
  console.log(
    `trained a model in ${result.seconds.toFixed(1)} s: NDCG@10 ${result.best!.value.toFixed(3)} in validation`,
  );
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { isolation: { type: 'boolean', default: true } }, allowNegative: true });
  const outDir = join(folder, 'dist');
  await buildBrowserExample(outDir, trainAndSave);
  const { url } = await serveBrowserExample(outDir, { port: 8000, isolated: values.isolation });
  console.log(`built ${outDir}\nopen ${url} (Ctrl+C ends)`);
}
