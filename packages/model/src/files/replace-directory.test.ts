import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { savedModelDirectory } from './run-layout.js';
import {
  type Files,
  readVerifiedDirectory,
  replaceVerifiedDirectory,
  writeVerifiedDirectory,
} from './verified-directory.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-replace-'));
afterAll(() => rmSync(root, { recursive: true }));

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(root, 'case-'));
  directory = join(parent, 'movies');
});

/** Files that say their version in each of two parts, so that a mixture of two versions is seen. */
const filesOf = (version: number): Files => ({
  'model.json': JSON.stringify({ version }),
  'weights.bin': new Uint8Array(Float32Array.from({ length: 2000 }, () => version).buffer),
});

/** Returns the version of a whole directory. */
const versionOf = async (path: string): Promise<number> => {
  const files = await readVerifiedDirectory(path);
  const { version } = JSON.parse(Buffer.from(files.get('model.json')!).toString());
  const weights = new Float32Array(Uint8Array.from(files.get('weights.bin')!).buffer);
  expect(weights).toHaveLength(2000);
  expect(weights.every((weight) => weight === version)).toBe(true);
  return version;
};

/** Starts a process that saves versions from `first` on, and prints each when it is saved. */
const saver = (path: string, first: number, last: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `import { replaceVerifiedDirectory } from ${JSON.stringify(new URL('./verified-directory.ts', import.meta.url).href)};
      for (let version = ${first}; version <= ${last}; version++) {
        await replaceVerifiedDirectory(${JSON.stringify(path)}, {
          'model.json': JSON.stringify({ version }),
          'weights.bin': new Uint8Array(Float32Array.from({ length: 2000 }, () => version).buffer),
        });
        console.log(version);
      }`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

describe('replaceVerifiedDirectory', () => {
  it('writes where nothing is, replaces what is there, and leaves nothing else', async () => {
    const deep = join(parent, 'a', 'b', 'movies');
    for (const version of [1, 2, 3]) {
      await replaceVerifiedDirectory(deep, filesOf(version));
      expect(await versionOf(deep)).toBe(version);
      expect(readdirSync(join(parent, 'a', 'b'))).toEqual(['movies']);
    }
  });

  it('replaces what a symbolic link leads to', async () => {
    await writeVerifiedDirectory(directory, filesOf(1));
    symlinkSync('movies', join(parent, 'current'));
    await replaceVerifiedDirectory(join(parent, 'current'), filesOf(2));
    expect(await versionOf(directory)).toBe(2);
    expect(readdirSync(parent)).toEqual(['current', 'movies']);
  });

  it('refuses a directory with anything else in it, and a file', async () => {
    await writeVerifiedDirectory(directory, filesOf(1));
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    await expect(replaceVerifiedDirectory(directory, filesOf(2))).rejects.toMatchObject({
      code: 'cannot-write',
      message: expect.stringContaining('holds notes.txt, which is not part of a saved model; it is not replaced'),
    });
    expect(await versionOf(directory)).toBe(1);
    writeFileSync(join(parent, 'file'), '');
    await expect(replaceVerifiedDirectory(join(parent, 'file'), filesOf(2))).rejects.toThrow('is not a directory');
    expect(readdirSync(parent).sort()).toEqual(['file', 'movies']);
  });

  it('is whole for a reader at any moment while another process saves 200 times', async () => {
    await writeVerifiedDirectory(directory, filesOf(0));
    const child = saver(directory, 1, 200);
    child.stdout!.resume();
    const closed = once(child, 'close');
    const versions = new Set<number>();
    let newest = 0;
    while (child.exitCode === null) {
      expect(await savedModelDirectory(directory)).toBe(directory);
      const version = await versionOf(directory);
      expect(version).toBeGreaterThanOrEqual(newest);
      newest = version;
      versions.add(version);
    }
    expect(await closed).toEqual([0, null]);
    expect(versions.size).toBeGreaterThan(10);
    expect(await versionOf(directory)).toBe(200);
    expect(readdirSync(parent)).toEqual(['movies']);
  });

  it('loses nothing by kill -9, and the next save is not blocked by what was left', async () => {
    let saved = 0;
    for (const lines of [1, 7, 20, 3, 12]) {
      const child = saver(directory, saved + 1, 1e9);
      const exit = once(child, 'exit');
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout! })) {
        saved = Number(line);
        seen += 1;
        if (seen === lines) setTimeout(() => child.kill('SIGKILL'), lines % 5);
      }
      await exit; // its output ends a moment before it does
      const version = await versionOf(directory);
      expect(version).toBeGreaterThanOrEqual(saved);
      expect(version).toBeLessThanOrEqual(saved + 1);
      saved = version;
    }
    await replaceVerifiedDirectory(directory, filesOf(saved + 1));
    expect(await versionOf(directory)).toBe(saved + 1);
    expect(readdirSync(parent)).toEqual(['movies']);
  });

  it('reads and restores the old directory after a kill between the two renames', async () => {
    const aside = join(parent, '.replaced-movies');
    await writeVerifiedDirectory(directory, filesOf(1));
    renameSync(directory, aside);
    mkdirSync(join(parent, '.partial-movies-1'));
    expect(await versionOf(directory)).toBe(1);
    expect(await savedModelDirectory(directory)).toBe(directory);
    // A save that must not replace anything does not take the place of the old model.
    await expect(writeVerifiedDirectory(directory, filesOf(2))).rejects.toThrow('already exists');
    await replaceVerifiedDirectory(directory, filesOf(2));
    expect(await versionOf(directory)).toBe(2);
    expect(existsSync(aside)).toBe(false);
    expect(readdirSync(parent)).toEqual(['movies']);
  });
});
