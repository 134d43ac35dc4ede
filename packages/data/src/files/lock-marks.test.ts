import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockPath } from './lock.js';
import { lockMarks } from './lock-marks.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-marks-'));
afterAll(() => rmSync(root, { recursive: true }));
const marks = join(root, 'in-use-by-');

describe('lockMarks', () => {
  it('has the mark of a process that runs, as long as it holds its lock', async () => {
    const lock = await lockPath(root, marks);
    expect(await lockMarks(marks)).toEqual([
      {
        owner: expect.stringContaining(`${process.pid}`),
        isRunning: true,
        text: expect.stringMatching(/^[0-9a-f-]{36} 060000 0+$/),
      },
    ]);
    await lock.release();
    expect(await lockMarks(marks)).toEqual([]);
  });

  it('says that a process has ended, and that one of another machine cannot be seen', async () => {
    writeFileSync(`${marks}1-77@elsewhere`, 'x');
    const [{ owner, isRunning, text }] = await lockMarks(marks);
    expect([owner, isRunning, text]).toEqual(['1-77@elsewhere', undefined, 'x']);
    expect(await lockMarks(join(root, 'none', 'in-use-by-'))).toEqual([]);
  });
});
