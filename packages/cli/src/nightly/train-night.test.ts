import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeRun, startOf } from './train-night.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-night-'));
afterAll(() => rmSync(root, { recursive: true }));

const withFiles = (...names: string[]): string => {
  const directory = join(mkdtempSync(join(root, 'case-')), 'training');
  mkdirSync(directory);
  for (const name of names) writeFileSync(join(directory, name), '{}');
  return directory;
};

describe('removeRun', () => {
  it('removes a run, also one that was killed before it had settings', async () => {
    for (const directory of [withFiles('config.json', 'metrics.jsonl', 'in-use-by-7'), withFiles()]) {
      await removeRun(directory);
      expect(readdirSync(join(directory, '..'))).toEqual([]);
      await removeRun(directory); // nothing is there
    }
  });

  it('does not remove what is no run', async () => {
    const directory = withFiles('config.json', 'thesis.txt');
    await expect(removeRun(directory)).rejects.toThrow(
      `${directory}: holds thesis.txt, which is not part of a run; it is not replaced`,
    );
    expect(existsSync(join(directory, 'thesis.txt'))).toBe(true);
  });
});

describe('startOf', () => {
  it('is undefined of what cannot be read', async () => {
    expect(await startOf(join(root, 'nothing'))).toBeUndefined();
    expect(await startOf(withFiles('config.json'))).toBeUndefined();
  });
});
