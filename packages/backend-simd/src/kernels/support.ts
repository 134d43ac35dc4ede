import type { DataType, KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.js';

export const backendName = 'simd';

/** What dropout of a kernel needs: the name of the mask, the bound of its 16 random bits (0: no dropout), and 1 / (1 - rate). */
export interface Dropout {
  readonly key: number;
  readonly threshold: number;
  readonly keptScale: number;
}

/** Elements of a chunk of the element-wise kernels, which count in blocks of 1,024. */
export const elementBlocks = (size: number): number => Math.ceil(size / 1024);
export const blocksOfChunk = 16;

/** Returns how many items of some cost are a chunk's worth of work, at least `step`. */
export const grainOf = (flopsOfItem: number, step = 1): number =>
  Math.max(step, Math.ceil(4e5 / flopsOfItem / step) * step);

/** Registers a kernel of ours in place of the one taken over from `cpu`, if there is one. */
export const override = <Inputs extends object, Attributes extends object = object>(
  kernelName: string,
  kernel: (inputs: Inputs, backend: SimdBackend, attributes: Attributes) => TensorInfo | TensorInfo[],
): void => {
  if (getKernel(kernelName, backendName) != null) unregisterKernel(kernelName, backendName);
  const kernelFunc = ({ inputs, attrs, backend }: { inputs: object; attrs?: object; backend: unknown }) =>
    kernel(inputs as Inputs, backend as SimdBackend, (attrs ?? {}) as Attributes);
  registerKernel({ kernelName, backendName, kernelFunc: kernelFunc as unknown as KernelFunc });
};

/** Runs the kernel of the `cpu` backend on this one's tensors, for the cases a kernel of ours leaves. */
export const runCpuKernel = (
  kernelName: string,
  backend: SimdBackend,
  inputs: object,
  attributes: object = {},
): TensorInfo | TensorInfo[] =>
  getKernel(kernelName, 'cpu').kernelFunc({
    inputs: inputs as NamedTensorInfoMap,
    attrs: attributes as never,
    backend,
  });

export const isFloat = (...tensors: { dtype: DataType }[]): boolean =>
  tensors.every(({ dtype }) => dtype === 'float32');
