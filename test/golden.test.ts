import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { registerSimdBackend } from '@recsys/backend-simd';
import { selectBackend } from '@recsys/model';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { engines } from './support/engines.ts';
import { type HstuGolden, hstuGoldenErrors } from './support/golden-hstu.ts';
import { type Golden, goldenErrors } from './support/golden-sasrec.ts';

const folder = fileURLToPath(new URL('../../shared/golden/', import.meta.url));
const present = existsSync(folder);
const files = present
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : ['(no golden files beside the checkout)'];

const hstuFolder = `${folder}hstu/`;
const hstuFiles = existsSync(hstuFolder) ? readdirSync(hstuFolder) : ['(no golden files of HSTU)'];

const backends = [
  ...engines.map((build) => ({
    backend: `simd, build ${build}`,
    start: async () => {
      registerSimdBackend({ build });
      await tf.setBackend('simd');
    },
  })),
  ...(['wasm', 'cpu'] as const).map((backend) => ({ backend, start: () => selectBackend({ prefer: backend }) })),
];

describe.each(backends)('golden vectors on $backend', ({ start }) => {
  beforeAll(async () => void (await start()));

  it.skipIf(!present).each(files)('%s: hidden states, scores, loss, gradients and Adam are within 1e-4', (file) => {
    const golden: Golden = JSON.parse(readFileSync(folder + file, 'utf8'));
    for (const [name, error] of goldenErrors(golden)) expect(error, name).toBeLessThan(1e-4);
  });

  it.skipIf(!existsSync(hstuFolder)).each(hstuFiles)(
    'hstu/%s: hidden states, scores, loss, gradients and Adam are within 1e-4',
    (file) => {
      const golden: HstuGolden = JSON.parse(readFileSync(hstuFolder + file, 'utf8'));
      const errors = hstuGoldenErrors(golden);
      for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-4);
      for (const sequence of golden.sequences) sequence.times[0] -= 1e6;
      if (golden.config.timeBias) expect(hstuGoldenErrors(golden).get('hidden')).toBeGreaterThan(1e-4);
    },
  );

  it.skipIf(!present)('a change of one weight is detected', () => {
    const golden: Golden = JSON.parse(readFileSync(folder + files[0], 'utf8'));
    const { itemEmbedding } = golden.weights as { itemEmbedding: number[][] };
    itemEmbedding[golden.sequences[0].at(-1)!][0] += 0.01;
    expect(goldenErrors(golden).get('hidden')).toBeGreaterThan(1e-4);
  });
});
