import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runForJson, runInChild } from './child.ts';

export interface BenchOptions {
  readonly task: 'train' | 'evaluate' | 'recommend' | 'kernels';
  readonly dataset: string;
  readonly maxLength: number;
  readonly hiddenUnits: number;
  readonly batchSize: number;
  readonly dropoutRate: number;
  readonly backend: string;
  readonly threads?: number;
  /** Native or WebAssembly kernels. Default: native where they load. */
  readonly engine?: 'native' | 'wasm';
  readonly steps: number;
  /** Name of the loss, as `createLoss` takes it. */
  readonly loss: string;
  /** Default that of the loss. */
  readonly numNegatives?: number;
  readonly sparse: boolean;
  readonly catalog?: number;
}

/** Training as measured by one process. */
export interface TrainMeasurement {
  readonly version: string;
  /** Time of each step, including batch preparation. */
  readonly milliseconds: number[];
  /** Time of the preparation of each batch. */
  readonly batchMilliseconds?: number[];
  /** Mean number of tokens per batch. */
  readonly tokens: number;
  /** Mean useful work per step; see `usefulGflop`. */
  readonly usefulGflop: number;
  /** Speed of a matrix multiplication on this machine, measured by the peer. */
  readonly matmulGflops?: number;
  /** PyTorch: its version, the library of its matrix products, its instructions and its threads. */
  readonly build?: object;
  /** PyTorch packed: the settings that were the fastest. */
  readonly settings?: object;
  /** PyTorch packed: the time of a step with the best settings of each precision. */
  readonly bestMs?: Record<string, number>;
}

/** Runs a measurement in a separate process. */
export const measure = <T>(options: BenchOptions): T => {
  const program = fileURLToPath(new URL('measure-here.ts', import.meta.url));
  const env = {
    ...(options.threads !== undefined && { RECSYS_THREADS: String(options.threads) }),
    ...(options.engine !== undefined && { RECSYS_ENGINE: options.engine }),
  };
  return runInChild(program, [JSON.stringify(options)], env);
};

/** Runs a program of `benchmarks/pytorch`: `sasrec.py`, as users write it, or `packed.py`, PyTorch at its best. */
export const measureTorch = (options: BenchOptions, name: 'sasrec.py' | 'packed.py'): TrainMeasurement => {
  const python = pythonWithTorch();
  const given = {
    dataset: options.dataset,
    'max-length': options.maxLength,
    'hidden-units': options.hiddenUnits,
    'batch-size': options.batchSize,
    dropout: options.dropoutRate,
    steps: options.steps,
    threads: options.threads ?? 2,
  };
  const program = fileURLToPath(new URL(`../pytorch/${name}`, import.meta.url));
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runForJson(python, [program, ...args]);
};

/**
 * Returns the Python of the environment variable `PYTHON`, or else one whose PyTorch multiplies with MKL, or else one with
 * any PyTorch.
 */
const pythonWithTorch = (): string => {
  const named = process.env.PYTHON;
  const names = named === undefined || named === '' ? ['python3', '/usr/bin/python3'] : [named];
  const found = names.map((name) => ({ name, mkl: torchUsesMkl(name) })).filter(({ mkl }) => mkl !== undefined);
  const python = found.find(({ mkl }) => mkl) ?? found[0];
  if (python === undefined)
    throw new Error(`bench: ${names.join(' and ')} cannot import torch; set the environment variable PYTHON`);
  return python.name;
};

/** Returns whether the PyTorch of a Python multiplies with MKL, or undefined if it has no PyTorch. */
const torchUsesMkl = (python: string): boolean | undefined => {
  try {
    const program = 'import torch; print(torch.backends.mkl.is_available())';
    return (
      execFileSync(python, ['-c', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }) === 'True\n'
    );
  } catch {
    return undefined;
  }
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
};
