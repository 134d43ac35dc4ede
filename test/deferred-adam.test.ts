/**
 * Rows of a table without a gradient take the steps of Adam later, all at once. The result must be that of Adam, whoever reads
 * what and when.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildChoice, registerSimdBackend, type SimdBackend } from '@recsys/backend-simd';
import { leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { embedTokens, gatherRows, pairwiseLogits } from '@recsys/layers';
import { SASRec } from '@recsys/sasrec';
import { Adam, type AdamOptions, fit, scheduleFactor } from '@recsys/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { engines, mainEngines } from './support/engines.ts';

const useBackend = async (name: string, build?: BuildChoice, threads = 2): Promise<void> => {
  if (name === 'simd') registerSimdBackend({ threads, ...(build && { build }) });
  await tf.setBackend(name);
  await tf.ready();
};
afterEach(() => tf.removeBackend('simd'));

/** Numbers in [0, 1), always the same for a seed (mulberry32). */
const randomOf = (seed: number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
};

const rows = 3000;
const width = 4;
const steps = 2500;
const perStep = 40;

/** The rows of a step, few of them popular, and their gradients. */
const draw = (random: () => number, scale: number) => ({
  indices: Int32Array.from({ length: perStep }, () => Math.floor(rows * random() ** 4)),
  values: Float32Array.from({ length: perStep * width }, () => scale * (random() + random() - 1)),
});

/** Algorithm 1 of Kingma & Ba in float64, with decoupled decay and coupled L2, one step after another for every row. */
class Reference {
  readonly w: Float64Array;
  readonly m = new Float64Array(rows * width);
  readonly v = new Float64Array(rows * width);
  #step = 0;
  constructor(start: Float32Array) {
    this.w = Float64Array.from(start);
  }
  apply(
    gradient: Float64Array,
    rate: number,
    { beta1, beta2, epsilon, weightDecay, l2 }: Required<Omit<AdamOptions, 'lazy'>>,
  ) {
    this.#step += 1;
    const [c1, c2] = [1 - beta1! ** this.#step, 1 - beta2! ** this.#step];
    for (let i = 0; i < rows * width; i++) {
      const g = gradient[i] + l2! * this.w[i];
      this.m[i] = beta1! * this.m[i] + (1 - beta1!) * g;
      this.v[i] = beta2! * this.v[i] + (1 - beta2!) * g * g;
      this.w[i] -= rate * (weightDecay! * this.w[i] + this.m[i] / c1 / (Math.sqrt(this.v[i] / c2) + epsilon!));
    }
  }
}

/** The distance of weights from others, relative to the root mean square of these: the mean and the largest. */
const distance = (weights: ArrayLike<number>, expected: Float64Array) => {
  const scale = Math.sqrt(expected.reduce((sum, w) => sum + w * w, 0) / expected.length);
  const errors = Array.from(expected, (w, i) => Math.abs(weights[i] - w) / scale);
  return { mean: errors.reduce((sum, error) => sum + error, 0) / errors.length, max: Math.max(...errors) };
};

const train = (how: 'deferred' | 'in turn', rateOf: (step: number) => number, options: AdamOptions, scale: number) => {
  const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay = 0, l2 = 0 } = options;
  const start = Float32Array.from({ length: rows * width }, randomOf(7));
  const reference = new Reference(start);
  const variable = tf.tidy(() => tf.variable(tf.tensor2d(start, [rows, width])));
  const adam = new Adam([{ name: 'table', variable, isEmbedding: true }], options);
  const random = randomOf(1);
  for (let step = 0; step < steps; step++) {
    const { indices, values } = draw(random, scale);
    const dense = new Float64Array(rows * width);
    indices.forEach((row, i) => {
      for (let j = 0; j < width; j++) dense[row * width + j] += values[i * width + j];
    });
    tf.tidy(() => {
      const dy = tf.tensor2d(values, [perStep, width]);
      const gradient =
        how === 'in turn'
          ? tf.tensor2d(Float32Array.from(dense), [rows, width])
          : tf.engine().runKernel('RecsysGatherRowsGrad', { dy, indices: tf.tensor1d(indices, 'int32') }, { rows });
      adam.apply({ [variable.name]: gradient as tf.Tensor }, rateOf(step));
    });
    reference.apply(dense, rateOf(step), { beta1, beta2, epsilon, weightDecay, l2 });
  }
  const result = {
    weight: distance(variable.dataSync(), reference.w),
    first: distance(adam.state().firstMoments.get('table')!, reference.m),
    second: distance(adam.state().secondMoments.get('table')!, reference.v),
  };
  adam.dispose();
  variable.dispose();
  return result;
};

