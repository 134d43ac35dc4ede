/**
 * Every native kernel against WebAssembly, on launches of any size: the same numbers, nothing written outside the
 * outputs, nothing used from outside the inputs, and the same bits whichever parts the work is computed in.
 *
 * `RECSYS_FUZZ_RUNS` is the number of launches of each kernel. With an addon that is compiled with sanitizers,
 * `RECSYS_FUZZ_ADDON`, memory between the buffers is forbidden too (`scripts/fuzz-sanitized.mjs`).
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KernelName, kernelNames } from '../generated/arguments.js';
import { attachNative, loadAddon } from './attach.js';
import { findNative, nativeBuilds } from './native.js';
import { type Allow, Arena, type Buffer, type Kernels, type Launch } from './test-cases/arena.js';
import type { Functions } from './test-cases/draw.js';
import { draws } from './test-cases/index.js';
import { compileWasm } from './wasm.js';

const { RECSYS_FUZZ_RUNS: numRuns = '60', RECSYS_FUZZ_ADDON: sanitized } = process.env;

const { module } = compileWasm('simd');
const arena = new Arena();
const wasm = new WebAssembly.Instance(module, { env: { memory: arena.memory } }).exports as unknown as Kernels &
  Functions;

const kernelsOf = (file: string, instructionSet: string) => {
  const attached = attachNative({ file, instructionSet }, arena.memory, 0);
  const attentionScratch = (time: number, width: number) =>
    Math.max(wasm.attentionScratch(time, width), attached.attentionScratch(time, width));
  return { kernels: attached.kernels as Kernels, functions: { attentionScratch } };
};

const engines = sanitized
  ? loadAddon(sanitized).instructionSets.map((set) => ({ build: `${set}, sanitized`, ...kernelsOf(sanitized, set) }))
  : nativeBuilds.flatMap((build) => {
      const found = findNative(module, build);
      return 'native' in found ? [{ build, ...kernelsOf(found.native.file, found.native.instructionSet) }] : [];
    });
const allow = sanitized ? (loadAddon(sanitized) as unknown as { allow: Allow }).allow : undefined;

/** The places where the items of a launch are divided. */
const ends = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });
const partsOf = ({ count, splits = true }: Launch, places: readonly number[]): number[] =>
  splits ? [...places.map((place) => Math.floor(place * count)).sort((a, b) => a - b), count] : [count];

/** The largest error of an output, relative to its largest finite number; infinity where only one is a number. */
const errorOf = (expected: Int32Array, actual: Int32Array, { address, words }: Buffer): number => {
  const [a, b] = [expected, actual].map((memory) => new Float32Array(memory.buffer, address, words));
  let scale = 1;
  for (const value of a) if (Math.abs(value) > scale && Number.isFinite(value)) scale = Math.abs(value);
  let worst = 0;
  for (let i = 0; i < words; i++) {
    if (Object.is(a[i], b[i])) continue;
    const error = Math.abs(a[i] - b[i]);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / scale);
  }
  return worst;
};

const expectSame = (launch: Launch, expected: Int32Array, actual: Int32Array, places: readonly number[]): void => {
  const sizes = () => `${JSON.stringify(launch.args)} in ${partsOf(launch, places)}`;
  for (const [i, output] of launch.outputs.entries()) {
    const [from, to] = [output.address / 4, output.address / 4 + output.words];
    if (output.tolerance > 0) {
      const error = errorOf(expected, actual, output);
      if (error > output.tolerance) expect.fail(`output ${i} differs by ${error}: ${sizes()}`);
    } else {
      for (let word = from; word < to; word++) {
        if (expected[word] === actual[word]) continue;
        const [a, b] = [expected, actual].map((memory) => new Float32Array(memory.buffer, 4 * word, 1)[0]);
        // Which NaN is not defined.
        if (!Number.isNaN(a) || !Number.isNaN(b)) expect.fail(`output ${i} has ${b} instead of ${a}: ${sizes()}`);
      }
    }
  }
};

it('there are native kernels to test where they must be', () => {
  if (process.env.REQUIRE_NATIVE === '1') expect(engines.length).toBeGreaterThan(0);
});

describe.each(engines)('$build', ({ kernels, functions }) => {
  it('has every kernel', () => {
    expect(Object.keys(kernels)).toEqual([...kernelNames]);
  });

  it.each([...kernelNames])('%s computes what WebAssembly does, and touches nothing else', (name: KernelName) => {
    fc.assert(
      fc.property(fc.integer(), ends, (seed, places) => {
        arena.reset(seed);
        const launch = draws[name](arena, functions) as Launch;
        const expected = arena.run(launch, wasm, [launch.count]);
        const whole = arena.run(launch, kernels, [launch.count], allow);
        expectSame(launch, expected, whole, []);
        const inParts = arena.run(launch, kernels, partsOf(launch, places), allow);
        const exact = launch.outputs.map((output) => ({ ...output, tolerance: 0 }));
        expectSame({ ...launch, outputs: exact }, whole, inParts, places);
      }),
      { numRuns: Number(numRuns) },
    );
  });
});
