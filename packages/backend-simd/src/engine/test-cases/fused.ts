/** Launches of the fused kernels, of any sizes. */
import {
  CatchUp,
  ELEMENT_BLOCK,
  type KernelName,
  NO_MOMENTS,
  SegmentDescriptor,
  SORT_BUCKETS,
  TOKEN_BLOCK,
} from '../../generated/arguments.js';
import type { Arena } from './arena.js';
import { attentionDraws } from './attention.js';
import { between, chance, type Draw, dropoutOf, loose, one, width, widths } from './draw.js';

/** A sorted list of updates of a table, as `sortUpdates` leaves it. */
const updatesOf = (arena: Arena, tableRows: number, rowWidth: number) => {
  const segments = Array.from({ length: between(arena, 1, 3) }, () => {
    const fan = between(arena, 1, 3);
    const count = fan * between(arena, 1, 20);
    return { fan, indices: Array.from({ length: count }, () => arena.random.below(tableRows)) };
  });
  const all = segments.flatMap(({ indices }) => indices);
  const order = all.map((_, i) => i).sort((a, b) => all[a] - all[b] || a - b);
  const rows = [...new Set(all)].sort((a, b) => a - b);
  const starts = [...rows.map((row) => order.findIndex((update) => all[update] === row)), all.length];
  const descriptors = new Int32Array((segments.length * SegmentDescriptor.bytes) / 4);
  segments.forEach(({ fan, indices }, s) => {
    const words = descriptors.subarray((s * SegmentDescriptor.bytes) / 4);
    SegmentDescriptor.write(
      {
        indices: arena.integers(indices),
        values: arena.floats((indices.length / fan) * rowWidth),
        scales: chance(arena) ? arena.floats(indices.length) : 0,
        fan,
        count: indices.length,
        factor: 1.5,
      },
      words,
      new Float32Array(words.buffer, words.byteOffset, words.length),
    );
  });
  return {
    total: all.length,
    numSegments: segments.length,
    distinct: rows.length,
    lists: {
      segments: arena.integers(descriptors),
      order: arena.integers(order),
      rows: arena.integers(rows),
      starts: arena.integers(starts),
    },
  };
};

const factors = {
  beta1: 0.9,
  beta2: 0.98,
  rate: 1e-3,
  epsilon: 1e-8,
  decay: 1e-3,
  ofGradient: 0.1,
  ofSquare: 0.02,
};
/** A weight and its moments. */
const weightOf = (arena: Arena, size: number, tolerance: number) => {
  const [w, m] = [0, 1].map(() => arena.filled(size, (random) => random.next() - 0.5, tolerance));
  const v = arena.filled(size, (random) => random.next(), tolerance);
  return { outputs: [w, m, v], args: { ...factors, w: w.address, m: m.address, v: v.address } };
};

const adamRows: Draw<'adamRows'> = (arena) => {
  const [tableRows, rowWidth] = [between(arena, 1, 40), width(arena)];
  const { lists, distinct } = updatesOf(arena, tableRows, rowWidth);
  const { outputs, args } = weightOf(arena, tableRows * rowWidth, loose);
  return {
    kernel: 'adamRows',
    args: { ...args, ...lists, width: rowWidth, distinct, last: undefined, now: 0 },
    count: tableRows,
    outputs,
    scratchBytes: 4 * rowWidth + 64,
  };
};

/** The last step that each row has taken, if it has moments, and what a row has to do after each step. */
const lastSteps = (arena: Arena, tableRows: number) => {
  const now = between(arena, 0, 9);
  const address = arena.integers(
    Array.from({ length: tableRows }, () =>
      chance(arena) ? between(arena, 0, now) : one(arena, [0, now, NO_MOMENTS]),
    ),
  );
  const catchUps = arena.floats(((now + 1) * CatchUp.bytes) / 4, (random) => random.next() / 8);
  return { last: { address, words: tableRows, tolerance: 0 }, now, catchUps };
};

