import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { HSTU_SCRATCH_BYTES, TIME_BUCKETS } from '../../generated/arguments.js';
import { assertShapes, flopsOfChunk, grainOf, longestSequence, override } from '../base/index.js';
import { sumParts } from '../reduce.js';

/** The buckets of all pairs of a query and a key, as `@recsys/layers` computes them. */
interface TimeBuckets {
  /** One byte a pair. */
  readonly buckets: Uint8Array;
  /** Where those of each sequence start. */
  readonly starts: Int32Array;
}

interface Attributes {
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  readonly offsets: Int32Array;
  readonly numHeads: number;
  /** With `timeBias`. */
  readonly time?: TimeBuckets | undefined;
}
type Inputs = Record<'query' | 'key' | 'value' | 'positionBias', TensorInfo> & { timeBias?: TensorInfo };

/** Checks the inputs, and returns what all kernels of this family take, and the work. */
const prepared = (op: string, inputs: Inputs, { offsets, numHeads, time }: Attributes) => {
  const { query, key, value, positionBias, timeBias } = inputs;
  const [tokens, queryUnits] = key.shape;
  const valueUnits = value.shape[1];
  const longest = longestSequence(op, offsets, tokens);
  const maxLength = positionBias.shape[0];
  assertShapes(op, longest <= maxLength, () => `a sequence has ${longest} tokens, the position bias ${maxLength}`);
  assertShapes(op, query.shape[1] === queryUnits, () => `query has ${query.shape[1]} units, key ${queryUnits}`);
  if (timeBias !== undefined) {
    const { size } = timeBias.shape.length === 1 ? { size: timeBias.shape[0] } : { size: -1 };
    assertShapes(op, size === TIME_BUCKETS, () => `the time bias must have ${TIME_BUCKETS} values, got ${size}`);
    assertBuckets(op, offsets, time);
  }
  const mean = tokens / (offsets.length - 1);
  const width = (queryUnits + valueUnits) / numHeads;
  return {
    args: { query, key, value, positionBias, timeBias, numHeads, queryUnits, valueUnits, factor: 1 / maxLength },
    tokens,
    longest,
    maxLength,
    widest: Math.max(queryUnits, valueUnits) / numHeads,
    count: (offsets.length - 1) * numHeads,
    grain: Math.max(1, Math.floor(flopsOfChunk / ((width + 20) * mean * mean + 1))),
  };
};

/** Checks that there is a bucket for each pair, as kernels do not. */
const assertBuckets = (op: string, offsets: Int32Array, time: TimeBuckets | undefined): void => {
  let pairs = 0;
  let fits = time?.starts.length === offsets.length - 1;
  for (let b = 0; b + 1 < offsets.length; b++) {
    fits &&= time!.starts[b] === pairs;
    const length = offsets[b + 1] - offsets[b];
    pairs += (length * (length + 1)) / 2;
  }
  assertShapes(op, fits && time!.buckets.length === pairs, () => `there must be ${pairs} buckets, one for each pair`);
};

/** Calls `use` with the addresses of copies of the offsets and the buckets. */
const withIndices = (
  backend: SimdBackend,
  { offsets, time }: Attributes,
  use: (addresses: { offsets: number; buckets: number; pairStarts: number }) => void,
): void => {
  const integers = offsets.length + (time?.starts.length ?? 0);
  backend.withMemory(4 * integers + (time?.buckets.length ?? 0) + 64, (address) => {
    const words = backend.heap.integers(address, integers);
    words.set(offsets);
    if (time === undefined) {
      use({ offsets: address, buckets: 0, pairStarts: 0 });
      return;
    }
    words.set(time.starts, offsets.length);
    const buckets = address + 4 * integers;
    new Uint8Array(words.buffer, buckets, time.buckets.length).set(time.buckets);
    use({ offsets: address, pairStarts: address + 4 * offsets.length, buckets });
  });
};

export const registerHstuAttention = (): void => {
  override<Inputs, Attributes>('RecsysHstuAttention', (inputs, backend, attributes) => {
    const { args, tokens, longest, widest, count, grain } = prepared('RecsysHstuAttention', inputs, attributes);
    const attended = backend.output([tokens, args.valueUnits]);
    const scratchBytes = backend.pool.attentionScratch(longest, widest + 2) + HSTU_SCRATCH_BYTES;
    withIndices(backend, attributes, (indices) =>
      backend.launch('hstuAttention', { ...args, ...indices, attended }, { count, grain, scratchBytes }),
    );
    return attended;
  });

  override<Inputs & Record<'dy', TensorInfo>, Attributes>(
    'RecsysHstuAttentionGrad',
    ({ dy: dAttended, ...inputs }, backend, attributes) => {
      const op = 'RecsysHstuAttentionGrad';
      const { args, longest, maxLength, widest, count, grain } = prepared(op, inputs, attributes);
      const { query, key, value, positionBias, timeBias } = inputs;
      const [dQuery, dKey, dValue, dPosition] = [query, key, value, positionBias].map(({ shape }) =>
        backend.output(shape),
      );
      const dTime = timeBias && backend.output(timeBias.shape);
      const scratchBytes = backend.pool.attentionScratch(longest, widest + 2) + HSTU_SCRATCH_BYTES;
      const size = maxLength + (timeBias === undefined ? 0 : TIME_BUCKETS);
      backend.withMemory(4 * (count + 1) * size + 64, (parts) => {
        const gradients = { dAttended, dQuery, dKey, dValue, parts, maxLength };
        withIndices(backend, attributes, (indices) =>
          backend.launch(
            'hstuAttentionGrad',
            { ...args, ...indices, attended: 0, ...gradients },
            { count, grain: Math.max(1, Math.floor(grain / 3)), scratchBytes },
          ),
        );
        const sums = parts + 4 * count * size;
        sumParts(backend, { parts, y: sums, count, size });
        const { heap } = backend;
        heap.floats(backend.address(dPosition), maxLength).set(heap.floats(sums, maxLength));
        if (dTime !== undefined)
          heap.floats(backend.address(dTime), TIME_BUCKETS).set(heap.floats(sums + 4 * maxLength, TIME_BUCKETS));
      });
      return [dQuery, dKey, dValue, dPosition, ...(dTime === undefined ? [] : [dTime])];
    },
  );

  override<Inputs, Attributes>('RecsysNewestHstuAttention', (inputs, backend, attributes) => {
    const op = 'RecsysNewestHstuAttention';
    const { args, tokens, longest, count } = prepared(op, inputs, attributes);
    const sequences = attributes.offsets.length - 1;
    assertShapes(op, inputs.query.shape[0] === sequences, () => `there must be one query for each sequence`);
    const attended = backend.output([sequences, args.valueUnits]);
    const work = {
      count,
      grain: grainOf((8 * args.queryUnits * tokens) / Math.max(1, count)),
      scratchBytes: 8 * (longest + 32) + HSTU_SCRATCH_BYTES,
    };
    withIndices(backend, attributes, (indices) =>
      backend.launch('newestHstuAttention', { ...args, ...indices, attended }, work),
    );
    return attended;
  });
};
