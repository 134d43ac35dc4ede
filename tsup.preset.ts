import { defineConfig } from 'tsup';

/** The build that every package shares: one ESM bundle per entry, with types and source maps. */
export const preset = (entry: string[] | Record<string, string> = ['src/index.ts']) =>
  defineConfig({
    entry,
    format: ['esm'],
    dts: true,
    sourcemap: true,
    clean: true,
    target: 'es2022',
    platform: 'node',
    removeNodeProtocol: false,
  });
