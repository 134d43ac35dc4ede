import { type BuildChoice, registerSimdBackend } from '@recsys/backend-simd';
import { expect, it } from 'vitest';

const runsHere = (build: BuildChoice): boolean => {
  try {
    registerSimdBackend({ build, threads: 1 });
    return true;
  } catch {
    return false;
  }
};

const native = (['native-avx512', 'native-avx2', 'native-neon'] as const).filter(runsHere);

/** The builds of the kernels of `simd` that run on this machine: WebAssembly, and every native one. */
export const engines: readonly BuildChoice[] = ['wasm', ...native];

/** WebAssembly, and the best native build, for tests that take long. */
export const mainEngines: readonly BuildChoice[] = ['wasm', ...native.slice(0, 1)];

/** Tests that native kernels are there where they must be: with `REQUIRE_NATIVE=1`, as in CI. */
export const requireNative = (): void =>
  it('native kernels run here if they must', () => {
    if (process.env.REQUIRE_NATIVE === '1') expect(native.length).toBeGreaterThan(0);
  });
