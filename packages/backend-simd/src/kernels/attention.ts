import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import { grainOf, override } from './support.js';

interface Attributes {
  offsets: Int32Array;
  numHeads: number;
  /** Name of the dropout mask. */
  key: number;
  /** Weights whose 16 random bits are below are dropped; 0: none. */
  threshold: number;
  /** 1 / (1 - rate). */
  keptScale: number;
}
interface Inputs {
  query: TensorInfo;
  key: TensorInfo;
  value: TensorInfo;
}

/** Runs attention or its gradient on each (sequence, head). */
const launch = (
  kernel: 'attention' | 'attentionGrad',
  backend: SimdBackend,
  { query, key, value }: Inputs,
  attended: TensorInfo,
  logSums: TensorInfo,
  { offsets, numHeads, key: dropoutKey, threshold, keptScale }: Attributes,
  rest: readonly TensorInfo[],
): void => {
  const units = query.shape[1]!;
  const sequences = offsets.length - 1;
  let longest = 0;
  for (let b = 0; b < sequences; b++) longest = Math.max(longest, offsets[b + 1]! - offsets[b]!);
  const mean = offsets[sequences]! / sequences;
  backend.withMemory(offsets.length * 4, (bounds) => {
    backend.heap.integers(bounds, offsets.length).set(offsets);
    backend.launch(kernel, {
      count: sequences * numHeads,
      grain: Math.max(1, Math.floor(4e5 / ((units / numHeads) * mean * mean * 2 + 1))),
      integers: [
        ...backend.addresses(query, key, value),
        bounds,
        numHeads,
        units,
        backend.address(attended),
        backend.address(logSums),
        dropoutKey,
        threshold,
        ...backend.addresses(...rest),
      ],
      floats: [1 / Math.sqrt(units / numHeads), keptScale],
      scratchBytes: backend.pool.attentionScratch(longest, units / numHeads),
    });
  });
};

export const registerAttention = (): void => {
  override<Inputs, Attributes>('RecsysCausalAttention', (inputs, backend, attributes) => {
    const [tokens, units] = inputs.query.shape as [number, number];
    const attended = backend.output([tokens, units]);
    const logSums = backend.output([tokens, attributes.numHeads]);
    launch('attention', backend, inputs, attended, logSums, attributes, []);
    return [attended, logSums];
  });
  override<Inputs & { attended: TensorInfo; logSums: TensorInfo; dy: TensorInfo }, Attributes>(
    'RecsysCausalAttentionGrad',
    (inputs, backend, attributes) => {
      const gradients = [inputs.query, inputs.key, inputs.value].map(({ shape }) => backend.output(shape));
      launch('attentionGrad', backend, inputs, inputs.attended, inputs.logSums, attributes, [inputs.dy, ...gradients]);
      return gradients;
    },
  );

  override<Inputs, { offsets: Int32Array; numHeads: number }>(
    'RecsysNewestAttention',
    ({ query, key, value }, backend, { offsets, numHeads }) => {
      const [sequences, units] = query.shape as [number, number];
      const attended = backend.output([sequences, units]);
      const tokens = offsets[sequences]!;
      backend.withMemory(offsets.length * 4, (bounds) => {
        backend.heap.integers(bounds, offsets.length).set(offsets);
        const [query0, key0, value0, attended0] = backend.addresses(query, key, value, attended);
        backend.launch('newestAttention', {
          count: sequences * numHeads,
          grain: grainOf((8 * units * tokens) / Math.max(1, sequences * numHeads)),
          integers: [query0!, key0!, value0!, bounds, numHeads, units, attended0!],
          floats: [1 / Math.sqrt(units / numHeads)],
          scratchBytes: 4 * tokens + 64,
        });
      });
      return attended;
    },
  );
};
