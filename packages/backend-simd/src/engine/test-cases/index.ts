/** Launches of every kernel, of any sizes. */
import {
  BOUND_BLOCK,
  COLUMN_BLOCK,
  DROPOUT_BLOCK,
  ELEMENT_BLOCK,
  ITEM_PANEL,
  type KernelName,
  PART_BLOCK,
  ZEROS,
} from '../../generated/arguments.js';
import type { Arena } from './arena.js';
import { blockDraws } from './blocks.js';
import { between, chance, type Draw, dropoutOf, loose, one, width, widths } from './draw.js';
import { fusedDraws } from './fused.js';
import { inferenceDraws } from './inference.js';
import { lossDraws } from './losses.js';

/** Numbers of all kinds. */
const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, -87, 89, 3e38];
const anyFloats = (arena: Arena, count: number): number =>
  arena.floats(count, (random) =>
    random.next() < 0.2 ? special[random.below(special.length)] : random.next() * 20 - 10,
  );

const walkOf = (arena: Arena, rows: number, rowWidth: number) => {
  const own = chance(arena) ? rowWidth : 1;
  const stride = chance(arena) ? 4 * own : 0;
  return { address: anyFloats(arena, rows * own), stride, own };
};

/** Rows of one block, or of two. */
const rowsOfSearch = (arena: Arena): number =>
  chance(arena) ? between(arena, 1, 400) : between(arena, 16_000, 17_000);

const listsOfSearch = (arena: Arena, rows: number) => {
  const [queries, k] = [between(arena, 1, 9), between(arena, 1, 12)];
  const size = queries * Math.ceil(rows / BOUND_BLOCK) * k;
  const [values, indices] = [arena.output(size), arena.output(size)];
  return { lists: { values: values.address, indices: indices.address, k }, outputs: [values, indices], queries };
};

