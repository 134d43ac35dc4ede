import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { type Dropout, flopsOfChunk, grainOf, longestSequence, override } from '../base/index.js';

interface Attributes extends Dropout {
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1. */
  offsets: Int32Array;
  numHeads: number;
}
type Inputs = Record<'query' | 'key' | 'value', TensorInfo>;

/** Calls `use` with the address of a copy of offsets. */
const withOffsets = (backend: SimdBackend, offsets: Int32Array, use: (address: number) => void): void =>
  backend.withMemory(offsets.length * 4, (address) => {
    backend.heap.integers(address, offsets.length).set(offsets);
    use(address);
  });

/** Returns the work of attention and its gradient, which is split by sequence and head. */
export const attentionWork = (
  op: string,
  backend: SimdBackend,
  tokens: number,
  units: number,
  { offsets, numHeads }: { offsets: Int32Array; numHeads: number },
) => {
  const width = units / numHeads;
  const sequences = offsets.length - 1;
  const longest = longestSequence(op, offsets, tokens);
  const mean = tokens / sequences;
  return {
    count: sequences * numHeads,
    grain: Math.max(1, Math.floor(flopsOfChunk / (width * mean * mean * 2 + 1))),
    scratchBytes: backend.pool.attentionScratch(longest, width),
  };
};

/** 1 / √D, where D is the width of a head. */
export const attentionScale = (units: number, numHeads: number): number => 1 / Math.sqrt(units / numHeads);

export const registerAttention = (): void => {
  override<Inputs, Attributes>('RecsysCausalAttention', (inputs, backend, attributes) => {
    const [tokens, units] = inputs.query.shape;
    const work = attentionWork('RecsysCausalAttention', backend, tokens, units, attributes);
    const attended = backend.output([tokens, units]);
    const logSums = backend.output([tokens, attributes.numHeads]);
    const { query, key, value } = inputs;
    const { numHeads, key: dropoutKey, threshold, keptScale } = attributes;
    const scale = attentionScale(units, numHeads);
    withOffsets(backend, attributes.offsets, (offsets) =>
      backend.launch(
        'attention',
        {
          query,
          key,
          value,
          offsets,
          numHeads,
          units,
          tokenRow: units,
          attended,
          logSums,
          dropoutKey,
          threshold,
          scale,
          keptScale,
        },
        work,
      ),
    );
    return [attended, logSums];
  });

  override<Inputs & Record<'attended' | 'logSums' | 'dy', TensorInfo>, Attributes>(
    'RecsysCausalAttentionGrad',
    (inputs, backend, attributes) => {
      const { query, key, value, attended, logSums, dy: dAttended } = inputs;
      const { numHeads, key: dropoutKey, threshold, keptScale } = attributes;
      const [tokens, units] = query.shape;
      const work = attentionWork('RecsysCausalAttentionGrad', backend, tokens, units, attributes);
      const [dQuery, dKey, dValue] = [query, key, value].map(({ shape }) => backend.output(shape));
      const scale = attentionScale(units, numHeads);
      withOffsets(backend, attributes.offsets, (offsets) =>
        backend.launch(
          'attentionGrad',
          {
            query,
            key,
            value,
            offsets,
            numHeads,
            units,
            tokenRow: units,
            attended,
            logSums,
            dropoutKey,
            threshold,
            scale,
            keptScale,
            dAttended,
            dQuery,
            dKey,
            dValue,
          },
          work,
        ),
      );
      return [dQuery, dKey, dValue];
    },
  );

  override<Inputs, { offsets: Int32Array; numHeads: number }>(
    'RecsysNewestAttention',
    ({ query, key, value }, backend, { offsets, numHeads }) => {
      const [sequences, units] = query.shape;
      const tokens = key.shape[0];
      longestSequence('RecsysNewestAttention', offsets, tokens);
      const attended = backend.output([sequences, units]);
      const scale = attentionScale(units, numHeads);
      const count = sequences * numHeads;
      const work = {
        count,
        grain: grainOf((8 * units * tokens) / Math.max(1, count)),
        scratchBytes: 4 * tokens + 64,
      };
      withOffsets(backend, offsets, (at) =>
        backend.launch('newestAttention', { query, key, value, offsets: at, numHeads, units, attended, scale }, work),
      );
      return attended;
    },
  );
};
