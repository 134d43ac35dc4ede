/** Launches of the kernels of attention, of any sizes. */
import { HSTU_SCRATCH_BYTES, type KernelName, TIME_BUCKETS } from '../../generated/arguments.js';
import type { Arena } from './arena.js';
import { between, chance, type Draw, dropoutOf, type Functions, loose, one } from './draw.js';

/** Query, key and value in the columns of one matrix, or one after another. */
const columnsOf = (address: number, tokens: number, units: number, inOne: boolean) => {
  const bytes = 4 * units * (inOne ? 1 : tokens);
  return { query: address, key: address + bytes, value: address + 2 * bytes };
};

const attentionOf = (arena: Arena, functions: Functions) => {
  const lengths = Array.from({ length: between(arena, 1, 4) }, () =>
    one(arena, [0, 1, 2, 5, 7, 8, 16, 23, 24, 33, 70]),
  );
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
  const tokens = offsets[offsets.length - 1];
  const numHeads = between(arena, 1, 3);
  const units = numHeads * one(arena, [1, 3, 8, 16, 17, 50, 65]);
  const { key: dropoutKey, threshold, keptScale } = dropoutOf(arena);
  const inOne = chance(arena);
  const args = {
    ...columnsOf(arena.floats(3 * tokens * units), tokens, units, inOne),
    offsets: arena.integers(offsets),
    numHeads,
    units,
    tokenRow: inOne ? 3 * units : units,
    dropoutKey,
    threshold,
    scale: Math.sqrt(numHeads / units),
    keptScale,
  };
  const work = {
    count: lengths.length * numHeads,
    scratchBytes: functions.attentionScratch(Math.max(...lengths), units / numHeads),
  };
  return { args, work, tokens, units, numHeads, inOne, lengths, sequences: lengths.length };
};

/** The inputs of the attention of HSTU; `newest`: a query for each sequence. */
const hstuOf = (arena: Arena, functions: Functions, newest = false) => {
  const { args, sequences, tokens, lengths } = attentionOf(arena, functions);
  const { numHeads, units: queryUnits, offsets } = args;
  const valueUnits = numHeads * one(arena, [1, 3, 8, 16, 17, 50, 65]);
  const longest = Math.max(...lengths);
  const maxLength = longest + between(arena, 1, 5);
  const pairStarts = lengths.map((_, b) => lengths.slice(0, b).reduce((sum, length) => sum + pairsOf(length), 0));
  const pairs = lengths.reduce((sum, length) => sum + pairsOf(length), 0);
  const words = Int32Array.from({ length: Math.ceil(pairs / 4) + 1 });
  const bytes = new Uint8Array(words.buffer);
  for (let i = 0; i < pairs; i++) bytes[i] = arena.random.below(TIME_BUCKETS);
  const timed = chance(arena);
  const rows = newest ? sequences : tokens;
  const attended = arena.output(rows * valueUnits, loose);
  return {
    args: {
      query: arena.floats(rows * queryUnits),
      key: arena.floats(tokens * queryUnits),
      value: arena.floats(tokens * valueUnits),
      offsets,
      numHeads,
      queryUnits,
      valueUnits,
      positionBias: arena.floats(maxLength),
      timeBias: timed ? arena.floats(TIME_BUCKETS) : undefined,
      buckets: timed ? arena.integers(words) : undefined,
      pairStarts: timed ? arena.integers(pairStarts) : undefined,
      attended: attended.address,
      factor: 1 / maxLength,
    },
    count: sequences * numHeads,
    outputs: [attended],
    scratchBytes: newest
      ? 8 * (longest + 32) + HSTU_SCRATCH_BYTES
      : functions.attentionScratch(longest, Math.max(queryUnits, valueUnits) / numHeads + 2) + HSTU_SCRATCH_BYTES,
    tokens,
    maxLength,
    timed,
  };
};
const pairsOf = (length: number): number => (length * (length + 1)) / 2;

/** A launch of each kernel of attention. */
export const attentionDraws = {
  attention: (arena, functions) => {
    const { args, work, tokens, units, numHeads } = attentionOf(arena, functions);
    const [attended, logSums] = [arena.output(tokens * units, loose), arena.output(tokens * numHeads, loose)];
    const outputs = [attended, logSums];
    return {
      kernel: 'attention',
      args: { ...args, attended: attended.address, logSums: logSums.address },
      ...work,
      outputs,
    };
  },
  attentionGrad: (arena, functions) => {
    const { args, work, tokens, units, numHeads, inOne } = attentionOf(arena, functions);
    const gradients = arena.output(3 * tokens * units, 1e-4);
    const { query: dQuery, key: dKey, value: dValue } = columnsOf(gradients.address, tokens, units, inOne);
    return {
      kernel: 'attentionGrad',
      args: {
        ...args,
        attended: arena.floats(tokens * units),
        // Scores are below 16 · √D / √D · √D; these sums keep every weight below 1.
        logSums: arena.floats(tokens * numHeads, (random) => 4 * Math.sqrt(units / numHeads) + random.next()),
        dAttended: arena.floats(tokens * units),
        dQuery,
        dKey,
        dValue,
      },
      ...work,
      outputs: [gradients],
    };
  },
  newestAttention: (arena, functions) => {
    const { args, work, tokens, units, sequences } = attentionOf(arena, functions);
    const attended = arena.output(sequences * units, loose);
    return {
      kernel: 'newestAttention',
      args: { ...args, query: arena.floats(sequences * units), attended: attended.address },
      count: work.count,
      outputs: [attended],
      scratchBytes: 4 * tokens + 64,
    };
  },
  hstuAttention: (arena, functions) => {
    const { args, count, outputs, scratchBytes } = hstuOf(arena, functions);
    return { kernel: 'hstuAttention', args, count, outputs, scratchBytes };
  },
  hstuAttentionGrad: (arena, functions) => {
    const { args, count, scratchBytes, tokens, maxLength, timed } = hstuOf(arena, functions);
    const { queryUnits, valueUnits } = args;
    const sizes = [queryUnits * tokens, queryUnits * tokens, valueUnits * tokens];
    const outputs = [...sizes, count * (maxLength + (timed ? TIME_BUCKETS : 0))].map((size) =>
      arena.output(size, 1e-4),
    );
    const [dQuery, dKey, dValue, parts] = outputs.map(({ address }) => address);
    const dAttended = arena.floats(tokens * valueUnits);
    return {
      kernel: 'hstuAttentionGrad',
      args: { ...args, attended: 0, dAttended, dQuery, dKey, dValue, parts, maxLength },
      count,
      outputs,
      scratchBytes,
    };
  },
  newestHstuAttention: (arena, functions) => {
    const { args, count, outputs, scratchBytes } = hstuOf(arena, functions, true);
    return { kernel: 'newestHstuAttention', args, count, outputs, scratchBytes };
  },
} satisfies { readonly [Name in KernelName]?: Draw<Name> };