/** A launch of each kernel. */
export const draws: { readonly [Name in KernelName]: Draw<Name> } = {
  ...fusedDraws,
  ...inferenceDraws,
  ...lossDraws,
  ...blockDraws,
  copyBox: (arena) => {
    const [side0, side1, side2, run] = [between(arena, 1, 4), between(arena, 1, 4), between(arena, 1, 5), width(arena)];
    const to = arena.output(side0 * side1 * side2 * run);
    const strides = [side1 * side2 * run * 4, side2 * run * 4, run * 4];
    return {
      kernel: 'copyBox',
      args: {
        from: arena.floats(2 * side0 * side1 * side2 * run),
        to: to.address,
        side1,
        side2,
        bytesOfRun: 4 * run,
        fromStride0: 2 * strides[0],
        fromStride1: strides[1],
        fromStride2: strides[2],
        toStride0: strides[0],
        toStride1: strides[1],
        toStride2: strides[2],
      },
      count: side0 * side1 * side2,
      outputs: [to],
    };
  },
  transposeMatrices: (arena) => {
    const [rows, columns, count] = [width(arena), width(arena), between(arena, 1, 3)];
    const y = arena.output(count * rows * columns);
    const x = arena.floats(count * rows * columns);
    return { kernel: 'transposeMatrices', args: { x, y: y.address, rows, columns }, count, outputs: [y] };
  },
  binary: (arena) => {
    const [rows, rowWidth] = [between(arena, 1, 9), width(arena)];
    const [a, b] = [walkOf(arena, rows, rowWidth), walkOf(arena, rows, rowWidth)];
    const kind = between(arena, 0, 6);
    const y = arena.output(rows * rowWidth, kind > 5 ? 1e-6 : 0);
    return {
      kernel: 'binary',
      args: {
        a: a.address,
        b: b.address,
        y: y.address,
        width: rowWidth,
        aRow: a.stride,
        bRow: b.stride,
        aWidth: a.own,
        bWidth: b.own,
        kind,
      },
      count: rows,
      outputs: [y],
    };
  },
  dropout: (arena) => {
    const size = between(arena, 1, 300);
    const y = arena.output(size);
    const { key, threshold, keptScale } = dropoutOf(arena);
    return {
      kernel: 'dropout',
      args: { x: arena.floats(size), y: y.address, size, key, threshold, keptScale },
      count: Math.ceil(size / DROPOUT_BLOCK),
      outputs: [y],
    };
  },
  select: (arena) => {
    const size = one(arena, [1, 7, 50, ELEMENT_BLOCK, 2 * ELEMENT_BLOCK + 3]);
    const y = arena.output(size);
    const condition = arena.integers(
      Array.from({ length: Math.ceil(size / 4) }, () => arena.random.below(2 ** 32) & 0x01010101),
    );
    const args = { condition, a: anyFloats(arena, size), b: anyFloats(arena, size), y: y.address, size };
    return { kernel: 'select', args, count: Math.ceil(size / ELEMENT_BLOCK), outputs: [y] };
  },
  unary: (arena) => {
    const size = one(arena, [1, 7, 50, 65, ELEMENT_BLOCK, 2 * ELEMENT_BLOCK + 3]);
    const kind = between(arena, 0, 7);
    const y = arena.output(size, kind > 4 ? 1e-6 : 0);
    const args = { x: anyFloats(arena, size), y: y.address, size, kind };
    return { kernel: 'unary', args, count: Math.ceil(size / ELEMENT_BLOCK), outputs: [y] };
  },
  gatherRows: (arena) => {
    const [count, rowWidth] = [between(arena, 1, 20), width(arena)];
    const y = arena.output(count * rowWidth);
    const args = { table: arena.floats(9 * rowWidth), indices: arena.indices(count, 9), y: y.address, width: rowWidth };
    return { kernel: 'gatherRows', args, count, outputs: [y] };
  },
  highestIndices: (arena) => {
    const size = one(arena, [1, 7, 50, ELEMENT_BLOCK, 2 * ELEMENT_BLOCK + 3]);
    const highest = arena.output(Math.ceil(size / ELEMENT_BLOCK));
    const indices = arena.indices(size, one(arena, [1, 9, 5_000_000, 2 ** 32]));
    const args = { indices, highest: highest.address, size };
    return { kernel: 'highestIndices', args, count: highest.words, outputs: [highest] };
  },
  matmul: (arena) => {
    const [batches, m, n] = [between(arena, 1, 3), between(arena, 1, 30), width(arena)];
    const k = one(arena, [0, ...widths, 256, 257, 600]);
    const c = arena.output(batches * m * n, loose);
    return {
      kernel: 'matmul',
      args: {
        a: arena.floats(batches * m * k),
        b: arena.floats(batches * k * n),
        c: c.address,
        init: chance(arena) ? arena.floats(n) : ZEROS,
        initRow: 0,
        m,
        n,
        k,
        aBatch: chance(arena) ? 4 * m * k : 0,
        bBatch: chance(arena) ? 4 * k * n : 0,
        relu: false,
        aTransposed: chance(arena),
      },
      count: batches * m,
      outputs: [c],
    };
  },
  multiplyRows: (arena) => {
    const [m, n, k] = [between(arena, 1, 4), between(arena, 1, 70), width(arena)];
    const c = arena.output(m * n, loose);
    const args = { a: arena.floats(m * k), b: arena.floats(n * k), c: c.address, m, n, k };
    return { kernel: 'multiplyRows', args, count: n, outputs: [c] };
  },
  sumInner: (arena) => {
    const [rows, rowWidth] = [between(arena, 1, 20), width(arena)];
    const y = arena.output(rows, loose);
    return {
      kernel: 'sumInner',
      args: { x: arena.floats(rows * rowWidth), y: y.address, width: rowWidth },
      count: rows,
      outputs: [y],
    };
  },
  sumOuter: (arena) => {
    const [rows, columns] = [between(arena, 1, 30), width(arena)];
    const y = arena.output(columns);
    const args = { x: arena.floats(rows * columns), y: y.address, rows, columns };
    return { kernel: 'sumOuter', args, count: Math.ceil(columns / COLUMN_BLOCK), outputs: [y] };
  },
  sumParts: (arena) => {
    const [count, size] = [between(arena, 1, 9), width(arena)];
    const y = arena.output(size);
    const args = { parts: arena.floats(count * size), y: y.address, count, size };
    return { kernel: 'sumParts', args, count: Math.ceil(size / PART_BLOCK), outputs: [y] };
  },
  softmax: (arena) => {
    const [rows, rowWidth] = [between(arena, 1, 9), width(arena)];
    const [y, logSums] = [arena.output(rows * rowWidth, loose), arena.output(rows, loose)];
    const x = arena.floats(rows * rowWidth, (random) => random.next() * 100 - 50);
    const wanted = chance(arena);
    return {
      kernel: 'softmax',
      args: { x, y: y.address, width: rowWidth, logarithm: chance(arena), logSums: wanted ? logSums.address : 0 },
      count: rows,
      outputs: wanted ? [y, logSums] : [y],
      scratchBytes: 4 * rowWidth + 64,
    };
  },
  topK: (arena) => {
    const [rows, rowWidth] = [between(arena, 1, 9), width(arena)];
    const k = between(arena, 1, Math.min(rowWidth, 12));
    const [values, indices] = [arena.output(rows * k), arena.output(rows * k)];
    // Few different values, so that many are equal.
    const x = arena.floats(rows * rowWidth, (random) => (random.next() < 0.05 ? Number.NaN : random.below(20)));
    const args = { x, values: values.address, indices: indices.address, width: rowWidth, k };
    return { kernel: 'topK', args, count: rows, outputs: [values, indices] };
  },
  topBounds: (arena) => {
    const [rows, rowWidth] = [rowsOfSearch(arena), 32 * between(arena, 1, 2)];
    const { lists, outputs, queries } = listsOfSearch(arena, rows);
    const words = (count: number) => arena.integers(Array.from({ length: count }, () => arena.random.below(2 ** 31)));
    const args = {
      hidden: words((queries * rowWidth) / 2),
      factors: arena.floats(3 * queries, (random) => random.below(3)),
      codes: words((rows * rowWidth) / 4),
      scales: arena.floats(rows, () => 1),
      errors: arena.floats(rows, (random) => random.below(5)),
      ...lists,
      queries,
      rows,
      width: rowWidth,
    };
    const scratchBytes = 4 * (ITEM_PANEL * queries + 64);
    return { kernel: 'topBounds', args, count: Math.ceil(rows / BOUND_BLOCK), outputs, scratchBytes };
  },
};