const schedules = {
  constant: () => 0.001,
  'one-cycle': (step: number) => 0.003 * scheduleFactor({ kind: 'one-cycle' }, step, steps),
};
describe('deferred Adam, 2,500 steps of 3,000 rows', () => {
  it.each(engines)('has a gradient for each row with coupled L2: %s', async (build) => {
    await useBackend('simd', build);
    const deferred = train('deferred', schedules.constant, { l2: 0.01 }, 1e-2);
    const inTurn = train('in turn', schedules.constant, { l2: 0.01 }, 1e-2);
    // Weights near zero go to and fro, where float32 and float64 part; so the mean is small, and the largest distance the same in both.
    for (const part of ['weight', 'first', 'second'] as const) {
      expect(deferred[part].mean).toBeLessThan(5e-4);
      expect(deferred[part].mean).toBeCloseTo(inTurn[part].mean, 7);
      expect(deferred[part].max).toBeCloseTo(inTurn[part].max, 7);
    }
    await useBackend('cpu');
  });

  const cases = [
    { schedule: 'constant', weightDecay: 0, scale: 1e-2 },
    { schedule: 'constant', weightDecay: 0.1, scale: 1e-7 },
    { schedule: 'one-cycle', weightDecay: 0, scale: 1e-7 },
    { schedule: 'one-cycle', weightDecay: 0.1, scale: 1e-2 },
  ];
  // With gradients of 1e-7, √v is as small as epsilon.
  it.each(cases)(
    'is as near to float64 as Adam step by step: $schedule rate, decay $weightDecay, gradients of $scale',
    async ({ schedule, weightDecay, scale }) => {
      await useBackend('simd', 'wasm');
      const rateOf = schedules[schedule as keyof typeof schedules];
      const deferred = train('deferred', rateOf, { weightDecay }, scale);
      const inTurn = train('in turn', rateOf, { weightDecay }, scale);
      expect(deferred.weight.mean).toBeLessThan(5e-7);
      expect(deferred.weight.mean).toBeLessThan(inTurn.weight.mean);
      expect(deferred.weight.max).toBeLessThan(scale > 1e-6 ? 1e-5 : 3e-5);
      expect(deferred.first.mean).toBeLessThan(inTurn.first.mean);
      expect(deferred.second.mean).toBeLessThan(inTurn.second.mean);
    },
    30_000,
  );
});

/** What may happen to a table between steps; `value` chooses rows. */
type Command = { do: keyof typeof actions; value: number };

