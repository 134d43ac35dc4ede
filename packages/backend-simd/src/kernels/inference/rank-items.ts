import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { ITEM_PANEL, STATES_AT_ONCE } from '../../generated/arguments.js';
import { assertIndices, assertShapes, grainOf, override } from '../base/index.js';

type Inputs = Record<'hidden' | 'table', TensorInfo>;

/** Items of a part, each of which may be another thread's when there are few states. Not by the number of threads. */
const partItems = 256 * ITEM_PANEL;
/** From this many blocks of states on, the items are not divided. */
const manyBlocks = 16;

/** Checks the inputs and returns their sizes. */
const sizesOf = (op: string, { hidden, table }: Inputs, excluded: Uint32Array) => {
  const [states, units] = hidden.shape;
  const [items, width] = table.shape;
  assertShapes(op, width === units, () => `hidden must be as wide as the table, ${width}, got ${units}`);
  const words = 2 * Math.ceil(items / 64);
  const given = excluded.length;
  assertShapes(op, given === states * words, () => `excluded must have ${states} x ${words} words, got ${given}`);
  return { states, units, items, words };
};

const scratchOf = (units: number): number => 4 * (ITEM_PANEL * (units + STATES_AT_ONCE) + STATES_AT_ONCE) + 128;

/** Calls `use` with the address of a copy of the bits of excluded items. */
const withBits = (backend: SimdBackend, excluded: Uint32Array, use: (address: number) => void): void =>
  backend.withMemory(excluded.byteLength, (address) => {
    backend.heap.integers(address, excluded.length).set(excluded);
    use(address);
  });

const bestItems = (
  { hidden, table }: Inputs,
  backend: SimdBackend,
  { excluded, k }: { excluded: Uint32Array; k: number },
): TensorInfo[] => {
  const { states, units, items, words } = sizesOf('RecsysBestItems', { hidden, table }, excluded);
  const blocks = Math.ceil(states / STATES_AT_ONCE);
  const parts = blocks >= manyBlocks ? 1 : Math.ceil(items / partItems);
  const part = parts === 1 ? items : partItems;
  const values = backend.output([states, parts, k]);
  const indices = backend.output([states, parts, k], 'int32');
  withBits(backend, excluded, (address) =>
    backend.launch(
      'bestItems',
      { hidden, table, excluded: address, states, items, units, words, values, indices, k, partItems: part, parts },
      {
        count: blocks * parts,
        grain: grainOf(2 * part * units * Math.min(states, STATES_AT_ONCE)),
        scratchBytes: scratchOf(units),
      },
    ),
  );
  return [values, indices];
};

const countAbove = (
  { hidden, table, targets }: Inputs & { targets: TensorInfo },
  backend: SimdBackend,
  { excluded }: { excluded: Uint32Array },
): TensorInfo => {
  const op = 'RecsysCountAbove';
  const { states, units, items, words } = sizesOf(op, { hidden, table }, excluded);
  const given = targets.shape[0];
  assertShapes(op, given === states, () => `targets must have an item for each of ${states} states, got ${given}`);
  assertIndices(op, backend, targets, items);
  const counts = backend.output([states, 2], 'int32');
  withBits(backend, excluded, (address) =>
    backend.launch(
      'countAbove',
      { hidden, table, excluded: address, states, items, units, words, targets, counts },
      {
        count: Math.ceil(states / STATES_AT_ONCE),
        grain: grainOf(2 * items * units * STATES_AT_ONCE),
        scratchBytes: scratchOf(units),
      },
    ),
  );
  return counts;
};

export const registerRankItems = (): void => {
  override('RecsysBestItems', bestItems);
  override('RecsysCountAbove', countAbove);
};
