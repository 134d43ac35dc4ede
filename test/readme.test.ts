import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulateInteractions } from '@recsys/data';
import { afterAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('..', import.meta.url));
// Inside the workspace, so that packages are found by name.
const cache = join(repository, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the ten lines of the README', () => {
  it('run as written', () => {
    const [, code] = /```ts\n(import \{ readInteractions[\s\S]*?)```/.exec(
      readFileSync(join(repository, 'README.md'), 'utf8'),
    )!;
    const movieIds = ['296', '318', '593', ...Array.from({ length: 37 }, (_, i) => String(1000 + i))];
    const { table } = simulateInteractions({ seed: 1, users: 150, items: 40, meanLength: 9 }).interactions;
    const rows = (table.objects() as { user: string; item: string; timestamp: number }[]).map(
      ({ user, item, timestamp }) => `${user},${movieIds[Number(item.slice('item-'.length)) - 1]},4.5,${timestamp}`,
    );
    // The sampled protocol of validation needs no more items than this: it draws with replacement.
    writeFileSync(join(folder, 'ratings.csv'), `userId,movieId,rating,timestamp\n${rows.join('\n')}\n`);
    writeFileSync(join(folder, 'ten-lines.mts'), code!);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'ten-lines.mts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain("protocol: 'full'");
    expect(stdout).toContain('ndcg@10');
    expect(stdout.match(/item: '\d+'/g)).toHaveLength(10);
  });
});
