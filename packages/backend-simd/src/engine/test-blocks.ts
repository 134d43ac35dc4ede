/** Launches of the kernels of a transformer block, of any sizes. */
import { type KernelName, TOKENS_AT_ONCE } from '../generated/arguments.js';
import type { Arena, Buffer } from './test-arena.js';
import { between, chance, type Draw, dropoutOf, loose, one } from './test-draw.js';

/** Larger errors add up in gradients, over tokens and units. */
const looser = 1e-4;

const sizesOf = (arena: Arena) => ({
  tokens: one(arena, [1, 2, 5, 24, 95, 96, 97, 200]),
  units: one(arena, [1, 2, 3, 7, 8, 15, 16, 17, 33, 50, 65]),
  preNorm: chance(arena),
});
const scratchBytes = (count: number, units: number): number => 4 * count * TOKENS_AT_ONCE * units + 64;

/** Numbers as small as those of trained kernels, so that errors stay small. */
const kernelOf = (arena: Arena, inputs: number, outputs: number): number =>
  arena.floats(inputs * outputs, (random) => (random.next() - 0.5) / Math.sqrt(inputs));
const positive = (arena: Arena, count: number): number => arena.floats(count, (random) => random.next() + 0.1);

const partsOf = (arena: Arena, tokens: number, ownSize: number) => {
  const tokensOfPart = TOKENS_AT_ONCE * between(arena, 1, 2);
  const count = Math.ceil(tokens / tokensOfPart);
  const gap = between(arena, 0, 9); // where other gradients are
  const partSize = ownSize + gap;
  const parts = arena.filled(count * partSize, (random) => random.next(), looser); // gaps keep their numbers
  return { count, args: { parts: parts.address, partSize, tokensOfPart }, outputs: [parts] };
};
const addressesOf = (buffers: readonly Buffer[]): number[] => buffers.map(({ address }) => address);

export const blockDraws = {
  blockProjections: (arena) => {
    const { tokens, units, preNorm } = sizesOf(arena);
    const outputs = [3 * tokens * units, tokens, tokens].map((words) => arena.output(words, loose));
    const [projected, means, inverses] = addressesOf(outputs);
    return {
      kernel: 'blockProjections',
      args: {
        x: arena.floats(tokens * units),
        gamma: arena.floats(units),
        beta: arena.floats(units),
        kernel: kernelOf(arena, units, 3 * units),
        bias: arena.floats(3 * units),
        projected,
        means,
        inverses,
        units,
        epsilon: 1e-2,
        preNorm,
      },
      count: tokens,
      outputs,
      scratchBytes: scratchBytes(1, units),
    };
  },
  blockFeedForward: (arena) => {
    const { tokens, units, preNorm } = sizesOf(arena);
    const rows = tokens * units;
    const outputs = [rows, tokens, tokens, rows, rows].map((words) => arena.output(words, looser));
    const [sums, means, inverses, hidden, y] = addressesOf(outputs);
    const { key, ...dropout } = dropoutOf(arena);
    return {
      kernel: 'blockFeedForward',
      args: {
        x: arena.floats(rows),
        queryMeans: arena.floats(tokens),
        queryInverses: positive(arena, tokens),
        queryGamma: arena.floats(units),
        queryBeta: arena.floats(units),
        attended: arena.floats(rows),
        outputKernel: preNorm ? kernelOf(arena, units, units) : 0,
        outputBias: preNorm ? arena.floats(units) : 0,
        gamma: arena.floats(units),
        beta: arena.floats(units),
        innerKernel: kernelOf(arena, units, units),
        innerBias: arena.floats(units),
        outerKernel: kernelOf(arena, units, units),
        outerBias: arena.floats(units),
        sums,
        means,
        inverses,
        hidden,
        y,
        units,
        epsilon: 1e-2,
        preNorm,
        innerKey: key,
        outerKey: key ^ 1,
        ...dropout,
      },
      count: tokens,
      outputs,
      scratchBytes: scratchBytes(1, units),
    };
  },
  blockFeedForwardGrad: (arena) => {
    const { tokens, units, preNorm } = sizesOf(arena);
    const rows = tokens * units;
    const parts = partsOf(arena, tokens, (preNorm ? 3 : 2) * units * units + (preNorm ? 5 : 4) * units);
    const dSums = arena.output(rows, looser);
    const dAttended = preNorm ? [arena.output(rows, looser)] : [];
    const { key: outerKey, ...dropout } = dropoutOf(arena);
    return {
      kernel: 'blockFeedForwardGrad',
      args: {
        dy: arena.floats(rows),
        sums: arena.floats(rows),
        hidden: arena.floats(rows, (random) => Math.max(0, random.next() - 0.5)),
        means: arena.floats(tokens),
        inverses: positive(arena, tokens),
        gamma: arena.floats(units),
        beta: arena.floats(units),
        innerTransposed: kernelOf(arena, units, units),
        outerTransposed: kernelOf(arena, units, units),
        outputTransposed: preNorm ? kernelOf(arena, units, units) : 0,
        attended: preNorm ? arena.floats(rows) : 0,
        dSums: dSums.address,
        dAttended: dAttended[0]?.address ?? 0,
        ...parts.args,
        tokens,
        units,
        preNorm,
        outerKey,
        ...dropout,
      },
      count: parts.count,
      outputs: [dSums, ...dAttended, ...parts.outputs],
      scratchBytes: scratchBytes(3, units),
    };
  },
  blockProjectionsGrad: (arena) => {
    const { tokens, units, preNorm } = sizesOf(arena);
    const rows = tokens * units;
    const parts = partsOf(arena, tokens, 3 * units * units + 5 * units);
    const dx = arena.filled(rows, (random) => random.next() - 0.5, looser);
    return {
      kernel: 'blockProjectionsGrad',
      args: {
        dProjected: arena.floats(3 * rows),
        x: arena.floats(rows),
        means: arena.floats(tokens),
        inverses: positive(arena, tokens),
        gamma: arena.floats(units),
        beta: arena.floats(units),
        transposed: kernelOf(arena, 3 * units, units),
        dx: dx.address,
        ...parts.args,
        tokens,
        units,
        preNorm,
      },
      count: parts.count,
      outputs: [dx, ...parts.outputs],
      scratchBytes: scratchBytes(3, units),
    };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
