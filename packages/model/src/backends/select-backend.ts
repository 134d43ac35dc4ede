import { assertKnownOptions, RecsysError } from '@recsys/errors';
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../errors.js';
import { registerWasmSegmentSum } from './wasm-segment-sum.js';

/** The tfjs backends this package knows how to load, best first. */
export type BackendName = 'tensorflow' | 'simd' | 'wasm' | 'cpu';

export interface BackendChoice {
  /** The backend that tfjs now uses. */
  readonly backend: BackendName;
  /** The package it came from. */
  readonly from: string;
  /** Number of threads that compute, where the backend tells: `simd` does. */
  readonly threads?: number;
  /** Why `simd` has one thread where the machine has more: a bundle without its worker, a page that is not cross-origin isolated. */
  readonly threadsNote?: string;
  /** The kernels that compute, where the backend tells: those of `simd` are native, such as `native-avx512`, or WebAssembly. */
  readonly build?: string;
  /** Why the kernels of `simd` are not native: there are none for this platform, or the file does not load. */
  readonly buildNote?: string;
  /** The packages that were skipped, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

interface Candidate {
  readonly backend: BackendName;
  readonly name: string;
  load(): Promise<unknown>;
}

/** Whether there are native modules to load; also true in Bun and Deno. */
const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);

/** An import that bundlers leave alone: the optional native packages need not be there. */
const importOptional = (name: string): Promise<unknown> => import(/* @vite-ignore */ name);

const candidates: readonly Candidate[] = [
  ...['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].map((name) => ({
    backend: 'tensorflow' as const,
    name,
    load: async () => {
      if (!isNode) throw new Error('needs Node');
      restoreNodeUtil();
      return importOptional(name);
    },
  })),
  {
    backend: 'simd',
    name: '@recsys/backend-simd',
    load: async () => (await import('@recsys/backend-simd')).registerSimdBackend(),
  },
  {
    backend: 'wasm',
    name: '@tensorflow/tfjs-backend-wasm',
    load: async () => {
      await import('@tensorflow/tfjs-backend-wasm');
      registerWasmSegmentSum();
    },
  },
  { backend: 'cpu', name: '@tensorflow/tfjs-backend-cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
];

export interface SelectBackendOptions {
  /** Take this backend or fail. Default the best that loads. */
  prefer?: BackendName | undefined;
}

/**
 * Makes tfjs use the best backend that loads and passes a smoke test: TensorFlow (CUDA, then CPU), `simd`, WebAssembly
 * on one thread, plain JavaScript.
 *
 * @returns what was chosen, and why each better one was not.
 * @throws {ModelError} `no-backend` when the preferred backend does not load, with the reason; `bad-option` on an unknown option or backend.
 * @example
 * const { backend, skipped } = await selectBackend();
 * console.log(backend); // 'simd'
 * const { threads, threadsNote } = await selectBackend({ prefer: 'simd' });
 * if (threadsNote !== undefined) console.warn(threadsNote); // 'threads did not start: …'
 * const { build, buildNote } = await selectBackend({ prefer: 'simd' });
 * console.log(build, buildNote); // 'simd', 'no native kernels: @recsys/backend-simd-linux-x64-gnu … is not installed …'
 */
export const selectBackend = async (options: SelectBackendOptions = {}): Promise<BackendChoice> => {
  assertKnownOptions('selectBackend', options, ['prefer'], { ErrorClass: ModelError });
  const { prefer } = options;
  const skipped: { name: string; reason: string }[] = [];
  const wanted = candidates.filter(({ backend }) => prefer === undefined || backend === prefer);
  if (wanted.length === 0) {
    const known = [...new Set(candidates.map(({ backend }) => backend))].join(', ');
    throw new ModelError('bad-option', `selectBackend: prefer must be one of ${known}, got ${JSON.stringify(prefer)}`);
  }
  for (const { backend, name, load } of wanted) {
    try {
      await load();
      await smokeTest(backend);
      return { backend, from: name, ...detailsOfBackend(), skipped };
    } catch (error) {
      // A wrong RECSYS_THREADS or RECSYS_ENGINE must be corrected; it is no reason for a slower backend.
      if (RecsysError.isInstance(error) && wrongSettings.has(error.code)) throw error;
      skipped.push({ name, reason: reasonOf(error) });
    }
  }
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new ModelError('no-backend', `selectBackend: ${prefer ?? 'no backend'} does not load here (${reasons})`);
};

/** Switches to the backend and multiplies two matrices on it. */
const smokeTest = async (backend: BackendName): Promise<void> => {
  if (tf.findBackendFactory(backend) == null) throw new Error('bound to another copy of @tensorflow/tfjs-core');
  if (!(await quietly(() => tf.setBackend(backend)))) throw new Error('did not start');
  await tf.ready();
  if (backend === 'cpu') (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // no advice on the console
  const [value] = tf.tidy(() => tf.matMul([[2]], [[3]])).dataSync();
  if (value !== 6) throw new Error(`smoke test gave ${value}, not 6`);
};

/** Runs a function of tfjs without its warnings: of a backend that does not start, it prints the stack. */
const quietly = async <Result>(run: () => Promise<Result>): Promise<Result> => {
  const env = tf.env();
  const before = env.getBool('PROD');
  env.set('PROD', true);
  try {
    return await run();
  } finally {
    env.set('PROD', before);
  }
};

/** Codes of errors of the `simd` backend in what the environment says. */
const wrongSettings = new Set(['bad-thread-count', 'bad-engine']);

type Details = Pick<BackendChoice, 'threads' | 'threadsNote' | 'build' | 'buildNote'>;

/** Returns what the backend in use says of its threads and kernels. */
const detailsOfBackend = (): Details => {
  const { threads, threadsNote, build, buildNote } = tf.backend() as Details;
  const details = Object.entries({ threads, threadsNote, build, buildNote });
  return Object.fromEntries(details.filter(([, value]) => value !== undefined));
};

/** tfjs-node 4.22 calls two functions that Node 23 removed from `node:util`. */
const restoreNodeUtil = (): void => {
  const util = process.getBuiltinModule('node:util') as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value == null;
  util.isArray ??= Array.isArray;
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return 'not installed';
  if (code === 'ERR_DLOPEN_FAILED') return 'its native library failed to load';
  return String(message).split('\n')[0];
};
