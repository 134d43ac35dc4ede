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
  readonly sparse: boolean;
  readonly catalog?: number;
}

/** What one process saw of training. */
export interface TrainMeasurement {
  readonly version: string;
  /** Of each step, batch preparation included. */
  readonly milliseconds: number[];
  /** Of preparing each batch alone. */
  readonly batchMilliseconds?: number[];
  /** Mean tokens of a batch. */
  readonly tokens: number;
  /** Useful work of a mean step; see `usefulGflop`. */
  readonly usefulGflop: number;
  /** What the machine's matrix multiplication reaches, as this peer measured it. */
  readonly matmulGflops?: number;
}

/** Runs a measurement in a process of its own. */
export const measure = <T>(options: BenchOptions): T => {
  const program = fileURLToPath(new URL('measure-here.ts', import.meta.url));
  const env = options.threads === undefined ? {} : { RECSYS_THREADS: String(options.threads) };
  return runInChild(program, [JSON.stringify(options)], env);
};

/** Runs the PyTorch peer with the first Python that can import `torch`. */
export const measureTorch = (options: BenchOptions): TrainMeasurement => {
  const python = [process.env.PYTHON, 'python3', '/usr/bin/python3'].find((name) => name && imports(name, 'torch'));
  if (python === undefined) throw new Error('bench: no Python here can import torch; name one in the variable PYTHON');
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
