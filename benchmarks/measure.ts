import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runForJson, runInChild } from './support/child.ts';

export interface BenchOptions {
  readonly task: 'train' | 'evaluate' | 'recommend' | 'kernels';
  readonly dataset: string;
  readonly maxLength: number;
  readonly hiddenUnits: number;
  readonly batchSize: number;
  readonly dropoutRate: number;
  readonly backend: string;
  readonly threads?: number;
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
}

/** Runs a measurement in a separate process. */
export const measure = <T>(options: BenchOptions): T => {
  const program = fileURLToPath(new URL('measure-here.ts', import.meta.url));
  const env = options.threads === undefined ? {} : { RECSYS_THREADS: String(options.threads) };
  return runInChild(program, [JSON.stringify(options)], env);
};

/** Runs the PyTorch peer with the first Python that can import `torch`. */
export const measureTorch = (options: BenchOptions): TrainMeasurement => {
  const python = [process.env.PYTHON, 'python3', '/usr/bin/python3'].find((name) => name && imports(name, 'torch'));
  if (python === undefined)
    throw new Error('bench: no Python found that can import torch; set the environment variable PYTHON');
  const given = {
    dataset: options.dataset,
    'max-length': options.maxLength,
    'hidden-units': options.hiddenUnits,
    'batch-size': options.batchSize,
    dropout: options.dropoutRate,
    steps: options.steps,
    threads: options.threads ?? 2,
  };
  const program = fileURLToPath(new URL('pytorch/sasrec.py', import.meta.url));
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runForJson(python, [program, ...args]);
};

const imports = (python: string, module: string): boolean => {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
};
