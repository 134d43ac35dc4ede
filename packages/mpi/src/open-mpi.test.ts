import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { noMpi, onRanks } from '../../../test/support/programs/mpi.js';
import { openMpi } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-mpi-'));
afterAll(() => rmSync(root, { recursive: true }));
const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));

/** Runs a program, after it has joined, on 3 ranks. */
const onThreeRanks = (body: string) => {
  const program = join(root, 'program.mjs');
  writeFileSync(program, `import { openMpi } from '${built}';\nconst ranks = await openMpi();\n${body}`);
  return onRanks(3, [program], root);
};

describe('openMpi', () => {
  it('says that the process was not started by mpirun', async () => {
    await expect(openMpi()).rejects.toThrow(expect.objectContaining({ code: 'not-started' }));
  });

  it.skipIf(noMpi)('gives bytes of any length to all ranks, by rank, and counts them', async () => {
    const { status, stdout, stderr } = await onThreeRanks(`
      for (const lengths of [[3, 0, 5], [0, 0, 0], [2_000_000, 1, 4096]]) {
        const own = Uint8Array.from({ length: lengths[ranks.rank] }, (_, i) => 7 * i + ranks.rank);
        const all = await ranks.allgather(own);
        const isRight = (of, rank) => of.length === lengths[rank] && of.every((byte, i) => byte === ((7 * i + rank) & 255));
        if (!all.every(isRight)) throw new Error('wrong bytes');
      }
      if (ranks.rank === 1) console.log([ranks.size, ranks.bytesReceived].join(' '));
      await ranks.close();`);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toBe(`3 ${8 + 2_000_000 + 4096}\n`);
  });

  it.skipIf(noMpi)('ends all ranks when one fails', async () => {
    const { status, stdout } = await onThreeRanks(`
      if (ranks.rank === 2) process.exit(7);
      await ranks.allgather(new Uint8Array(1));
      console.log('went on');`);
    expect(status).toBe(7);
    expect(stdout).toBe('');
  });
});
