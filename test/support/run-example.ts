import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** A TypeScript example of a document. */
interface Example {
  readonly code: string;
  /** Reason not to run it: the text after `no-run:` on its first line. */
  readonly noRun: string | undefined;
}

/** Returns the TypeScript examples of a document, in order. */
export const examplesOf = (path: string): Example[] =>
  [...readFileSync(path, 'utf8').matchAll(/^```ts(?: no-run: (.+))?\n([\s\S]*?)^```/gm)].map(([, noRun, code]) => ({
    code,
    noRun,
  }));

/**
 * Runs an example as a separate program, and returns its output.
 *
 * @param path path of the document; the program runs in a folder below that of the document, so that packages are found
 * by name.
 * @param files files that the example reads, by path in its folder.
 */
export const runExample = (path: string, { code }: Example, files: Readonly<Record<string, string>> = {}): string => {
  const cache = join(dirname(path), 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'example-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'example.mts': code })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'example.mts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
