/** Loads the backend that `RECSYS_TEST_BACKEND` names (`tensorflow`, `simd`, `wasm`), for tests of layers, training and sasrec to run on. */
const { RECSYS_TEST_BACKEND: prefer } = process.env;
if (prefer !== undefined) {
  const { selectBackend } = await import('@recsys/model');
  await selectBackend({ prefer: prefer as 'tensorflow' | 'simd' | 'wasm' });
}

export {};
