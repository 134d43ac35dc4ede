import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulateInteractions } from '@recsys/data';
import { afterAll, describe, expect, it } from 'vitest';
import { examplesOf, runExample } from './support/run-example.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A `ratings.csv` with the movies of the root README, and other files that examples read. */
const files = (): Record<string, string> => {
  const movieIds = ['296', '318', '593', ...Array.from({ length: 37 }, (_, i) => String(1000 + i))];
  const { table } = simulateInteractions({ seed: 1, users: 150, items: 40, meanLength: 9 }).interactions;
  const rows = (table.objects() as { user: string; item: string; timestamp: number }[]).map(
    ({ user, item, timestamp }) => `${user},${movieIds[Number(item.slice('item-'.length)) - 1]},4.5,${timestamp}`,
  );
  return {
    'ratings.csv': `userId,movieId,rating,timestamp\n${rows.join('\n')}\n`,
    'datasets/ml-1m/ml-1m.csv': 'user,item,timestamp\n1,2,3\n1,4,5\n', // as in the cache
  };
};

/** Expected output, by document and number of the example. */
const prints: Readonly<Record<string, readonly RegExp[]>> = {
  'README.md 1': [/protocol: 'full'/, /ndcg@10/, /item: '\d+'/],
  'packages/data/README.md 1': [/^\d+ of \d+ interactions\n128 sequences, (\d+) tokens, \1 negatives\ntrue\n/],
  'packages/data/README.md 2': [/^\{ users: 2, items: 2, density: 0\.75 \}\n\[ 'user', 'item', 'timestamp' \]$/m],
  'packages/data/README.md 4': [/^\[ 'item-\d+', 'item-\d+', 'item-\d+' \]\n500\ntrue\n0$/m],
  'packages/data/README.md 5': [/^\{ feature: 'genres', value: 'Action' \}$/m, /0\.5, 0\.5, -1/],
  'packages/data/README.md 6': [/^101 true$/m],
  'packages/data/README.md 7': [/^2$/m],
  'packages/duckdb/README.md 1': [/interactions: \d+,\n {2}users: \d+/, /^true$/m],
  'packages/metrics/README.md 1': [/^1\.5\n0\.6666666666666666\n0\.5\n0\.4666666666666666/, /pValue/],
  'packages/report/README.md 1': [/^true true$/m],
  'packages/sasrec/README.md 1': [/item: 'item-\d+'/],
  'packages/sasrec/README.md 2': [/item: 'item-51', score: /],
  'packages/serve/README.md 1': [/^\[ 'cake', 'jam' \]$/m],
  'packages/training/README.md 1': [/metric: 'ndcg@10'/, /low: /, /item: 'item-\d+'/],
  'packages/training/README.md 2': [/learningRate: 0\.\d+/],
  'docs/nightly.md 1': [/^version-000001\n(version-000002\n)?$/],
  'docs/prepare.md 1': [/^timestamp \(epoch seconds\), .* 1383\n150$/m],
  'docs/prepare.md 2': [/^10$/m],
  'docs/tune.md 1': [/^trial \d of 6 is best: \{ learningRate: 0\.\d+, loss: '[a-z-]+' \}$/m],
  'docs/write-a-model.md 1': [/item: '[bc]'/],
};

const packages = readdirSync(join(root, 'packages'));
const pages = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
const documents = [
  'README.md',
  ...packages.map((name) => `packages/${name}/README.md`),
  ...pages.map((file) => `docs/${file}`),
];
const cases = documents.flatMap((document) =>
  examplesOf(join(root, document)).map((example, i) => ({ name: `${document} ${i + 1}`, document, example })),
);
afterAll(() => rmSync(join(root, 'docs', 'node_modules'), { recursive: true, force: true }));

describe('the TypeScript examples of documents', () => {
  it('are in the README of each package', () => {
    const without = packages.filter(
      (name) => name !== 'cli' && !cases.some(({ document }) => document === `packages/${name}/README.md`),
    );
    expect(without).toEqual([]);
    expect(Object.keys(prints).filter((name) => !cases.some((own) => own.name === name))).toEqual([]);
  });

  it.each(cases.filter(({ example }) => example.noRun === undefined))('$name runs', ({ name, document, example }) => {
    const stdout = runExample(join(root, document), example, files());
    for (const pattern of prints[name] ?? []) expect(stdout).toMatch(pattern);
  });
});
