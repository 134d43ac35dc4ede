import {
  ARGUMENTS,
  CandidateLossKind,
  HEAP,
  type KernelArguments,
  type KernelName,
  kernels,
} from '../generated/arguments.js';
import { attachNative, type NativeKernels } from './attach.js';

type Kernel = (args: number, begin: number, end: number, scratch: number) => void;

/** A launch of a kernel whose outputs WebAssembly knows. */
interface Question<Name extends KernelName = KernelName> {
  readonly kernel: Name;
  readonly args: KernelArguments[Name];
  readonly count: number;
  /** Number of floats that it writes from `outputs` on. */
  readonly written: number;
  /** Largest error of each. Default 0.001. */
  readonly tolerance?: number;
}
const question = <Name extends KernelName>(question: Question<Name>): Question => question as unknown as Question;

const pageBytes = 65536;
const inputs = HEAP;
const indices = pageBytes + 40_000;
/** Rows of a table of 32. */
const smallIndices = indices + 64;
const runStarts = indices + 512;
const outputs = 2 * pageBytes;
const scratch = 4 * pageBytes;
const pages = 6;
/** Address of the i-th run of a thousand floats. */
const input = (i: number): number => inputs + 4000 * i;
const output = (i: number): number => outputs + 4000 * i;

const tokens = 29;
const units = 22;
const dropout = { key: 77, threshold: 13_107, keptScale: 1.25 };

const attention = {
  query: input(0),
  key: input(1),
  value: input(2),
  offsets: indices,
  numHeads: 2,
  units,
  tokenRow: units,
  attended: output(0),
  logSums: output(1),
  dropoutKey: 5,
  threshold: dropout.threshold,
  scale: 0.3,
  keptScale: dropout.keptScale,
};

/** One question for each kind of code: tiles, vectors, dropout masks, exponentials, and words. */
const questions: readonly Question[] = [
  question({
    kernel: 'dense',
    args: {
      x: input(0),
      kernel: input(1),
      bias: input(2),
      y: output(0),
      inputs: units,
      outputs: units,
      relu: true,
      residual: input(3),
      ...dropout,
    },
    count: tokens,
    written: tokens * units,
  }),
  question({ kernel: 'attention', args: attention, count: 4, written: 1000 + 2 * tokens }),
  question({
    kernel: 'attentionGrad',
    args: { ...attention, dAttended: input(3), dQuery: output(2), dKey: output(3), dValue: output(4) },
    count: 4,
    written: 4000 + tokens * units,
  }),
  question({
    kernel: 'layerNorm',
    args: {
      x: input(0),
      gamma: input(1),
      beta: input(2),
      y: output(0),
      means: output(1),
      inverses: output(2),
      units,
      epsilon: 1e-6,
    },
    count: tokens,
    written: 2000 + tokens,
  }),
  question({
    kernel: 'transformerBlock',
    args: {
      ...attention,
      query: output(0),
      key: output(0) + 4 * units,
      value: output(0) + 8 * units,
      tokenRow: 3 * units,
      attended: output(2),
      logSums: output(3),
      x: input(0),
      queryGamma: input(1),
      queryBeta: input(2),
      gamma: input(3),
      beta: input(4),
      queryMeans: output(4),
      queryInverses: output(5),
      means: output(6),
      inverses: output(7),
      sums: output(8),
      hidden: output(9),
      runs: runStarts,
      preNorm: false,
      outerKey: 78,
      kernel: input(5),
      bias: input(7),
      outputKernel: 0,
      outputBias: 0,
      innerKernel: input(8),
      innerBias: input(9),
      outerKernel: input(10),
      outerBias: input(11),
      y: output(10),
      epsilon: 1e-2,
      innerKey: 77,
    },
    count: 2,
    written: 10_000 + tokens * units,
  }),
  question({
    kernel: 'matmul',
    args: {
      a: input(0),
      b: input(1),
      c: output(0),
      init: input(2),
      initRow: 0,
      m: tokens,
      n: 31,
      k: units,
      aBatch: 0,
      bBatch: 0,
      relu: false,
      aTransposed: true,
    },
    count: tokens,
    written: tokens * 31,
  }),
  question({
    kernel: 'adam',
    args: {
      beta1: 0.9,
      beta2: 0.98,
      rate: 1e-3,
      epsilon: 1e-8,
      decay: 0.999,
      ofGradient: 0.1,
      ofSquare: 0.02,
      w: output(0),
      m: output(1),
      v: output(2),
      gradient: input(0),
      size: 999,
    },
    count: 1,
    written: 2999,
  }),
  question({
    kernel: 'sharedSoftmaxLoss',
    args: {
      hidden: input(0),
      table: input(1),
      targets: smallIndices,
      negatives: smallIndices,
      offsets: indices,
      dTargets: output(0),
      dNegatives: output(1),
      dHidden: output(2),
      parts: output(3),
      count: 11,
      width: units,
      correction: 0.5,
      weight: 1 / tokens,
    },
    count: 2,
    written: 3002,
  }),
  question({
    kernel: 'candidateLoss',
    args: {
      hidden: input(0),
      table: input(1),
      targets: smallIndices,
      negatives: smallIndices,
      dTargets: output(0),
      dNegatives: output(1),
      dHidden: output(2),
      parts: output(3),
      tokens,
      count: 1,
      width: units,
      kind: CandidateLossKind.Binary,
      targetWeight: 1,
      negativeWeight: 0.5,
      correction: 0,
    },
    count: 1,
    written: 3001,
  }),
  question({
    kernel: 'topK',
    args: { x: input(0), values: output(0), indices: output(1), width: 199, k: 7 },
    count: 5,
    written: 1035,
    tolerance: 0, // it moves numbers; indices, read as floats, are tiny
  }),
];

