import { SimdBackendError } from '../errors.js';

const mostThreads = 64;

/** The number of threads to start, and why there are not more. */
export interface ThreadPlan {
  readonly threads: number;
  /** Number of threads that the machine can run at once. */
  readonly cores: number;
  /** Why there is only one thread, if more were requested or the machine has more cores. */
  readonly note?: string | undefined;
}

/**
 * Returns the number of threads to start: `requested`, or `RECSYS_THREADS`, or one per core up to 64; only one if
 * memory cannot be shared.
 *
 * @throws {SimdBackendError} `bad-thread-count` if the requested number is not an integer in 1..64.
 */
export const threadPlan = (requested?: number): ThreadPlan => {
  const variable = isNode ? process.env.RECSYS_THREADS : undefined;
  const cores = coresOfMachine();
  const threads = requested ?? (variable ? Number(variable) : Math.min(mostThreads, cores));
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    const source = requested === undefined ? 'RECSYS_THREADS' : 'option threads';
    throw new SimdBackendError(
      'bad-thread-count',
      `registerSimdBackend: ${source} must be an integer in 1..${mostThreads}, got ${requested ?? variable}`,
    );
  }
  const note = threads === 1 ? undefined : reasonNotToShare();
  return { threads: note === undefined ? threads : 1, cores, note };
};

export const isNode = typeof process !== 'undefined' && Boolean(process.versions?.node);

const coresOfMachine = (): number =>
  isNode
    ? process.getBuiltinModule('node:os').availableParallelism()
    : (globalThis.navigator?.hardwareConcurrency ?? 1);

const reasonNotToShare = (): string | undefined => {
  if (!isNode && !globalThis.crossOriginIsolated) {
    return 'the page is not cross-origin isolated, so threads cannot share memory';
  }
  return typeof SharedArrayBuffer === 'undefined'
    ? 'SharedArrayBuffer is missing, so threads cannot share memory'
    : undefined;
};
