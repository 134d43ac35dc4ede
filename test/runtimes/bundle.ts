import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Workshop } from './program.ts';

interface BundleOptions {
  readonly format: 'esm' | 'cjs';
  /** Files of packages to copy beside the bundle, as paths in `node_modules`. Default none. */
  readonly copied?: readonly string[];
}

/** The file of the threads of `@recsys/backend-simd`. */
export const workerFile = '@recsys/backend-simd/dist/worker.js';

/** Bundles a program for Node with esbuild, as `docs/runtimes.md` says, and returns its path. */
export const bundleForNode = async (
  workshop: Workshop,
  contents: string,
  { format, copied = [] }: BundleOptions,
): Promise<string> => {
  const folder = `bundle-${format}${copied.map((file) => `-${file.replaceAll('/', '-')}`).join('')}`;
  const outfile = join(workshop.path, folder, format === 'esm' ? 'main.mjs' : 'main.cjs');
  // tfjs calls require(), which a bundle in ESM does not have by itself.
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin: { contents, resolveDir: workshop.path },
    outfile,
    bundle: true,
    platform: 'node',
    format,
    banner: format === 'esm' ? { js: banner } : {},
    logLevel: 'error',
  });
  for (const file of copied)
    copyFileSync(join(workshop.path, 'node_modules', file), join(dirname(outfile), file.split('/').at(-1)!));
  return outfile;
};
