import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OutputError } from '../errors.js';
import { ResumableOutput, type ResumableOutputOptions } from './resumable-output.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-output-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Progress {
  lines: number;
}
const open = async (path: string, options: Partial<ResumableOutputOptions<Progress>> = {}) => {
  const given = { ingredients: { k: '3' }, start: { lines: 0 }, restart: false, overwrite: false, ...options };
  return (await ResumableOutput.open<Progress>(path, given)) as ResumableOutput<Progress>;
};
/** Writes two lines and stops there, as a kill would. */
const begun = async (name: string) => {
  const path = join(root, name);
  const output = await open(path);
  await output.append('é\n', { lines: 1 });
  await output.append('b\n', { lines: 2 });
  await output.close();
  return path;
};

describe('ResumableOutput', () => {
  it('cuts off what the journal does not record, and resumes after it', async () => {
    const path = await begun('cut');
    writeFileSync(`${path}.partial`, 'é\nb\nhalf a li');
    const leftOver = join(root, '.partial-cut.partial.json-00000000-0000-4000-8000-000000000000');
    writeFileSync(leftOver, '{ "form');
    const output = await open(path);
    expect(output.progress).toEqual({ lines: 2 });
    await output.append('c\n', { lines: 3 });
    await output.finish();
    expect(readFileSync(path, 'utf8')).toBe('é\nb\nc\n');
    expect(readdirSync(root).filter((name) => name.includes('cut'))).toEqual(['cut']);
  });

  it('is done when it was killed between the last two steps', async () => {
    const path = await begun('ended');
    const journal = readFileSync(`${path}.partial.json`);
    await (await open(path)).finish();
    writeFileSync(`${path}.partial.json`, journal);
    expect(await open(path)).toEqual({ lines: 2 });
    expect(existsSync(`${path}.partial.json`)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('é\nb\n');
  });

  it('starts over when it was killed before the first journal, and with restart', async () => {
    const path = join(root, 'first');
    writeFileSync(`${path}.partial`, 'left over');
    await (await open(path)).finish();
    expect(readFileSync(path, 'utf8')).toBe('');
    const again = await begun('again');
    const output = await open(again, { restart: true, ingredients: { k: '4' } });
    expect(output.progress).toEqual({ lines: 0 });
    await output.finish();
    expect(readFileSync(again, 'utf8')).toBe('');
  });

  it('refuses other ingredients, a journal or a partial file that is damaged', async () => {
    const path = await begun('damaged');
    await expect(open(path, { ingredients: { k: '4', model: 'm' } })).rejects.toThrow(
      'was started with different settings: k was 3, now 4; model was undefined, now m',
    );
    truncateSync(`${path}.partial`, 3);
    await expect(open(path)).rejects.toThrow('is missing, or shorter than the 5 bytes that its journal records');
    writeFileSync(`${path}.partial.json`, '{ "format": 2 }');
    await expect(open(path)).rejects.toThrow('damaged.partial.json: is not the journal');
  });

  it('keeps what was good when a piece cannot be written', async () => {
    const path = await begun('closed');
    const output = await open(path);
    await output.close();
    await expect(output.append('c\n', { lines: 3 })).rejects.toThrow(OutputError);
    const after = await open(path);
    expect(after.progress).toEqual({ lines: 2 });
    await after.close();
    await expect(open(join(root, 'no', 'where'))).rejects.toThrow('cannot be written: ENOENT');
  });
});
