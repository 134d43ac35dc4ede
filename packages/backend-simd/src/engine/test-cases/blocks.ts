/** Launches of the kernels of a transformer block, of any sizes. */
import { type KernelName, TOKENS_AT_ONCE } from '../../generated/arguments.js';
import type { Arena } from './arena.js';
import { between, chance, type Draw, dropoutOf, type Functions, one } from './draw.js';

/** Errors add up, over tokens and units and from step to step. */
const tolerance = 1e-4;

/** Divides `count` neighbours into groups, some of them empty; returns where each starts, and where the last one ends. */
const groupsOf = (arena: Arena, count: number): number[] => {
  const ends = Array.from({ length: between(arena, 0, 3) }, () => between(arena, 0, count));
  return [0, ...ends.sort((a, b) => a - b), count];
};
/** Numbers as small as those of trained kernels, so that errors stay small. */
const kernelOf = (arena: Arena, inputs: number, outputs: number): number =>
  arena.floats(inputs * outputs, (random) => (random.next() - 0.5) / Math.sqrt(inputs));
const positive = (arena: Arena, count: number): number => arena.floats(count, (random) => random.next() + 0.1);

/** What the block and its gradient share. */
const blockOf = (arena: Arena, functions: Functions) => {
  const lengths = Array.from({ length: between(arena, 1, 4) }, () => one(arena, [0, 1, 2, 5, 8, 24, 33, 96, 97]));
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
  const runs = groupsOf(arena, lengths.length);
  const runTokens = Math.max(...runs.slice(1).map((next, run) => offsets[next] - offsets[runs[run]]));
  const tokens = offsets[lengths.length];
  const numHeads = between(arena, 1, 2);
  const units = numHeads * one(arena, [1, 2, 3, 7, 8, 15, 16, 17, 33, 50]);
  const { key, threshold, keptScale } = dropoutOf(arena);
  const args = {
    offsets: arena.integers(offsets),
    runs: arena.integers(runs),
    numHeads,
    units,
    tokenRow: 3 * units,
    dropoutKey: key,
    outerKey: key ^ 1,
    threshold,
    keptScale,
    scale: Math.sqrt(numHeads / units),
    x: arena.floats(tokens * units),
    queryGamma: arena.floats(units),
    queryBeta: arena.floats(units),
    gamma: arena.floats(units),
    beta: arena.floats(units),
    preNorm: chance(arena),
  };
  const scratchBytes = functions.attentionScratch(Math.max(...lengths), units / numHeads);
  return { args, tokens, runs, runTokens, scratchBytes };
};

export const blockDraws = {
  transformerBlock: (arena, functions) => {
    const { args, tokens, runs, runTokens, scratchBytes } = blockOf(arena, functions);
    const { units, numHeads, preNorm } = args;
    const rows = tokens * units;
    const y = arena.output(rows, tolerance);
    const sizes = [3 * rows, rows, tokens * numHeads, tokens, tokens, tokens, tokens, rows, rows];
    const forGradient = args.threshold !== 0 || chance(arena);
    const results = forGradient ? sizes.map((words) => arena.output(words, tolerance)) : [];
    const [
      query = 0,
      attended = 0,
      logSums = 0,
      queryMeans = 0,
      queryInverses = 0,
      means = 0,
      inverses = 0,
      sums = 0,
      hidden = 0,
    ] = results.map(({ address }) => address);
    const runBytes = forGradient ? 0 : 4 * (runTokens * (5 * units + numHeads + 4) + 4 + 256);
    return {
      kernel: 'transformerBlock',
      args: {
        ...args,
        query,
        key: query && query + 4 * units,
        value: query && query + 8 * units,
        attended,
        logSums,
        queryMeans,
        queryInverses,
        means,
        inverses,
        sums,
        hidden,
        kernel: kernelOf(arena, units, 3 * units),
        bias: arena.floats(3 * units),
        outputKernel: preNorm ? kernelOf(arena, units, units) : 0,
        outputBias: preNorm ? arena.floats(units) : 0,
        innerKernel: kernelOf(arena, units, units),
        innerBias: arena.floats(units),
        outerKernel: kernelOf(arena, units, units),
        outerBias: arena.floats(units),
        y: y.address,
        epsilon: 1e-1,
        innerKey: args.dropoutKey ^ 2,
      },
      count: runs.length - 1,
      outputs: [y, ...results],
      scratchBytes: runBytes + Math.max(scratchBytes, 4 * TOKENS_AT_ONCE * units + 64),
    };
  },
  transformerBlockGrad: (arena, functions) => {
    const { args, tokens, runs, runTokens, scratchBytes } = blockOf(arena, functions);
    const { units, numHeads, preNorm } = args;
    const rows = tokens * units;
    const partRuns = groupsOf(arena, runs.length - 1);
    const count = partRuns.length - 1;
    const dx = arena.output(rows, tolerance);
    const parts = arena.output(count * units * (preNorm ? 6 * units + 10 : 5 * units + 9), tolerance);
    const query = arena.floats(3 * rows);
    return {
      kernel: 'transformerBlockGrad',
      args: {
        ...args,
        query,
        key: query + 4 * units,
        value: query + 8 * units,
        attended: arena.floats(rows),
        // Scores are below 16 · √D; these sums keep every weight below 1.
        logSums: arena.floats(tokens * numHeads, (random) => 4 * Math.sqrt(units / numHeads) + random.next()),
        queryMeans: arena.floats(tokens),
        queryInverses: positive(arena, tokens),
        means: arena.floats(tokens),
        inverses: positive(arena, tokens),
        sums: arena.floats(rows),
        hidden: arena.floats(rows, (random) => Math.max(0, random.next() - 0.5)),
        dy: arena.floats(rows),
        transposed: kernelOf(arena, 3 * units, units),
        innerTransposed: kernelOf(arena, units, units),
        outerTransposed: kernelOf(arena, units, units),
        outputTransposed: preNorm ? kernelOf(arena, units, units) : 0,
        dx: dx.address,
        partRuns: arena.integers(partRuns),
        parts: parts.address,
        runTokens,
      },
      count,
      outputs: [dx, parts],
      scratchBytes: Math.max(scratchBytes, 12 * TOKENS_AT_ONCE * units + 64) + 16 * units * runTokens + 128,
    };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
