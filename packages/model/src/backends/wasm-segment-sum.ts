import * as tf from '@tensorflow/tfjs-core';

/** What this kernel uses of the official WebAssembly backend. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array;
}

/**
 * Gives the official `wasm` backend the one training kernel it lacks, so that models with a stock `tf.layers.embedding` or `tf.gather`
 * train on it too. Our own layers do without.
 */
export const registerWasmSegmentSum = (): void => {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm') != null) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as unknown as WasmBackend;
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as unknown as { numSegments: number };
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const width = tf.util.sizeFromShape(rowShape);
      const output = wasm.makeOutput([numSegments, ...rowShape], x.dtype);
      // Views are taken after the last allocation: growing the heap would detach them.
      const sums = wasm.typedArrayFromHeap(output).fill(0);
      const values = wasm.typedArrayFromHeap(x);
      wasm.typedArrayFromHeap(segmentIds).forEach((segment, row) => {
        if (segment < 0) return; // as TensorFlow does
        for (let i = 0; i < width; i++) sums[segment * width + i] += values[row * width + i];
      });
      return output;
    },
  });
};