/**
 * Puts some questions to native kernels, in a memory of its own, and returns what is wrong with the answers; undefined
 * if they are those of WebAssembly.
 *
 * @throws if the kernels cannot be attached.
 */
export const wrongAnswers = (module: WebAssembly.Module, native: NativeKernels): string | undefined => {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pageBytes, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const attached = attachNative(native, memory, 0);
  const asked = questions.filter(({ kernel }) => kernel in attached.kernels); // WebAssembly computes the others
  const answersOf = (kernels: Record<string, unknown>) => {
    prepare(memory);
    return asked.map((question) => answer(question, kernels[question.kernel] as Kernel, memory));
  };
  const expected = answersOf(exports);
  const answers = answersOf(attached.kernels);
  for (const [i, { kernel, tolerance = 1e-3 }] of asked.entries()) {
    const error = answers[i].reduce((worst, value, j) => Math.max(worst, Math.abs(value - expected[i][j])), 0);
    if (!(error <= tolerance)) return `the kernel ${kernel} answers wrongly, by ${error}`;
  }
  return undefined;
};

/** Fills the inputs, and what is computed in place. */
const prepare = ({ buffer }: WebAssembly.Memory): void => {
  new Float32Array(buffer, inputs, (pageBytes - inputs) / 4).forEach((_, i, values) => {
    values[i] = ((i * 7919) % 1000) / 500 - 1;
  });
  new Int32Array(buffer, indices, 3).set([0, 4, tokens]);
  new Int32Array(buffer, smallIndices, 64).forEach((_, i, values) => {
    values[i] = (i * 7) % 32;
  });
  new Int32Array(buffer, runStarts, 3).set([0, 1, 2]);
};

const answer = (
  { kernel, args, count, written }: Question,
  run: Kernel,
  { buffer }: WebAssembly.Memory,
): Float32Array => {
  const y = new Float32Array(buffer, outputs, (scratch - outputs) / 4);
  // The outputs of attention are inputs of its gradient.
  if (kernel !== 'attentionGrad') y.fill(0.5);
  const words = new Int32Array(buffer, ARGUMENTS, 64);
  const { write } = kernels[kernel] as { write: (...args: unknown[]) => void };
  write(args, Number, words, new Float32Array(buffer, ARGUMENTS, 64));
  run(ARGUMENTS, 0, count, scratch);
  return y.slice(0, written);
};
