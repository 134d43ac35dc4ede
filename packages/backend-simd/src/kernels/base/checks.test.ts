import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimdBackendError } from '../../errors.js';
import { removeSimdAfterEach, useSimd } from '../../test-backend.js';

removeSimdAfterEach();
beforeEach(() => useSimd());

const rows = 5;
const width = 3;
const table = () => tf.zeros([rows, width]) as tf.Tensor2D;
const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const dropout = { key: 0, threshold: 0, keptScale: 1 };

const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object = {}) =>
  tf.tidy(() => tf.engine().runKernel(kernel, inputs, attributes as never));

/** Expects an error with this code and message. */
const expectError = (call: () => unknown, code: string, message: string) => {
  let caught: unknown;
  try {
    tf.tidy(() => void call());
  } catch (error) {
    caught = error;
  }
  expect(SimdBackendError.isInstance(caught), String(caught)).toBe(true);
  expect(caught).toMatchObject({ code, message: expect.stringContaining(message) });
};

const bad = [rows, rows + 3000, 2 ** 31 - 1, -1];

describe('indices outside a table are rejected', () => {
  it.each(bad)('%i', (index) => {
    const expected = (op: string, call: () => unknown) =>
      expectError(call, 'index-out-of-range', `${op}: index ${index} is out of range, the table has ${rows} rows`);
    const indices = () => ints(0, index, 1);
    const dy = () => tf.ones([3, width]);
    const candidates = () => tf.tensor2d([0, 1, index, 2], [2, 2], 'int32');
    const hidden = () => tf.ones([2, width]);

    expected('RecsysGatherRows', () => run('RecsysGatherRows', { table: table(), indices: indices() }));
    expected('RecsysGatherRowsGrad', () => run('RecsysGatherRowsGrad', { dy: dy(), indices: indices() }, { rows }));
    expected('RecsysEmbed', () => run('RecsysEmbed', { table: table(), items: indices() }, { ...dropout, scale: 1 }));
    expected('RecsysEmbed', () =>
      run(
        'RecsysEmbed',
        { table: table(), items: ints(0, 1, 2), positionTable: table(), positions: indices() },
        { ...dropout, scale: 1 },
      ),
    );
    expected('RecsysEmbedGrad', () =>
      run('RecsysEmbedGrad', { dy: dy(), items: indices() }, { ...dropout, scale: 1, rows, positionRows: 0 }),
    );
    expected('RecsysPairwiseLogits', () =>
      run('RecsysPairwiseLogits', { hidden: hidden(), table: table(), candidates: candidates() }),
    );
    expected('RecsysPairwiseLogitsGrad', () =>
      run('RecsysPairwiseLogitsGrad', {
        dy: tf.ones([2, 2]),
        hidden: hidden(),
        table: table(),
        candidates: candidates(),
      }),
    );
  });

  it('reports the highest index, and accepts the last row', () => {
    const gather = (...indices: number[]) => run('RecsysGatherRows', { table: table(), indices: ints(...indices) });
    expectError(() => gather(9, 1, 7), 'index-out-of-range', 'index 9 is');
    expect(() => tf.dispose(gather(0, 4, 4))).not.toThrow();
    expect(() => tf.dispose(gather())).not.toThrow();
  });

  it('indices must be int32', () => {
    const indices = tf.tensor1d([0, 1]);
    expectError(
      () => run('RecsysGatherRows', { table: table(), indices }),
      'shape-mismatch',
      'indices must be int32, got float32',
    );
  });
});

describe('Adam', () => {
  it('rejects a gradient of another shape, as a list or a table', () => {
    const attributes = { beta1: 0.9, beta2: 0.98, rate: 0.1, epsilon: 1e-8, decay: 1 };
    for (const lazy of [false, true]) {
      for (const sparse of [false, true]) {
        expectError(
          () => {
            const indices = ints(7);
            const gradient = sparse
              ? (run('RecsysGatherRowsGrad', { dy: tf.ones([1, width]), indices }, { rows: 8 }) as tf.Tensor)
              : tf.ones([8, width]);
            run('RecsysAdam', { weight: table(), first: table(), second: table(), gradient }, { ...attributes, lazy });
          },
          'shape-mismatch',
          'RecsysAdam: shapes must be equal, got 5,3 and 8,3',
        );
      }
    }
  });
});

describe('attention', () => {
  it.each([
    [[0, 2, 9], 'got 0 to 9'],
    [[0, 5, 4], 'and never decrease, got 0 to 4'],
    [[1, 4], 'got 1 to 4'],
  ])('rejects offsets %j', (values, message) => {
    const [query, key, value] = [1, 2, 3].map(() => tf.ones([4, 2]));
    const attributes = { ...dropout, numHeads: 1, offsets: Int32Array.from(values) };
    for (const kernel of ['RecsysCausalAttention', 'RecsysNewestAttention']) {
      expectError(() => run(kernel, { query, key, value }, attributes), 'index-out-of-range', message);
    }
  });
});

describe('shapes of the inputs of an op must match', () => {
  it('items and positions, hidden and candidates', () => {
    expectError(
      () =>
        run(
          'RecsysEmbed',
          { table: table(), items: ints(0, 1, 2), positionTable: table(), positions: ints(0, 1) },
          { ...dropout, scale: 1 },
        ),
      'shape-mismatch',
      '3 items need 3 positions, got 2',
    );
    const candidates = tf.tensor2d([0, 1, 2, 3], [2, 2], 'int32');
    expectError(
      () => run('RecsysPairwiseLogits', { hidden: tf.ones([1, width]), table: table(), candidates }),
      'shape-mismatch',
      'hidden must have shape 2,3, got 1,3',
    );
  });
});