/** A table of 40 rows, of which a step touches a few, with its optimizer. */
class Subject {
  readonly rows = 40;
  readonly width = 5;
  readonly variable: tf.Variable<tf.Rank.R2>;
  adam: Adam;
  clone: tf.Tensor | undefined;
  readonly #options: AdamOptions;
  steps = 0;
  constructor(options: AdamOptions) {
    this.#options = options;
    const start = Float32Array.from({ length: 200 }, randomOf(3));
    this.variable = tf.tidy(() => tf.variable(tf.tensor2d(start, [40, 5])));
    this.adam = this.newAdam();
  }
  newAdam(): Adam {
    return new Adam([{ name: 'table', variable: this.variable, isEmbedding: true }], this.#options);
  }
  /** Some rows, perhaps repeated. */
  indices(value: number, count = 4): tf.Tensor1D {
    const random = randomOf(value);
    return tf.tensor1d(
      Int32Array.from({ length: count }, () => Math.floor(this.rows * random() ** 3)),
      'int32',
    );
  }
  step(value: number, dense = false): void {
    this.steps += 1;
    const { value: loss, grads } = tf.variableGrads(() => {
      const picked = gatherRows(this.variable, this.indices(value));
      const distance = tf.sum(tf.square(tf.sub(picked, (value % 7) - 3)));
      return (dense ? tf.add(distance, tf.sum(tf.mul(this.variable, 0.01))) : distance) as tf.Scalar;
    });
    this.adam.apply(grads, 0.01 * (1 + Math.cos(this.steps / 10)));
    tf.dispose([loss, grads]);
  }
  dispose(): void {
    this.adam.dispose();
    tf.dispose([this.variable, this.clone]);
  }
}

const actions = {
  step: (subject: Subject, value: number) => subject.step(value),
  steps: (subject: Subject, value: number) => {
    for (let i = 0; i < value % 12; i++) subject.step(value + i);
  },
  denseStep: (subject: Subject, value: number) => subject.step(value, true),
  gather: (subject: Subject, value: number) => gatherRows(subject.variable, subject.indices(value)),
  gatherTfjs: (subject: Subject, value: number) => tf.gather(subject.variable, subject.indices(value)),
  gatherOther: (subject: Subject, value: number) =>
    gatherRows(tf.reshape(subject.variable, [20, 10]) as tf.Tensor2D, tf.floorDiv(subject.indices(value), 2)),
  embed: (subject: Subject, value: number) =>
    embedTokens(subject.variable, subject.indices(value), {
      scale: 2,
      position: { table: subject.variable, positions: subject.indices(value + 1) },
    }),
  logits: (subject: Subject, value: number) =>
    pairwiseLogits(tf.ones([2, 5]), subject.variable, tf.reshape(subject.indices(value), [2, 2])),
  sum: (subject: Subject) => tf.sum(subject.variable),
  slice: (subject: Subject, value: number) => tf.slice(subject.variable, [value % 40, 0], [1, 5]),
  multiply: (subject: Subject) => tf.matMul(tf.ones([1, 40]), subject.variable),
  whole: (subject: Subject) => tf.tensor(subject.variable.dataSync()),
  clone: (subject: Subject) => {
    tf.dispose(subject.clone);
    subject.clone = tf.keep(tf.clone(subject.variable));
  },
  readClone: (subject: Subject) => subject.clone && tf.add(subject.clone, 0),
  settle: (subject: Subject) => subject.adam.settle(),
  assign: (subject: Subject) => subject.variable.assign(tf.mul(subject.variable, 0.5)),
  moments: (subject: Subject) => {
    subject.adam.settle();
    const { firstMoments, secondMoments } = subject.adam.state();
    return tf.tensor([...firstMoments.get('table')!, ...secondMoments.get('table')!]);
  },
  restore: (subject: Subject) => {
    const state = subject.adam.state();
    subject.adam.dispose();
    subject.adam = subject.newAdam();
    subject.adam.restore(state);
  },
};

describe.each(engines)('deferred Adam on %s', (build) => {
  it('shows every reader rows that have taken all steps (property)', async () => {
    await useBackend('simd', build);
    const inUse = () => (tf.findBackend('simd') as unknown as SimdBackend).heap.bytesInUse;
    const before = inUse();
    const run = async (backend: string, commands: readonly Command[], options: AdamOptions) => {
      await tf.setBackend(backend);
      await tf.ready();
      const before = tf.memory().numTensors;
      const subject = new Subject(options);
      const seen = commands.map(({ do: action, value }) =>
        tf.tidy(() => {
          const result = actions[action](subject, value);
          return result instanceof tf.Tensor ? [...result.dataSync()] : [];
        }),
      );
      seen.push([...subject.variable.dataSync()]);
      subject.dispose();
      expect(tf.memory().numTensors).toBe(before);
      return seen;
    };
    const kinds = [{}, { weightDecay: 0.1 }, { beta2: 0.999 }, { beta2: 0.9 }, { lazy: true }];
    const names = [...Object.keys(actions), 'step', 'steps', 'steps', 'steps'] as Command['do'][];
    for (let seed = 0; seed < 100; seed++) {
      const random = randomOf(seed);
      const draw = (): Command => ({
        do: names[Math.floor(random() * names.length)],
        value: Math.floor(random() * 1000),
      });
      const commands = Array.from({ length: 5 + (seed % 30) }, draw);
      const options = kinds[seed % kinds.length];
      const expected = await run('cpu', commands, options);
      const actual = await run('simd', commands, options);
      for (const [i, values] of expected.entries()) {
        for (const [j, value] of values.entries()) {
          const error = Math.abs(actual[i][j] - value) / Math.max(1, Math.abs(value));
          if (!(error < 2e-5))
            expect.fail(`seed ${seed}, ${commands[i]?.do ?? 'at last'}: ${actual[i][j]}, not ${value}`);
        }
      }
    }
    expect(inUse()).toBe(before);
  }, 60_000);

  it('has the same bits at 1, 2 and 4 threads, and continues from a state bit for bit', async () => {
    const run = async (threads: number, resume: boolean) => {
      await useBackend('simd', build, threads);
      const subject = new Subject({ weightDecay: 0.01 });
      for (let step = 0; step < 400; step++) {
        if (resume && step % 70 === 33) {
          const state = subject.adam.state();
          expect(state.deferred.size).toBe(1);
          subject.adam.dispose();
          subject.adam = subject.newAdam();
          subject.adam.restore(state);
        }
        subject.step(step);
      }
      const { firstMoments, secondMoments, deferred } = subject.adam.state();
      const all = [
        firstMoments.get('table'),
        secondMoments.get('table'),
        deferred.get('table'),
        subject.variable.dataSync(),
      ];
      subject.dispose();
      return all;
    };
    const expected = await run(1, false);
    for (const threads of [2, 4]) expect(await run(threads, false)).toEqual(expected);
    expect(await run(2, true)).toEqual(expected);
  });
});

describe.each(mainEngines)('a run on %s', (build) => {
  const averages = [false, { decay: 0.8 }, { decay: 0.8, steps: 5 }] as const;
  it.each(averages)(
    'that is stopped in the middle of an epoch and resumed has the bits of one that is not: averages %o',
    async (weightAverage) => {
      await useBackend('simd', build);
      const { interactions } = simulateInteractions({ seed: 1, users: 300, items: 2000, meanLength: 8 });
      const split = leaveOneOut(toSequences(interactions));
      const directory = await mkdtemp(join(tmpdir(), 'recsys-deferred-'));
      const options = { epochs: 3, seed: 1, batchSize: 16, adam: { weightDecay: 0.01 }, weightAverage } as const;
      const run = async (stops: readonly number[]) => {
        const runDirectory = join(directory, stops.join('-'));
        const behind: number[] = [];
        for (const [i, maxSteps] of [...stops, undefined].entries()) {
          const model = new SASRec({ catalog: split.catalog, maxLength: 10, hiddenUnits: 8, numBlocks: 1, seed: 1 });
          const { history } = await fit(model, split, {
            ...options,
            runDirectory,
            resume: i > 0,
            ...(maxSteps && { maxSteps }),
          });
          const weights = model.trainableWeights().map(({ variable }) => variable.dataSync());
          model.dispose();
          if (maxSteps === undefined) return { weights, history: history.at(-1), behind };
          const state = join(
            runDirectory,
            'checkpoints',
            `step-${String(maxSteps).padStart(10, '0')}`,
            'training.json',
          );
          behind.push(JSON.parse(await readFile(state, 'utf8')).optimizer.deferred.length);
        }
        throw new Error('a run has an end');
      };
      try {
        const whole = await run([]);
        const resumed = await run([7, 8, 24, 41]);
        expect(resumed.behind.every((tables) => tables > 0)).toBe(true);
        expect(resumed.weights).toEqual(whole.weights);
        expect({ ...resumed.history, seconds: 0 }).toEqual({ ...whole.history, seconds: 0 });
      } finally {
        await rm(directory, { recursive: true });
      }
    },
    60_000,
  );
});
