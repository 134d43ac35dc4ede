import type { TensorInfo } from '@tensorflow/tfjs-core';
import { assertIndices, assertShapes, grainOf, override } from './base/index.js';
import { rowGradient } from './row-updates.js';

/** Checks the inputs and returns their sizes. */
const sizesOf = (
  op: string,
  { hidden, table, candidates }: Record<'hidden' | 'table' | 'candidates', TensorInfo>,
): Record<'tokens' | 'count' | 'rows' | 'width', number> => {
  const [tokens, count] = candidates.shape;
  const [rows, width] = table.shape;
  const fits = hidden.shape[0] === tokens && hidden.shape[1] === width;
  assertShapes(op, fits, () => `hidden must have shape ${tokens},${width}, got ${hidden.shape}`);
  return { tokens, count, rows, width };
};

const workOf = ({ tokens, count, width }: Record<'tokens' | 'count' | 'width', number>) => ({
  count: tokens,
  grain: grainOf(2 * width * count + 20 * count),
});

export const registerPairwiseLogits = (): void => {
  override<Record<'hidden' | 'table' | 'candidates', TensorInfo>>('RecsysPairwiseLogits', (inputs, backend) => {
    const sizes = sizesOf('RecsysPairwiseLogits', inputs);
    const { tokens, count, rows, width } = sizes;
    assertIndices('RecsysPairwiseLogits', backend, inputs.candidates, rows);
    const { hidden, candidates } = inputs;
    const table = backend.rowsOf(inputs.table, candidates);
    const logits = backend.output([tokens, count]);
    backend.launch('pairwiseLogits', { hidden, table, candidates, logits, count, width }, workOf(sizes));
    return logits;
  });

  override<Record<'dy' | 'hidden' | 'table' | 'candidates', TensorInfo>>(
    'RecsysPairwiseLogitsGrad',
    (inputs, backend) => {
      const sizes = sizesOf('RecsysPairwiseLogitsGrad', inputs);
      const { count, rows, width } = sizes;
      const { dy, hidden, candidates } = inputs;
      assertIndices('RecsysPairwiseLogitsGrad', backend, candidates, rows);
      const table = backend.rowsOf(inputs.table, candidates);
      const gradient = { rows, indices: candidates, values: hidden, scales: dy, fan: count };
      const dTable = rowGradient('RecsysPairwiseLogitsGrad', backend, gradient);
      const dHidden = backend.output(hidden.shape);
      backend.launch('pairwiseLogitsGrad', { dy, table, candidates, dHidden, count, width }, workOf(sizes));
      return [dHidden, dTable];
    },
  );
};