/** A launch of each fused kernel. */
export const fusedDraws = {
  ...attentionDraws,
  adam: (arena) => {
    const size = one(arena, [1, 7, 50, 65, ELEMENT_BLOCK, ELEMENT_BLOCK + 1, 3 * ELEMENT_BLOCK - 5]);
    const { outputs, args } = weightOf(arena, size, 0);
    const gradient = arena.floats(size);
    return { kernel: 'adam', args: { ...args, gradient, size }, count: Math.ceil(size / ELEMENT_BLOCK), outputs };
  },
  adamCatchUp: (arena) => {
    const [tableRows, rowWidth] = [between(arena, 1, 40), width(arena)];
    const { outputs, args } = weightOf(arena, tableRows * rowWidth, 0);
    const { w, m, v } = args;
    const { last, now, catchUps } = lastSteps(arena, tableRows);
    const all = Array.from({ length: tableRows }, (_, row) => row);
    const rows = chance(arena) ? undefined : all.flatMap((row) => one(arena, [[], [row], [row, row]])).reverse();
    return {
      kernel: 'adamCatchUp',
      args: {
        w,
        m,
        v,
        width: rowWidth,
        last: last.address,
        catchUps,
        now,
        rows: rows && arena.integers(rows),
      },
      count: (rows ?? all).length,
      outputs: [...outputs, last],
    };
  },
  adamRows,
  adamUpdatedRows: (arena, functions) => {
    const launch = adamRows(arena, functions);
    const { last, now } = lastSteps(arena, launch.count);
    const noted = chance(arena);
    return {
      ...launch,
      kernel: 'adamUpdatedRows',
      args: { ...launch.args, last: noted ? last.address : undefined, now },
      count: launch.args.distinct,
      outputs: [...launch.outputs, last],
    };
  },
  dense: (arena) => {
    const [tokens, inputs, outputs] = [between(arena, 1, 60), width(arena), width(arena)];
    const y = arena.output(tokens * outputs, loose);
    return {
      kernel: 'dense',
      args: {
        x: arena.floats(tokens * inputs),
        kernel: arena.floats(inputs * outputs),
        bias: arena.floats(outputs),
        y: y.address,
        inputs,
        outputs,
        relu: chance(arena),
        residual: chance(arena) ? arena.floats(tokens * outputs) : undefined,
        ...dropoutOf(arena),
      },
      count: tokens,
      outputs: [y],
    };
  },
  denseGrad: (arena) => {
    const [tokens, inputs, outputs] = [one(arena, [1, 5, 127, 128, 129, 200]), width(arena), width(arena)];
    const dropout = dropoutOf(arena);
    const relu = chance(arena);
    const blocks = Math.ceil(tokens / TOKEN_BLOCK);
    const dy = arena.floats(tokens * outputs);
    const dz = relu || dropout.threshold !== 0 ? arena.output(tokens * outputs, loose) : undefined;
    const dx = chance(arena) ? arena.output(tokens * inputs, loose) : undefined;
    const parts = arena.output(blocks * (inputs + 1) * outputs, loose);
    return {
      kernel: 'denseGrad',
      args: {
        dy,
        y: arena.floats(tokens * outputs, (random) => Math.max(0, random.next() - 0.5)),
        x: arena.floats(tokens * inputs),
        transposed: arena.floats(inputs * outputs),
        dz: dz?.address ?? dy,
        dx: dx?.address ?? 0,
        parts: parts.address,
        tokens,
        inputs,
        outputs,
        relu,
        ...dropout,
      },
      count: blocks,
      outputs: [dz, dx, parts].filter((buffer) => buffer !== undefined),
    };
  },
  embed: (arena) => {
    const [tokens, rowWidth, rows] = [between(arena, 1, 40), width(arena), between(arena, 1, 9)];
    const withPositions = chance(arena);
    const y = arena.output(tokens * rowWidth);
    return {
      kernel: 'embed',
      args: {
        table: arena.floats(rows * rowWidth),
        items: arena.indices(tokens, rows),
        positionTable: withPositions ? arena.floats(5 * rowWidth) : undefined,
        positions: withPositions ? arena.indices(tokens, 5) : undefined,
        y: y.address,
        width: rowWidth,
        scale: 3,
        ...dropoutOf(arena),
      },
      count: tokens,
      outputs: [y],
    };
  },
  layerNorm: (arena) => {
    const [tokens, units] = [between(arena, 1, 20), one(arena, [...widths, 300, 700])];
    const outputs = [tokens * units, tokens, tokens].map((words) => arena.output(words, loose));
    const [y, means, inverses] = outputs.map(({ address }) => address);
    const [x, gamma, beta] = [tokens * units, units, units].map((words) => arena.floats(words));
    return {
      kernel: 'layerNorm',
      args: { x, gamma, beta, y, means, inverses, units, epsilon: 1e-2 },
      count: tokens,
      outputs,
    };
  },
  layerNormGrad: (arena) => {
    const [tokens, units] = [one(arena, [1, 3, 128, 130]), one(arena, [...widths, 300, 700])];
    const count = Math.ceil(tokens / TOKEN_BLOCK);
    const outputs = [arena.output(tokens * units, loose), arena.output(count * 2 * units, loose)];
    const [dx, parts] = outputs.map(({ address }) => address);
    const [dy, x, gamma, means] = [tokens * units, tokens * units, units, tokens].map((words) => arena.floats(words));
    const inverses = arena.floats(tokens, (random) => random.next() + 0.1);
    return {
      kernel: 'layerNormGrad',
      args: { dy, x, gamma, means, inverses, dx, parts, tokens, units },
      count,
      outputs,
    };
  },
  pairwiseLogits: (arena) => {
    const [tokens, count, rowWidth] = [between(arena, 1, 20), between(arena, 1, 5), width(arena)];
    const logits = arena.output(tokens * count, loose);
    const [hidden, table] = [arena.floats(tokens * rowWidth), arena.floats(9 * rowWidth)];
    const args = {
      hidden,
      table,
      candidates: arena.indices(tokens * count, 9),
      logits: logits.address,
      count,
      width: rowWidth,
    };
    return { kernel: 'pairwiseLogits', args, count: tokens, outputs: [logits] };
  },
  pairwiseLogitsGrad: (arena) => {
    const [tokens, count, rowWidth] = [between(arena, 1, 20), between(arena, 1, 5), width(arena)];
    const dHidden = arena.output(tokens * rowWidth, loose);
    const [dy, table] = [arena.floats(tokens * count), arena.floats(9 * rowWidth)];
    const args = {
      dy,
      table,
      candidates: arena.indices(tokens * count, 9),
      dHidden: dHidden.address,
      count,
      width: rowWidth,
    };
    return { kernel: 'pairwiseLogitsGrad', args, count: tokens, outputs: [dHidden] };
  },
  scatterUpdates: (arena) => {
    const [tableRows, rowWidth] = [between(arena, 1, 40), width(arena)];
    const { lists, distinct } = updatesOf(arena, tableRows, rowWidth);
    const table = arena.filled(tableRows * rowWidth, () => 0, loose);
    return {
      kernel: 'scatterUpdates',
      args: { ...lists, table: table.address, width: rowWidth },
      count: distinct,
      outputs: [table],
      scratchBytes: 4 * rowWidth + 64,
    };
  },
  sortUpdates: (arena) => {
    const tableRows = one(arena, [1, 2, 40, 3000, 5_000_000]);
    const { lists, total, numSegments } = updatesOf(arena, tableRows, 1);
    const outputs = [2 * total, 2 * total, total, total + 1, 2].map((words) => arena.output(words));
    const [keys, order, rows, starts, result] = outputs.map(({ address }) => address);
    return {
      kernel: 'sortUpdates',
      args: {
        segments: lists.segments,
        numSegments,
        total,
        keys,
        order,
        rows,
        starts,
        result,
        highestRow: tableRows - 1,
      },
      count: 1,
      outputs,
      scratchBytes: 4 * SORT_BUCKETS,
      splits: false,
    };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
