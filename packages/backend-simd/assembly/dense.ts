import { Optional, Flag, dropRange, multiply, product, productTransposed, TILE_ROWS, TOKEN_BLOCK } from './base';
import { addElements, sumRows } from './reduce';

@unmanaged
export class DenseArguments {
  /** `[tokens, inputs]`. */
  x: usize;
  /** `[inputs, outputs]`. */
  kernel: usize;
  bias: usize;
  /** `[tokens, outputs]`. */
  y: usize;
  inputs: i32;
  outputs: i32;
  relu: Flag;
  /** `[tokens, outputs]`. */
  residual: Optional;
  /** Key of the dropout mask. */
  key: i32;
  /** Elements whose 16 random bits are below this are dropped; 0 drops none. */
  threshold: i32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Tokens `begin .. end - 1` of y = residual + dropout(act(x · kernel + bias)). */
export function dense(args: DenseArguments, begin: i32, end: i32, scratch: usize): void {
  const inputs = args.inputs;
  const outputs = args.outputs;
  const y = args.y;
  const residual = args.residual;
  const threshold = args.threshold;
  const xRow = <usize>(inputs << 2);
  const yRow = <usize>(outputs << 2);
  for (let row = begin; row < end; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, end - row);
    const to = y + <usize>row * yRow;
    multiply(
      args.x + <usize>row * xRow,
      xRow,
      args.kernel,
      yRow,
      to,
      yRow,
      args.bias,
      0,
      rows,
      outputs,
      inputs,
      args.relu,
    );
    if (threshold != 0)
      dropRange(y, y, row * outputs, (row + rows) * outputs, args.key, threshold, args.keptScale, residual);
    else if (residual) addElements(residual + <usize>row * yRow, to, rows * outputs);
  }
}

@unmanaged
export class DenseGradArguments {
  /** `[tokens, outputs]`. */
  dy: usize;
  /** `[tokens, outputs]`. */
  y: usize;
  /** `[tokens, inputs]`. */
  x: usize;
  /** The kernel transposed: `[outputs, inputs]`. */
  transposed: usize;
  /** Output: the gradient before dropout and ReLU; `dy` itself if there is neither. */
  dz: usize;
  /** Output `[tokens, inputs]`; 0 if not wanted. */
  dx: usize;
  /** Output `[blocks, inputs · outputs + outputs]`: each block's part of the gradients of kernel and bias. */
  parts: usize;
  tokens: i32;
  inputs: i32;
  outputs: i32;
  relu: Flag;
  /** Key of the dropout mask. */
  key: i32;
  threshold: i32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Blocks of `TOKEN_BLOCK` tokens `begin .. end - 1` of the gradient of `dense`. */
export function denseGrad(args: DenseGradArguments, begin: i32, end: i32, scratch: usize): void {
  const inputs = args.inputs;
  const outputs = args.outputs;
  const relu = args.relu;
  const threshold = args.threshold;
  const dy = args.dy;
  const dz = args.dz;
  const dx = args.dx;
  const inRow = <usize>(inputs << 2);
  const outRow = <usize>(outputs << 2);
  for (let block = begin; block < end; block++) {
    const first = block * TOKEN_BLOCK;
    const tokens = min(TOKEN_BLOCK, args.tokens - first);
    const at = <usize>first * outRow;
    const z = dz + at;
    if (relu) reluGrad(dy + at, args.y + at, z, tokens * outputs, threshold ? args.keptScale : 1);
    else if (threshold)
      dropRange(dy, dz, first * outputs, (first + tokens) * outputs, args.key, threshold, args.keptScale, 0);
    if (dx) product(z, outRow, args.transposed, inRow, dx + <usize>first * inRow, inRow, tokens, inputs, outputs);
    const part = args.parts + <usize>block * (<usize>inputs * outRow + outRow);
    productTransposed(args.x + <usize>first * inRow, inRow, z, outRow, part, outRow, inputs, outputs, tokens);
    sumRows(z, outRow, part + <usize>inputs * outRow, tokens, outputs);
  }
}

/** dz = dy · scale where the output of ReLU and dropout is above zero, else 0; dz may be dy. */
export function reluGrad(dy: usize, y: usize, dz: usize, count: i32, scale: f32): void {
  const scales = f32x4.splat(scale);
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>(i << 2);
    v128.store(dz + at, v128.and(f32x4.mul(v128.load(dy + at), scales), f32x4.gt(v128.load(y + at), zero)));
  }
  for (; i < count; i++) {
    const at = <usize>(i << 2);
    store<f32>(dz + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) * scale : 0);
  }
}
