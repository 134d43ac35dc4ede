/**
 * Builds `examples/browser` into its `dist` folder with esbuild, beside a model of simulated data, and serves it with the headers that threads
 * need: `pnpm example:browser`.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { serveFolder } from '../test/support/serve-folder.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Builds the page; `saveModel` writes the model to the path that it is given. */
export const buildBrowserExample = async (
  folder: string,
  saveModel: (path: string) => Promise<void> | void,
): Promise<void> => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(root, 'examples/browser/main.js')],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  });
  copyFileSync(join(root, 'examples/browser/index.html'), join(folder, 'index.html'));
  // The threads of the backend: esbuild does not take the file along by itself.
  copyFileSync(join(root, 'node_modules/@recsys/backend-simd/dist/worker.js'), join(folder, 'worker.js'));
  await saveModel(join(folder, 'model'));
};

const trainModel = async (path: string): Promise<void> => {
  const { leaveOneOut, simulateInteractions, toSequences } = await import('@recsys/data');
  const { selectBackend } = await import('@recsys/model');
  const { SASRec } = await import('@recsys/sasrec');
  const { fit } = await import('@recsys/training');
  await selectBackend();
  const split = leaveOneOut(toSequences(simulateInteractions({ seed: 1, users: 500, items: 100 }).interactions));
  const model = new SASRec({ catalog: split.catalog, hiddenUnits: 32, seed: 1 });
  await fit(model, split, { epochs: 5, seed: 1 });
  await model.save(path);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(root, 'examples/browser/dist');
  await buildBrowserExample(folder, trainModel);
  const { url } = await serveFolder(folder, { isolated: true, port: 8000 });
  console.log(`built ${folder}\nopen ${url} (Ctrl+C ends)`);
}
