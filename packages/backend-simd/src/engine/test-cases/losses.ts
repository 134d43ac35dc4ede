/** Launches of the kernels of losses, of any sizes. */
import { type KernelName, LOSS_BLOCK, LOSS_PANEL } from '../../generated/arguments.js';
import { between, type Draw, one, width } from './draw.js';

const tokenCounts = [1, 3, 47, 48, 49, 130];

export const lossDraws = {
  candidateLoss: (arena) => {
    const [tokens, count, rowWidth] = [one(arena, tokenCounts), one(arena, [1, 2, 5, 17, 40]), width(arena)];
    const blocks = Math.ceil(tokens / LOSS_BLOCK);
    const sizes = [tokens, tokens * count, tokens * rowWidth, blocks];
    const outputs = sizes.map((words) => arena.output(words, 1e-4));
    const [dTargets, dNegatives, dHidden, parts] = outputs.map(({ address }) => address);
    return {
      kernel: 'candidateLoss',
      args: {
        hidden: arena.floats(tokens * rowWidth),
        table: arena.floats(9 * rowWidth),
        targets: arena.indices(tokens, 9),
        negatives: arena.indices(tokens * count, 9),
        dTargets,
        dNegatives,
        dHidden,
        parts,
        tokens,
        count,
        width: rowWidth,
        kind: between(arena, 0, 2),
        targetWeight: 0.5,
        negativeWeight: 0.25,
        correction: one(arena, [0, 1.5, -2]),
      },
      count: blocks,
      outputs,
    };
  },
  softmaxLoss: (arena) => {
    const [tokens, items, rowWidth] = [one(arena, tokenCounts), one(arena, [1, 7, 64, 129, 300]), width(arena)];
    const blocks = Math.ceil(tokens / LOSS_BLOCK);
    const panels = Math.ceil(items / LOSS_PANEL);
    const sizes = [panels * LOSS_PANEL * tokens, tokens * rowWidth, tokens * rowWidth, blocks];
    const outputs = sizes.map((words) => arena.output(words, 1e-4));
    const [weights, scaled, dHidden, parts] = outputs.map(({ address }) => address);
    return {
      kernel: 'softmaxLoss',
      args: {
        hidden: arena.floats(tokens * rowWidth),
        targets: arena.indices(tokens, items + 1),
        vectors: arena.floats(items * rowWidth),
        transposed: arena.floats(items * rowWidth),
        weights,
        scaled,
        dHidden,
        parts,
        tokens,
        items,
        width: rowWidth,
        weight: 1 / tokens,
      },
      count: blocks,
      outputs,
      scratchBytes: 48 * LOSS_BLOCK,
    };
  },
  softmaxLossItems: (arena) => {
    const [tokens, items, rowWidth] = [one(arena, [...tokenCounts, 300]), one(arena, [1, 7, 64, 129]), width(arena)];
    const panels = Math.ceil(items / LOSS_PANEL);
    const dItems = arena.filled(items * rowWidth, (random) => random.next(), 1e-4);
    return {
      kernel: 'softmaxLossItems',
      args: {
        weights: arena.floats(panels * LOSS_PANEL * tokens),
        scaled: arena.floats(tokens * rowWidth),
        dItems: dItems.address,
        tokens,
        items,
        width: rowWidth,
        fromZero: between(arena, 0, 1) === 1,
      },
      count: panels,
      outputs: [dItems],
    };
  },
  sharedSoftmaxLoss: (arena) => {
    const lengths = Array.from({ length: between(arena, 1, 4) }, () => one(arena, [0, 1, 2, 5, 48, 49, 70]));
    const offsets = [0];
    for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
    const tokens = offsets[offsets.length - 1];
    const [count, rowWidth] = [one(arena, [1, 2, 5, 17, 64, 129]), width(arena)];
    const sizes = [tokens, lengths.length * count * rowWidth, tokens * rowWidth, lengths.length];
    const outputs = sizes.map((words) => arena.output(words, 1e-4));
    const [dTargets, dNegatives, dHidden, parts] = outputs.map(({ address }) => address);
    return {
      kernel: 'sharedSoftmaxLoss',
      args: {
        hidden: arena.floats(tokens * rowWidth),
        table: arena.floats(9 * rowWidth),
        targets: arena.indices(tokens, 9),
        negatives: arena.indices(lengths.length * count, 9),
        offsets: arena.integers(offsets),
        dTargets,
        dNegatives,
        dHidden,
        parts,
        count,
        width: rowWidth,
        correction: one(arena, [0, 1.5, -2]),
        weight: 1 / Math.max(1, tokens),
      },
      count: lengths.length,
      outputs,
      scratchBytes: 4 * (2 * count * rowWidth + LOSS_BLOCK * count + 48),
    };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
