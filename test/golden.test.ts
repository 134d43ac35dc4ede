import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { selectBackend } from '@recsys/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Golden, goldenErrors } from './golden-check.ts';

const folder = fileURLToPath(new URL('../../shared/golden/', import.meta.url));
const present = existsSync(folder);
const files = present
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : ['(no golden files beside the checkout)'];

describe.each(['simd', 'wasm', 'cpu'] as const)('golden vectors on %s', (backend) => {
  beforeAll(() => selectBackend({ prefer: backend }));

  it.skipIf(!present).each(files)('%s: hidden states, scores, loss, gradients and Adam are within 1e-4', (file) => {
    const golden: Golden = JSON.parse(readFileSync(folder + file, 'utf8'));
    for (const [name, error] of goldenErrors(golden)) expect(error, name).toBeLessThan(1e-4);
  });

  it.skipIf(!present)('a change of one weight is detected', () => {
    const golden: Golden = JSON.parse(readFileSync(folder + files[0], 'utf8'));
    const { itemEmbedding } = golden.weights as { itemEmbedding: number[][] };
    itemEmbedding[golden.sequences[0].at(-1)!][0] += 0.01;
    expect(goldenErrors(golden).get('hidden')).toBeGreaterThan(1e-4);
  });
});
