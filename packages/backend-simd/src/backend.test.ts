import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { SimdBackend } from './backend.js';
import { SimdBackendError } from './errors.js';
import { registerSimdBackend } from './register.js';
import { SharedHeap } from './shared-heap.js';

const useSimd = async (options: Parameters<typeof registerSimdBackend>[0] = { threads: 2 }): Promise<SimdBackend> => {
  registerSimdBackend(options);
  await tf.setBackend('simd');
  await tf.ready();
  return tf.backend() as unknown as SimdBackend;
};

afterEach(() => {
  if (tf.findBackendFactory('simd') != null) tf.removeBackend('simd');
});

/** Expects an op to give on `simd` what it gives on `cpu`. */
const expectAsOnCpu = async (op: () => tf.Tensor, tolerance = 1e-5): Promise<void> => {
  const values: Float32Array[] = [];
  const shapes: number[][] = [];
  for (const backend of ['cpu', 'simd']) {
    await tf.setBackend(backend);
    const y = tf.tidy(op);
    values.push(y.dataSync<'float32'>().slice());
    shapes.push(y.shape);
    y.dispose();
  }
  expect(shapes[1]).toEqual(shapes[0]);
  for (const [i, value] of values[0]!.entries()) {
    const scale = Math.max(1, Math.abs(value));
    if (!Object.is(value, values[1]![i]))
      expect(Math.abs(value - values[1]![i]!) / scale).toBeLessThanOrEqual(tolerance);
  }
};

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -2, 2, 'float32', seed);

describe('kernels give what those of cpu give, on any shape', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const seed = fc.integer({ min: 1, max: 1e6 });

  it('matrix products, transposed and in batches', async () => {
    await useSimd();
    const batches = fc.constantFrom(
      [[], []],
      [[3], [3]],
      [[3], []],
      [[], [2]],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], [4]],
    );
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        side,
        fc.boolean(),
        fc.boolean(),
        batches,
        seed,
        async (m, k, n, ta, tb, [a, b], s) =>
          expectAsOnCpu(
            () =>
              tf.matMul(
                random([...a!, ...(ta ? [k, m] : [m, k])], s),
                random([...b!, ...(tb ? [n, k] : [k, n])], s + 1),
                ta,
                tb,
              ),
            1e-4,
          ),
      ),
      { numRuns: 150 },
    );
    await expectAsOnCpu(() => tf.matMul(random([3, 700], 1), random([700, 600], 2)), 1e-4);
  });

  it('fused matrix products', async () => {
    await useSimd();
    const activation = fc.constantFrom('linear', 'relu', 'relu6', 'sigmoid', 'elu');
    await fc.assert(
      fc.asyncProperty(side, side, side, activation, fc.boolean(), seed, async (m, k, n, activation, biased, s) =>
        expectAsOnCpu(
          () =>
            tf.fused.matMul({
              a: random([m, k], s) as tf.Tensor2D,
              b: random([k, n], s + 1) as tf.Tensor2D,
              ...(biased && { bias: random([n], s + 2) }),
              activation: activation as tf.fused.Activation,
            }),
          1e-4,
        ),
      ),
      { numRuns: 60 },
    );
  });

  it('functions of two tensors, with broadcasting', async () => {
    await useSimd();
    const ops = fc.constantFrom(tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum);
    const shape = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        ops,
        shape,
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        fc.nat(3),
        seed,
        async (op, whole, ones, cut, s) => {
          const a = whole.map((side, i) => (ones[i] ? 1 : side));
          const b = whole.map((side, i) => (ones[i + 4] ? 1 : side)).slice(Math.min(cut, whole.length));
          await expectAsOnCpu(() => op(random(a, s), random(b, s + 1)));
        },
      ),
      { numRuns: 200 },
    );
    await expectAsOnCpu(() => tf.add(random([5001], 1), random([5001], 2)));
    await expectAsOnCpu(() => tf.add(random([70, 50], 1), tf.scalar(2)));
  });

  it('functions of one tensor, sums, means, softmax, transposes, gathers', async () => {
    await useSimd();
    const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const one = [tf.relu, tf.square, tf.abs, tf.neg, tf.exp, tf.sigmoid, tf.tanh];
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), seed, async (shape, choice, s) => {
        const axis = choice % shape.length;
        await expectAsOnCpu(() => one[choice % one.length]!(random(shape, s)));
        await expectAsOnCpu(() => tf.sum(random(shape, s), axis, choice % 2 === 0));
        await expectAsOnCpu(() => tf.mean(random(shape, s)));
        await expectAsOnCpu(() => tf.softmax(random(shape, s)));
        await expectAsOnCpu(() => tf.logSoftmax(random(shape, s)));
        const permutation = shape.map((_, i) => (i + axis) % shape.length);
        await expectAsOnCpu(() => tf.transpose(random(shape, s), permutation));
        const indices = Array.from({ length: 5 }, (_, i) => (i * 7 + s) % shape[0]!);
        await expectAsOnCpu(() => tf.gather(random(shape, s), tf.tensor1d(indices, 'int32')));
        await expectAsOnCpu(() =>
          tf.unsortedSegmentSum(random([5, ...shape], s), tf.tensor1d(indices, 'int32'), shape[0]!),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('slices, pads, concatenates, selects and takes the best', async () => {
    await useSimd();
    const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(1000), seed, async (shape, choice, s) => {
        const axis = choice % shape.length;
        const begin = shape.map((side, i) => (choice >> i) % side);
        const size = shape.map((side, i) => Math.max(1, (side - begin[i]!) >> (choice & 1)));
        const other = shape.map((side, i) => (i === axis ? side + 2 : side));
        const paddings = shape.map((_, i) => [(choice >> i) & 1, (choice >> (i + 1)) & 3] as [number, number]);
        const k = 1 + (choice % shape.at(-1)!);
        await expectAsOnCpu(() => tf.slice(random(shape, s), begin, size));
        await expectAsOnCpu(() => tf.pad(random(shape, s), paddings, 7));
        await expectAsOnCpu(() => tf.concat([random(shape, s), random(other, s + 1), random(shape, s + 2)], axis));
        await expectAsOnCpu(() =>
          tf.where(tf.greater(random(shape, s), 0), random(shape, s + 1), random(shape, s + 2)),
        );
        await expectAsOnCpu(() => tf.concat(tf.unstack(random(shape, s), axis).map((part) => tf.reshape(part, [-1]))));
        const lengths = [1, shape[axis]!, 2];
        const long = shape.map((side, i) => (i === axis ? side + 3 : side));
        await expectAsOnCpu(() => tf.split(random(long, s), lengths, axis)[choice % 3]!);
        const rounded = () => tf.round(random(shape, s)); // with ties
        await expectAsOnCpu(() => tf.topk(rounded(), k).values);
        await expectAsOnCpu(() => tf.cast(tf.topk(rounded(), k).indices, 'float32'));
      }),
      { numRuns: 100 },
    );
  });

  it('on values that are not numbers, or none', async () => {
    await useSimd();
    const odd = () =>
      tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-40, 200, -200]);
    for (const op of [tf.relu, tf.sqrt, tf.exp, tf.sigmoid, tf.square]) await expectAsOnCpu(() => op(odd()));
    await expectAsOnCpu(() => tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])));
    await expectAsOnCpu(() => tf.add(tf.zeros([0]), 1));
    await expectAsOnCpu(() => tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])));
  });
});

