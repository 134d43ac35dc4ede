/**
 * Tests the rules of `.dependency-cruiser.cjs` on sources that break them, because a rule whose pattern matches nothing
 * goes unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/**
 * Checks sources with the rules of this repository, in a separate folder.
 *
 * @param sources text by path, without `packages/` at the start and `src/` after the package.
 * @param areBuilt whether packages are resolved by name, as if built and declared as dependencies.
 * @returns the names of the rules that each file breaks.
 */
const brokenRules = (sources: Readonly<Record<string, string>>, areBuilt: boolean): Record<string, string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-architecture-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    copyFileSync(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
    for (const [path, text] of Object.entries(sources)) write(`packages/${path.replace('/', '/src/')}`, text);
    for (const name of areBuilt ? readdirSync(join(root, 'packages')) : []) {
      for (const file of ['index.js', 'index.d.ts']) write(`packages/${name}/dist/${file}`, 'export {};');
      copyFileSync(join(root, 'packages', name, 'package.json'), join(folder, 'packages', name, 'package.json'));
      mkdirSync(join(folder, 'node_modules/@recsys'), { recursive: true });
      symlinkSync(`../../packages/${name}`, join(folder, 'node_modules/@recsys', name));
    }
    const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [cruiser, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'packages'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    const broken: Record<string, string[]> = {};
    for (const { from, rule } of JSON.parse(stdout).summary.violations as Violation[]) {
      const path = from.replace(/^packages\//, '').replace('/src/', '/');
      broken[path] = [...(broken[path] ?? []), rule.name].sort();
    }
    return broken;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const breaking: Readonly<Record<string, [source: string, ...rules: string[]]>> = {
  'errors/of-metrics.ts': ["export * from '@recsys/metrics';", 'errors-imports-only-what-is-below-it'],
  'metrics/of-data.ts': ["export * from '@recsys/data';", 'metrics-imports-only-what-is-below-it'],
  'layers/of-model.ts': ["export * from '@recsys/model';", 'layers-imports-only-what-is-below-it'],
  'model/of-training.ts': ["export * from '@recsys/training';", 'model-imports-only-what-is-below-it'],
  'model/type-of-training.ts': [
    "import type { Loss } from '@recsys/training'; export const loss: Loss[] = [];",
    'model-imports-only-what-is-below-it',
  ],
  'training/later.ts': [
    "export const later = () => import('@recsys/sasrec');",
    'training-imports-only-what-is-below-it',
  ],
  'sasrec/of-training.ts': ["export * from '@recsys/training';", 'sasrec-imports-only-what-is-below-it'],
  'sasrec/path.ts': ["export * from '../../layers/src/dense.js';", 'no-deep-imports-across-packages'],
  'sasrec/dist.ts': ["export * from '@recsys/layers/dist/index.js';", 'no-deep-imports-across-packages'],
  'model/backends/other.ts': ["export * from '@recsys/backend-simd';", 'only-select-backend-loads-the-backend'],
  'data/splits/of-read.ts': ["export * from '../read/read.js';", 'data-splits-imports-only-rooms-to-its-right'],
  'data/splits/of-negatives.ts': [
    "export * from '../negatives/draw.js';",
    'data-splits-imports-only-rooms-to-its-right',
  ],
  'data/table/of-splits.ts': ["export * from '../splits/split.js';", 'data-table-imports-only-rooms-to-its-right'],
  'layers/ops/of-layers.ts': ["export * from '../layers/layer.js';", 'layers-ops-imports-only-rooms-to-its-right'],
  'training/losses/of-fit.ts': ["export * from '../fit/fit.js';", 'training-losses-imports-only-rooms-to-its-right'],
  'cli/options/of-train.ts': ["export * from '../train/train.js';", 'cli-options-imports-only-rooms-to-its-right'],
  'metrics/circle-a.ts': ["export * from './circle-b.js';", 'no-circles'],
};

const allowed: Readonly<Record<string, string>> = {
  'layers/dense.ts': "export * from '@recsys/errors';",
  'layers/layers/layer.ts': "export * from '../ops/op.js';",
  'layers/ops/op.ts': 'export const op = 1;',
  'metrics/circle-b.ts': "export * from './circle-a.js';", // a circle is reported once
  'data/negatives/draw.ts': 'export const draw = 1;',
  'data/read/read.ts': "export * from '../splits/split.js';",
  'data/splits/split.ts': "export * from '../table/table.js';",
  'data/table/table.ts': 'export const table = 1;',
  'data/table/table.test.ts': "import '../read/read.js'; import '@recsys/sasrec';",
  'model/backends/select-backend.ts': "export const load = () => import('@recsys/backend-simd');",
  'training/fit/fit.ts': "export * from '../losses/loss.js'; export * from '@recsys/model';",
  'training/losses/loss.ts': "export * from '@recsys/data';",
  'cli/train/train.ts': "export * from '@recsys/sasrec'; export * from '@recsys/training';",
};

describe.each([
  { where: 'are not resolved', areBuilt: false },
  { where: 'are resolved to their builds', areBuilt: true },
])('rules of imports, if packages $where', ({ areBuilt }) => {
  it('report each file that breaks a rule, and no other', () => {
    const sources = Object.fromEntries(Object.entries(breaking).map(([path, [source]]) => [path, source]));
    const expected = Object.fromEntries(Object.entries(breaking).map(([path, [, ...rules]]) => [path, rules]));
    expect(brokenRules({ ...sources, ...allowed }, areBuilt)).toEqual(expected);
  });
});
