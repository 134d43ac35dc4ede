import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';
import { NEWEST_AT_ONCE } from '../../generated/arguments.js';
import { attentionScale } from '../attention/causal.js';
import { assertShapes, grainOf, longestSequence, override } from '../base/index.js';
import { assertWidths, type BlockWeights } from '../transformer-block.js';

interface Attributes {
  /** Sequence b has tokens offsets[b] .. offsets[b + 1] - 1, at least one. */
  offsets: Int32Array;
  numHeads: number;
  preNorm: boolean;
  epsilon: number;
}

/** Floats of scratch memory, as the kernel divides it. */
const scratchOf = (time: number, units: number, numHeads: number): number => {
  const padded = (count: number) => count + 31;
  const rows = NEWEST_AT_ONCE * units;
  return 4 * padded(rows) + 2 * padded(rows * numHeads) + padded(time * units) + (numHeads + 2) * padded(time) + 64;
};

const newestBlock = (
  inputs: { x: TensorInfo } & BlockWeights,
  backend: SimdBackend,
  { offsets, numHeads, preNorm, epsilon }: Attributes,
): TensorInfo => {
  const op = 'RecsysNewestBlock';
  const { x, queryGamma, queryBeta, queryKernel, queryBias, keyKernel, valueKernel, valueBias } = inputs;
  const { outputKernel, outputBias, gamma, beta, innerKernel, innerBias, outerKernel, outerBias } = inputs;
  assertWidths(op, inputs);
  const [tokens, units] = x.shape;
  const longest = longestSequence(op, offsets, tokens);
  for (let b = 1; b < offsets.length; b++) {
    assertShapes(op, offsets[b] > offsets[b - 1], () => `sequence ${b - 1} has no newest token: it is empty`);
  }
  const sequences = offsets.length - 1;
  const y = backend.output([sequences, units]);
  const words = offsets.length;
  backend.withMemory(4 * (words + units * units) + 64, (address) => {
    backend.heap.integers(address, words).set(offsets);
    const keyTransposed = address + 64 * Math.ceil(words / 16);
    const transpose = { x: keyKernel, y: keyTransposed, rows: units, columns: units };
    backend.launch('transposeMatrices', transpose, { count: 1, grain: 1 });
    backend.launch(
      'newestBlock',
      {
        x,
        offsets: address,
        queryGamma,
        queryBeta,
        gamma,
        beta,
        queryKernel,
        queryBias,
        keyTransposed,
        valueKernel,
        valueBias,
        outputKernel,
        outputBias,
        innerKernel,
        innerBias,
        outerKernel,
        outerBias,
        y,
        sequences,
        numHeads,
        units,
        preNorm,
        epsilon,
        scale: attentionScale(units, numHeads),
      },
      {
        count: Math.ceil(sequences / NEWEST_AT_ONCE),
        grain: grainOf(NEWEST_AT_ONCE * units * (12 * units + (8 * numHeads * tokens) / sequences)),
        scratchBytes: 4 * scratchOf(longest, units, numHeads),
      },
    );
  });
  return y;
};

export const registerNewestBlock = (): void => {
  override('RecsysNewestBlock', newestBlock);
};