describe('SimdBackend', () => {
  it('gives the same bits on 1, 2 and 4 threads', async () => {
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 4]) {
      await useSimd({ threads });
      const product = () => tf.softmax(tf.relu(tf.matMul(random([500, 300], 1), random([300, 70], 2))));
      results.push(tf.tidy(() => tf.sum(product(), 0).dataSync<'float32'>()));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('gives back memory, and uses it again', async () => {
    const { heap } = await useSimd();
    const work = (rows: number) =>
      tf.tidy(() => void tf.matMul(random([rows, 30], 1), random([30, 20], 2), false, false));
    for (let rows = 1; rows <= 200; rows++) work(rows);
    const { bytesInUse, bytesReserved } = heap;
    for (let round = 0; round < 5; round++) for (let rows = 1; rows <= 200; rows++) work(rows);
    expect(heap.bytesInUse).toBe(bytesInUse);
    expect(heap.bytesReserved).toBe(bytesReserved);
    expect(tf.memory()).toMatchObject({
      unreliable: false,
      sharedBytesInUse: bytesInUse,
      sharedBytesReserved: bytesReserved,
    });
  });

  it('reads copies', async () => {
    await useSimd();
    const x = tf.tensor1d([1, 2, 3]);
    const values = x.dataSync();
    x.dispose();
    tf.tidy(() => void tf.tensor1d([7, 8, 9]));
    expect(Array.from(values)).toEqual([1, 2, 3]);
    expect(values.buffer).not.toBeInstanceOf(SharedArrayBuffer);
  });

  it('fails, and does not hang, when a worker is lost', async () => {
    const { pool } = await useSimd({ threads: 2 });
    const big = () => tf.tidy(() => tf.matMul(random([600, 60], 1), random([60, 60], 2)).dataSync());
    big();
    await pool.workers[0]!.terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(big).toThrow(SimdBackendError);
    expect(big).toThrow(/a worker ended with code \d; start the program again/);
  });

  it.each([0, 65, 1.5])('refuses %d threads', (threads) => {
    expect(() => registerSimdBackend({ threads })).toThrow(
      `option threads must be an integer in 1..64, got ${threads}`,
    );
  });
});

describe('SharedHeap', () => {
  it('never lends the same bytes twice (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.nat(9)), { maxLength: 200 }), (requests) => {
        const heap = new SharedHeap();
        const blocks: { address: number; bytes: number }[] = [];
        for (const [bytes, drop] of requests) {
          if (drop < 4 && blocks.length > 0) {
            const [block] = blocks.splice(drop % blocks.length, 1);
            heap.free(block!.address, block!.bytes);
          }
          const address = heap.allocate(bytes);
          expect(address % 64).toBe(0);
          for (const block of blocks)
            expect(address + bytes <= block.address || block.address + block.bytes <= address).toBe(true);
          blocks.push({ address, bytes });
        }
        for (const { address, bytes } of blocks) heap.free(address, bytes);
        expect(heap.bytesInUse).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('says when there is no room', () => {
    const memory = {
      buffer: new SharedArrayBuffer(65536),
      grow: () => {
        throw new RangeError();
      },
    };
    const heap = new SharedHeap(memory as unknown as WebAssembly.Memory);
    heap.allocate(40_000);
    expect(() => heap.allocate(40_000)).toThrow(
      /no room for 40000 bytes; 40960 of 65536 are in use, and 4 GiB is the limit/,
    );
    const block = heap.allocate(10_000);
    heap.allocate(8000);
    heap.free(block, 10_000);
    expect(heap.allocate(5000)).toBe(block);
  });
});
