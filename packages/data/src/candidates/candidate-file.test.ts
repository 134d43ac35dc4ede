import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { leaveOneOut, readCandidates, sampledCandidates, writeCandidates } from '../index.js';
import { sequencesOf } from '../test-support.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-candidates-'));
afterAll(() => rmSync(root, { recursive: true }));
const path = join(root, 'candidates.jsonl');
const { test } = leaveOneOut(sequencesOf(30, [1, 2, 3], [4, 5, 6, 7], [8, 9]));
const options = { seed: 5, numNegatives: 10 };

describe('candidate files', () => {
  it('bring the same candidates back, in whatever order the lines are', async () => {
    await writeCandidates(test, path, { ...options, candidates: sampledCandidates(test) });
    const drawn = sampledCandidates(test)({ start: 0, end: 2, ...options });
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0])).toMatchObject({ user: 'u0', target: 'i3' });
    writeFileSync(path, `${[...lines].reverse().join('\n')}\n{"user":"other","target":"i1","negatives":["i2"]}\n`);
    const loaded = await readCandidates(path, test);
    expect(loaded({ start: 0, end: 2, seed: 0 })).toEqual(drawn);
    expect(loaded({ start: 1, end: 2, seed: 0, numNegatives: 10 })).toEqual(drawn.slice(11));
    expect(() => loaded({ start: 0, end: 1, seed: 0, numNegatives: 100 })).toThrow(
      'has 10 negatives per target, but numNegatives is 100',
    );
  });

  it.each([
    ['a line that is no JSON', '{', ':1: is not JSON'],
    ['a line of another kind', '{"user":1}', ':1: must be {"user": …'],
    ['an unknown item', '{"user":"u0","target":"i3","negatives":["x"]}', ':1: item "x" is not in the catalog'],
    [
      'rows of different length',
      '{"user":"u0","target":"i3","negatives":["i9"]}\n{"user":"u1","target":"i7","negatives":["i9","i8"]}',
      ':2: has 2 negatives, but the lines before it have 1',
    ],
    [
      'a target without a line',
      '{"user":"u0","target":"i3","negatives":["i9"]}',
      'has no line for 1 of 2 targets, for example that of user "u1"',
    ],
  ])('refuse %s', async (_, content, message) => {
    writeFileSync(path, content);
    await expect(readCandidates(path, test)).rejects.toThrow(message);
  });

  it('refuse a file that is not there', async () => {
    await expect(readCandidates(join(root, 'none'), test)).rejects.toThrow('cannot be read: ENOENT');
  });
});
