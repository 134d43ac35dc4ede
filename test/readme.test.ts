import { fileURLToPath } from 'node:url';
import { simulateInteractions } from '@recsys/data';
import { expect, it } from 'vitest';
import { runExample } from './support/run-example.ts';

it('the example of the README runs as written', () => {
  const movieIds = ['296', '318', '593', ...Array.from({ length: 37 }, (_, i) => String(1000 + i))];
  const { table } = simulateInteractions({ seed: 1, users: 150, items: 40, meanLength: 9 }).interactions;
  const rows = (table.objects() as { user: string; item: string; timestamp: number }[]).map(
    ({ user, item, timestamp }) => `${user},${movieIds[Number(item.slice('item-'.length)) - 1]},4.5,${timestamp}`,
  );
  // The sampled protocol of validation needs no more items than this: it draws with replacement.
  const stdout = runExample(fileURLToPath(new URL('..', import.meta.url)), {
    start: 'import { readInteractions',
    files: { 'ratings.csv': `userId,movieId,rating,timestamp\n${rows.join('\n')}\n` },
  });
  expect(stdout).toContain("protocol: 'full'");
  expect(stdout).toContain('ndcg@10');
  expect(stdout.match(/item: '\d+'/g)).toHaveLength(10);
});
