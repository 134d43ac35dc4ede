/** The TypeScript in documents: all of it has the right types, and all that can be run runs and prints what it says. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, type CodeBlock, documents, packageNames, root } from './code-blocks.ts';
import type { Ran } from './run-programs.ts';
import { readersFiles, Workspace } from './workspace.ts';

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

interface Example {
  readonly name: string;
  readonly block: CodeBlock;
  /** The folder of the example in the workspace. */
  readonly folder: string;
}

const examples = documents.flatMap((document) =>
  blocksOf(document)
    .filter(({ language }) => language === 'ts')
    .map(
      (block, i): Example => ({
        name: `${document} ${i + 1}`,
        block,
        folder: `${document.replaceAll('/', '-')}/${i + 1}`,
      }),
    ),
);
const runnable = examples.filter(({ block }) => block.noRun === undefined);

/** The model of docs/write-a-model.md, which that page tests from a file of its own. */
const lastItem = (): string =>
  blocksOf('docs/write-a-model.md')
    .find(({ code }) => code.includes('class LastItem'))!
    .code.replace('class LastItem', 'export class LastItem');

const workspace = new Workspace();
const outputs = new Map<string, Ran>();

beforeAll(async () => {
  const files = readersFiles();
  for (const { block, folder } of examples) workspace.write(folder, { ...files, 'example.mts': block.code });
  const runAll = async (own: readonly Example[]) => {
    const folders = own.map(({ folder }) => join(workspace.path, folder));
    const results = await workspace.run(folders.map((folder) => ({ folder, module: join(folder, 'example.mts') })));
    for (const [i, { name }] of own.entries()) outputs.set(name, results[i]);
  };
  const half = Math.ceil(runnable.length / 2);
  await Promise.all([runAll(runnable.slice(0, half)), runAll(runnable.slice(half))]);
}, 600_000);
afterAll(() => workspace.remove());

describe('the TypeScript examples of documents', () => {
  it('are in the README of each package', () => {
    const without = packageNames.filter(
      (name) => name !== 'cli' && !examples.some(({ block }) => block.document === `packages/${name}/README.md`),
    );
    expect(without).toEqual([]);
    expect(Object.keys(prints).filter((name) => !runnable.some((own) => own.name === name))).toEqual([]);
  });

  it('have the right types, also those that are not run', () => {
    workspace.write('.', {
      'tsconfig.json': JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          // Installed by readers, not at the root.
          paths: {
            bullmq: [join(root, 'packages/bullmq/node_modules/bullmq')],
            fastify: [join(root, 'packages/serve/node_modules/fastify')],
          },
          moduleDetection: 'force',
          noUnusedLocals: false,
          lib: ['ES2023', 'DOM'],
        },
        include: ['*/*/example.mts'],
      }),
    });
    for (const { block, folder } of examples) {
      if (block.code.includes("'./last-item.js'")) workspace.write(folder, { 'last-item.ts': lastItem() });
      if (block.code.includes("'./movies.ids.json'")) workspace.write(folder, { 'movies.ids.json': '["296", "318"]' });
    }
    const { stdout } = spawnSync('npx', ['tsc', '--pretty', 'false', '-p', workspace.path], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });

  it.each(runnable)('$name runs', ({ name }) => {
    const { stdout, stderr, error } = outputs.get(name)!;
    expect(error).toBe('');
    expect(stderr).toBe('');
    for (const pattern of prints[name] ?? []) expect(stdout).toMatch(pattern);
  });
});
