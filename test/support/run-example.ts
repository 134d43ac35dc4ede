import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/**
 * Runs the first TypeScript example of a README whose code begins with `start`, and returns what it prints.
 *
 * @param root the folder of the README; the example runs inside it, so that packages are found by name.
 * @param files what the example reads, by name.
 */
export const runExample = (
  root: string,
  { start = '', files = {} }: { start?: string; files?: Readonly<Record<string, string>> } = {},
): string => {
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g);
  const code = [...blocks].map(([, block]) => block).find((block) => block.startsWith(start));
  if (code === undefined) throw new Error(`${root}: the README has no example that begins with "${start}"`);
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'readme-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'example.mts': code }))
      writeFileSync(join(folder, name), content);
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
