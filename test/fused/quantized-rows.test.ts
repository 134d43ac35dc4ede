import { registerSimdBackend } from '@recsys/backend-simd';
import { type BestItems, bestItems, bestQuantizedItems, ExcludedItems, quantizeRows } from '@recsys/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engines, requireNative } from '../support/engines.ts';

const useBackend = async (backend: string) => {
  await tf.setBackend(backend);
  await tf.ready();
};

/** Runs a search on tensors of a backend, and checks that it leaves none. */
const searchOn = async (
  backend: string,
  [hidden, table]: readonly [number[][], number[][]],
  search: (hidden: tf.Tensor2D, table: tf.Tensor2D) => BestItems,
): Promise<BestItems> => {
  await useBackend(backend);
  const before = tf.memory().numTensors;
  const inputs = [tf.tensor2d(hidden), tf.tensor2d(table)] as const;
  const found = search(...inputs);
  tf.dispose([...inputs]);
  expect(tf.memory().numTensors, `tensors left on ${backend}`).toBe(before);
  return found;
};

const quantizedSearch = (k: number) => (hidden: tf.Tensor2D, table: tf.Tensor2D) => {
  const quantized = quantizeRows(table);
  const found = bestQuantizedItems(hidden, table, { k, quantized });
  quantized.dispose();
  return found;
};

/** The search without rounding. */
const exactSearch = (k: number) => (hidden: tf.Tensor2D, table: tf.Tensor2D) =>
  bestItems(hidden, table, { k, excluded: new ExcludedItems(hidden.shape[0], table.shape[0]) });

/** A matrix of numbers that are spread like those of item vectors; `whole` ones have exact products. */
const matrix = (rows: number, width: number, seed: number, whole = false): number[][] => {
  const values = tf.tidy(() => {
    const x = tf.randomNormal([rows, width], 0, 2, 'float32', seed);
    return (whole ? tf.round(x) : x).arraySync();
  });
  return values as number[][];
};

/** Queries, rows and units: one block and more, few queries and many, with tails. */
const sizes = [
  [1, 1, 1],
  [1, 130, 7],
  [3, 500, 33],
  [5, 129, 16],
  [9, 400, 65],
  [2, 17_000, 8],
  [6, 33_000, 5],
] as const;

requireNative();
afterEach(() => useBackend('cpu'));

describe.each(engines)('the best items of a rounded table on %s', (build) => {
  beforeAll(async () => {
    registerSimdBackend({ threads: 2, build });
    await useBackend('cpu');
  });

  // Whole numbers have many equal scores, of which the lowest rows must be taken.
  it.each(sizes)('of %i queries in %i rows of %i units are those of composed ops', async (queries, rows, units) => {
    const inputs = [matrix(queries, units, 1, true), matrix(rows, units, 2, true)] as const;
    for (const k of [1, 10, 64]) {
      const expected = await searchOn('cpu', inputs, exactSearch(k));
      expect(await searchOn('simd', inputs, exactSearch(k))).toEqual(expected);
      expect(await searchOn('simd', inputs, quantizedSearch(k))).toEqual(expected);
    }
  });

  it.each(sizes)('of %i queries in %i rows of %i units, real numbers', async (queries, rows, units) => {
    const inputs = [matrix(queries, units, 3), matrix(rows, units, 4)] as const;
    const expected = await searchOn('cpu', inputs, exactSearch(20));
    for (const search of [quantizedSearch(20), exactSearch(20)]) {
      const { scores } = await searchOn('simd', inputs, search);
      scores.forEach((score, i) => {
        if (score === expected.scores[i]) return;
        expect(Math.abs(score - expected.scores[i])).toBeLessThan(1e-5 * Math.max(1, Math.abs(score)));
      });
    }
  });

  it('are exact where rounding cannot tell rows apart', async () => {
    const table = Array.from({ length: 2000 }, (_, i) => [1, 1e-4 * ((i * 7) % 2000)]);
    const found = await searchOn('simd', [[[1, 1]], table], quantizedSearch(5));
    const best = [1999, 1998, 1997, 1996, 1995].map((rank) => table.findIndex(([, y]) => y === 1e-4 * rank));
    expect([...found.indices]).toEqual(best);
  });

  it('of a query with a score that is not a number begin with NaN, and of no other', async () => {
    const table = matrix(200, 6, 5);
    table[150][2] = Number.NaN;
    for (const k of [1, 4]) {
      for (const search of [quantizedSearch(k), exactSearch(k)]) {
        const { scores } = await searchOn('simd', [[[1, 1, 1, 1, 1, 1]], table], search);
        expect(scores[0]).toBeNaN();
        const two = await searchOn(
          'simd',
          [
            [
              [Number.NaN, 1],
              [1, 1],
            ],
            [
              [1, 2],
              [3, 4],
            ],
          ],
          search,
        );
        expect(two.scores[0]).toBeNaN();
        expect(two.scores[k]).toBe(7);
      }
    }
  });

  it('have the same bits for any number of threads', async () => {
    const inputs = [matrix(7, 12, 6), matrix(50_000, 12, 7)] as const;
    const found: BestItems[] = [];
    for (const threads of [1, 2, 4]) {
      await useBackend('cpu');
      registerSimdBackend({ threads, build });
      for (const search of [quantizedSearch(9), exactSearch(9)]) found.push(await searchOn('simd', inputs, search));
    }
    expect(found.slice(2, 4)).toEqual(found.slice(0, 2));
    expect(found.slice(4, 6)).toEqual(found.slice(0, 2));
  });
});
