import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePartials, sha256Of, sha256OfFile, writeFileAtomically } from '@recsys/data/node';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readVerifiedDirectory, writeVerifiedDirectory } from './verified-directory.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-verified-'));
afterAll(() => rmSync(root, { recursive: true }));

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(root, 'case-'));
});

const files = { 'model.json': '{"a":1}', 'weights.bin': Uint8Array.from({ length: 300 }, (_, i) => i % 251) };

describe('writeVerifiedDirectory and readVerifiedDirectory', () => {
  it('give back the files as they were, and leave nothing else', async () => {
    await writeVerifiedDirectory(join(parent, 'a'), files);
    const read = await readVerifiedDirectory(join(parent, 'a'));
    expect([...read.keys()]).toEqual(['model.json', 'weights.bin']);
    expect(Buffer.from(read.get('model.json')!).toString()).toBe(files['model.json']);
    expect(new Uint8Array(read.get('weights.bin')!)).toEqual(files['weights.bin']);
    expect(readdirSync(parent)).toEqual(['a']);
  });

  it('read a file of more than 2 GiB', { timeout: 180_000 }, async () => {
    const directory = join(parent, 'a');
    await writeVerifiedDirectory(directory, files);
    const bytes = 2 ** 31 + 8;
    const path = join(directory, 'weights.bin');
    truncateSync(path, bytes); // the rest is a hole, which takes no space
    const sums = { 'weights.bin': { bytes, sha256: await sha256OfFile(path) } };
    const checksums = { format: 1, files: sums, sha256: sha256Of(JSON.stringify(sums)) };
    writeFileSync(join(directory, 'checksums.json'), JSON.stringify(checksums));
    const read = (await readVerifiedDirectory(directory)).get('weights.bin')!;
    expect(read.length).toBe(bytes);
    expect(read.slice(0, 300)).toEqual(files['weights.bin']);
  });

  it('refuse any flipped bit and any truncation of any file, naming it (property)', async () => {
    const names = ['model.json', 'weights.bin', 'checksums.json'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        fc.boolean(),
        async (name, at, bit, cut) => {
          const directory = join(mkdtempSync(join(parent, 'p-')), 'a');
          await writeVerifiedDirectory(directory, files);
          const path = join(directory, name);
          const content = readFileSync(path);
          const position = at % content.length;
          if (cut) truncateSync(path, position);
          else {
            content[position] ^= 1 << bit;
            writeFileSync(path, content);
          }
          await expect(readVerifiedDirectory(directory)).rejects.toThrow(`${name}: `);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('refuse a missing file, a missing list, another format, and names that lead outside', async () => {
    const directory = join(parent, 'a');
    await writeVerifiedDirectory(directory, files);
    rmSync(join(directory, 'weights.bin'));
    await expect(readVerifiedDirectory(directory)).rejects.toThrow('weights.bin: is missing');
    writeFileSync(join(directory, 'checksums.json'), '{"format":2,"files":{}}');
    await expect(readVerifiedDirectory(directory)).rejects.toThrow('checksums.json: format');
    writeFileSync(join(directory, 'checksums.json'), '{"format":1,"files":{"../secret":{"bytes":1,"sha256":"x"}}}');
    await expect(readVerifiedDirectory(directory)).rejects.toThrow('checksums.json: files.../secret');
    rmSync(join(directory, 'checksums.json'));
    await expect(readVerifiedDirectory(directory)).rejects.toThrow('checksums.json: is missing');
  });

  it('never overwrite, and leave nothing after a failure', async () => {
    await writeVerifiedDirectory(join(parent, 'a'), files);
    await expect(writeVerifiedDirectory(join(parent, 'a'), files)).rejects.toThrow('already exists');
    writeFileSync(join(parent, 'file'), '');
    await expect(writeVerifiedDirectory(join(parent, 'file', 'a'), files)).rejects.toThrow(
      'cannot be written: ENOTDIR',
    );
    await expect(writeVerifiedDirectory(join(parent, 'b'), { 'no/such/place': 'x' })).rejects.toThrow(
      'b: cannot be written',
    );
    expect(readdirSync(parent)).toEqual(['a', 'file']);
  });
});

describe('removePartials', () => {
  it('removes what a killed write left, and nothing else', async () => {
    mkdirSync(join(parent, '.partial-a-1'));
    writeFileSync(join(parent, '.partial-a-1', 'weights.bin'), 'x');
    await writeVerifiedDirectory(join(parent, 'a'), files);
    await removePartials(parent);
    expect(readdirSync(parent)).toEqual(['a']);
  });
});

describe('writeFileAtomically', () => {
  it('replaces a file, and says where it cannot', async () => {
    await writeFileAtomically(join(parent, 'config.json'), 'one');
    await writeFileAtomically(join(parent, 'config.json'), 'two');
    expect(readFileSync(join(parent, 'config.json'), 'utf8')).toBe('two');
    await expect(writeFileAtomically(join(parent, 'none', 'x'), 'x')).rejects.toThrow(join('none', 'x'));
    expect(existsSync(join(parent, 'none'))).toBe(false);
  });
});
