import type { DataType, KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../../backend.js';

export const backendName = 'simd';

/** Registers a kernel of this backend, replacing the one copied from `cpu` if there is one. */
export const override = <Inputs extends object, Attributes extends object = object>(
  kernelName: string,
  kernel: (inputs: Inputs, backend: SimdBackend, attributes: Attributes) => TensorInfo | TensorInfo[],
): void => {
  if (getKernel(kernelName, backendName) != null) unregisterKernel(kernelName, backendName);
  const kernelFunc = ({ inputs, attrs, backend }: { inputs: object; attrs?: object; backend: unknown }) =>
    kernel(inputs as Inputs, backend as SimdBackend, (attrs ?? {}) as Attributes);
  registerKernel({ kernelName, backendName, kernelFunc: kernelFunc as unknown as KernelFunc });
};

/**
 * Runs the kernel of the `cpu` backend on this backend's tensors, for cases that a kernel of this backend does not
 * cover.
 */
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

/** Delays freeing for the FFT kernels of `cpu`, which return the arrays of tensors that they have disposed. */
export const registerFourier = (): void => {
  for (const kernelName of ['FFT', 'IFFT']) {
    override<{ input: TensorInfo }>(kernelName, (inputs, backend) =>
      backend.heap.freeAfter(() => runCpuKernel(kernelName, backend, inputs)),
    );
  }
};

export const isFloat = (...tensors: { dtype: DataType }[]): boolean =>
  tensors.every(({ dtype }) => dtype === 'float32');
