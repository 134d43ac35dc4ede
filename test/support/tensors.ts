import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect } from 'vitest';

/** Runs tests on the `cpu` backend, or the one in `RECSYS_TEST_BACKEND`, which the setup of the tests has loaded. */
export const useTestBackend = (): void => {
  beforeAll(async () => {
    await tf.setBackend(process.env.RECSYS_TEST_BACKEND ?? 'cpu');
    await tf.ready();
  });
};

/** Returns random float32 values in -1 .. 1. */
export const values = <R extends tf.Rank = tf.Rank.R2>(shape: number[], seed = 1): tf.Tensor<R> =>
  tf.randomUniform(shape as tf.ShapeMap[R], -1, 1, 'float32', seed);

/** Expects two lists of numbers to differ by at most `tolerance` at every index. */
export const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  expect(worst).toBeLessThanOrEqual(tolerance);
};

/** Expects the gradient of `sum(f(x) * fixed weights)` to equal central differences, at every element of x. */
export const expectGradient = (f: (x: tf.Tensor2D) => tf.Tensor, x: tf.Tensor2D, tolerance = 2e-3): void => {
  const probe = tf.tidy(() => values(f(x).shape, 99));
  const scalar = (at: tf.Tensor) => tf.sum(tf.mul(f(at as tf.Tensor2D), probe)) as tf.Scalar;
  const gradient = tf.tidy(() => tf.grad(scalar)(x).dataSync().slice());
  const at = x.dataSync().slice();
  const step = 1e-2;
  const numeric = at.map((value, i) => {
    const scalarAt = (moved: number) =>
      tf.tidy(
        () =>
          scalar(
            tf.tensor(
              at.map((v, j) => (j === i ? moved : v)),
              x.shape,
            ),
          ).dataSync()[0],
      );
    return (scalarAt(value + step) - scalarAt(value - step)) / (2 * step);
  });
  probe.dispose();
  expectClose(gradient, numeric, tolerance);
};

/** Expects `f` not to change the number of tensors. */
export const expectNoLeak = (f: () => void): void => {
  f();
  const before = tf.memory().numTensors;
  f();
  expect(tf.memory().numTensors).toBe(before);
};
