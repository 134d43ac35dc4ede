/** Launches of the kernels of recommendation and evaluation, of any sizes. */
import { ITEM_PANEL, type KernelName, NEWEST_AT_ONCE, STATES_AT_ONCE } from '../../generated/arguments.js';
import type { Arena } from './arena.js';
import { between, chance, type Draw, one, widths } from './draw.js';

/** States and items of small integers: scores are exact in every engine, and many are equal. */
const scoresOf = (arena: Arena) => {
  const states = one(arena, [1, 2, 5, 6, 7, STATES_AT_ONCE, STATES_AT_ONCE + 1, 100]);
  const items = one(arena, [1, 2, 63, ITEM_PANEL, ITEM_PANEL + 1, 130, 200, 257]);
  const units = one(arena, widths);
  const words = 2 * Math.ceil(items / 64);
  const integers = (count: number) => arena.floats(count, (random) => random.below(7) - 3);
  const share = one(arena, [0, 1, 0.1, 0.9]);
  const bits = () => Array.from({ length: 32 }, (_, bit) => Number(arena.random.next() < share) << bit);
  const excluded = Int32Array.from({ length: states * words }, () => bits().reduce((all, bit) => all | bit, 0));
  return {
    excluded,
    args: { hidden: integers(states * units), table: integers(items * units), states, items, units, words },
    scratchBytes: 4 * (ITEM_PANEL * (units + STATES_AT_ONCE) + STATES_AT_ONCE) + 128,
  };
};

/** The matrix as floats, each `1 / √inputs` at most. */
const kernelOf = (arena: Arena, units: number): number =>
  arena.floats(units * units, (random) => (random.next() - 0.5) / Math.sqrt(units));

export const inferenceDraws = {
  bestItems: (arena) => {
    const { args, excluded, scratchBytes } = scoresOf(arena);
    const { states, items } = args;
    const k = one(arena, [1, 2, 10, 70]);
    const partItems = chance(arena) ? ITEM_PANEL * Math.ceil(items / ITEM_PANEL) : ITEM_PANEL;
    const parts = Math.ceil(items / partItems);
    const outputs = [arena.output(states * parts * k), arena.output(states * parts * k)];
    const [values, indices] = outputs.map(({ address }) => address);
    return {
      kernel: 'bestItems',
      args: { ...args, excluded: arena.integers(excluded), values, indices, k, partItems, parts },
      count: Math.ceil(states / STATES_AT_ONCE) * parts,
      outputs,
      scratchBytes,
    };
  },
  countAbove: (arena) => {
    const { args, excluded, scratchBytes } = scoresOf(arena);
    const { states, items, words } = args;
    const targets = Array.from({ length: states }, () => arena.random.below(items));
    for (const [state, target] of targets.entries()) excluded[state * words + (target >> 5)] &= ~(1 << (target & 31));
    const counts = arena.output(2 * states);
    return {
      kernel: 'countAbove',
      args: { ...args, excluded: arena.integers(excluded), targets: arena.integers(targets), counts: counts.address },
      count: Math.ceil(states / STATES_AT_ONCE),
      outputs: [counts],
      scratchBytes,
    };
  },
  newestBlock: (arena) => {
    const sequences = one(arena, [1, 2, NEWEST_AT_ONCE - 1, NEWEST_AT_ONCE, NEWEST_AT_ONCE + 1]);
    const offsets = [0];
    for (let b = 0; b < sequences; b++) offsets.push(offsets[b] + between(arena, 1, one(arena, [1, 5, 40])));
    const numHeads = between(arena, 1, 2);
    const units = numHeads * one(arena, [1, 2, 3, 7, 8, 15, 16, 17, 33, 50]);
    const preNorm = chance(arena);
    const rows = NEWEST_AT_ONCE * units + 31;
    const [queryGamma, queryBeta, gamma, beta] = [0, 1, 2, 3].map(() => arena.floats(units));
    const [queryBias, valueBias, innerBias, outerBias] = [0, 1, 2, 3].map(() => arena.floats(units));
    const [queryKernel, keyTransposed, valueKernel] = [0, 1, 2].map(() => kernelOf(arena, units));
    const [innerKernel, outerKernel] = [0, 1].map(() => kernelOf(arena, units));
    const y = arena.output(sequences * units, 1e-4);
    return {
      kernel: 'newestBlock',
      args: {
        x: arena.floats(offsets[sequences] * units),
        offsets: arena.integers(offsets),
        queryGamma,
        queryBeta,
        gamma,
        beta,
        queryKernel,
        queryBias,
        keyTransposed,
        valueKernel,
        valueBias,
        outputKernel: preNorm ? kernelOf(arena, units) : 0,
        outputBias: preNorm ? arena.floats(units) : 0,
        innerKernel,
        innerBias,
        outerKernel,
        outerBias,
        y: y.address,
        sequences,
        numHeads,
        units,
        preNorm,
        epsilon: 1e-1,
        scale: Math.sqrt(numHeads / units),
      },
      count: Math.ceil(sequences / NEWEST_AT_ONCE),
      outputs: [y],
      scratchBytes: 4 * (4 * rows + 2 * (rows * numHeads) + 40 * units + 31 + (numHeads + 2) * 71 + 64),
    };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
