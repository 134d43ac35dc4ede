import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';
import type { GatherRowsArguments } from '../generated/arguments.js';
import { assertIndices, grainOf, isFloat, override, runCpuKernel } from './base/index.js';
import { distinctRows, rowGradient } from './row-updates.js';

/** Writes rows of a table: y[i] = table[indices[i]]. */
export const gatherRows = (backend: SimdBackend, args: GatherRowsArguments, count: number): void =>
  backend.launch('gatherRows', args, { count, grain: grainOf(args.width * 2) });

export const registerGather = (): void => {
  override<{ table: TensorInfo; indices: TensorInfo }>('RecsysGatherRows', ({ table, indices }, backend) => {
    const [rows, width] = table.shape;
    assertIndices('RecsysGatherRows', backend, indices, rows);
    const count = indices.shape[0];
    const y = backend.output([count, width]);
    gatherRows(backend, { table: backend.rowsOf(table, indices), indices, y, width }, count);
    return y;
  });

  override<{ dy: TensorInfo; indices: TensorInfo }, { rows: number }>(
    'RecsysGatherRowsGrad',
    ({ dy, indices }, backend, { rows }) => rowGradient('RecsysGatherRowsGrad', backend, { rows, indices, values: dy }),
  );

  /** Returns the rows of a gradient that is a list of updates, and their indices; nothing for any other gradient. */
  override<{ gradient: TensorInfo }>('RecsysGradientRows', ({ gradient }, backend) => {
    const updates = backend.updatesOf(gradient);
    return updates === undefined ? [] : distinctRows(backend, updates);
  });

  override<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>(
    'GatherV2',
    ({ x, indices }, backend, attributes) => {
      const { axis, batchDims } = attributes;
      const plain = axis === 0 && batchDims === 0 && isFloat(x) && indices.dtype === 'int32' && x.shape.length > 0;
      if (!plain || backend.highestIndex(indices) >= x.shape[0]) {
        return runCpuKernel('GatherV2', backend, { x, indices }, attributes);
      }
      const rowShape = x.shape.slice(1);
      const y = backend.output([...indices.shape, ...rowShape]);
      const width = util.sizeFromShape(rowShape);
      gatherRows(backend, { table: backend.rowsOf(x, indices), indices, y, width }, util.sizeFromShape(indices.shape));
      return y;
    },
  );

  // The kernel of `cpu` reads the whole input once per segment.
  override<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    'UnsortedSegmentSum',
    ({ x, segmentIds }, backend, { numSegments }) => {
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const width = util.sizeFromShape(rowShape);
      const output = backend.output([numSegments, ...rowShape], x.dtype === 'int32' ? 'int32' : 'float32');
      const sums = (backend.data.get(output.dataId).values as Float32Array).fill(0);
      const values = backend.data.get(x.dataId).values as Float32Array;
      (backend.data.get(segmentIds.dataId).values as Int32Array).forEach((segment, row) => {
        if (segment < 0 || segment >= numSegments) return; // as TensorFlow does
        for (let i = 0; i < width; i++) sums[segment * width + i] += values[row * width + i];
      });
      return output;
    },
  );
};
