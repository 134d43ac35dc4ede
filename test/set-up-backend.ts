/**
 * Loads the backend in `RECSYS_TEST_BACKEND` (`tensorflow`, `simd` or `wasm`) for the tests of layers, training and
 * sasrec.
 */
const { RECSYS_TEST_BACKEND: prefer } = process.env;
if (prefer !== undefined) {
  const { selectBackend } = await import('@recsys/model');
  await selectBackend({ prefer: prefer as 'tensorflow' | 'simd' | 'wasm' });
}

export {};
