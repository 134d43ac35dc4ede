import { Bytes, dropRange, ELEMENT_BLOCK, exp4, sigmoid4, storeLanes } from './base';

/** Functions of two numbers. */
export const enum BinaryKind {
  Add,
  Subtract,
  Multiply,
  Divide,
  Maximum,
  Minimum,
  /** a · SiLU'(b): the gradient of SiLU. */
  SiluGradient,
}

/** y = f(a, b) over `[rows, width]`. */
@unmanaged
export class BinaryArguments {
  a: usize;
  b: usize;
  y: usize;
  width: i32;
  /** Bytes from one row to the next; 0 repeats the row. */
  aRow: Bytes;
  bRow: Bytes;
  /** Elements of a row; 1 repeats the element. */
  aWidth: i32;
  bWidth: i32;
  /** A `BinaryKind`. */
  kind: i32;
}

// @ts-expect-error: decorator
@inline
function combine(kind: i32, a: v128, b: v128): v128 {
  switch (kind) {
    case BinaryKind.Add:
      return f32x4.add(a, b);
    case BinaryKind.Subtract:
      return f32x4.sub(a, b);
    case BinaryKind.Multiply:
      return f32x4.mul(a, b);
    case BinaryKind.Divide:
      return f32x4.div(a, b);
    case BinaryKind.Maximum:
      return f32x4.max(a, b);
    case BinaryKind.Minimum:
      return f32x4.min(a, b);
    default: {
      const one = f32x4.splat(1);
      const s = sigmoid4(b);
      return f32x4.mul(a, f32x4.mul(s, f32x4.add(one, f32x4.mul(b, f32x4.sub(one, s)))));
    }
  }
}

// @ts-expect-error: decorator
@inline
function binaryRange(kind: i32, a: usize, b: usize, y: usize, count: i32, aOne: bool, bOne: bool): void {
  const a1 = v128.load32_splat(a);
  const b1 = v128.load32_splat(b);
  for (let i = 0; i < count; i += 4) {
    const at = <usize>(i << 2);
    storeLanes(y + at, combine(kind, aOne ? a1 : v128.load(a + at), bOne ? b1 : v128.load(b + at)), count - i);
  }
}

// @ts-expect-error: decorator
@inline
function binaryOf(kind: i32, args: BinaryArguments, begin: i32, end: i32): void {
  const width = args.width;
  const aColumn = args.aWidth == 1 && width > 1;
  const bColumn = args.bWidth == 1 && width > 1;
  for (let row = begin; row < end; row++) {
    const a = args.a + <usize>row * args.aRow;
    const b = args.b + <usize>row * args.bRow;
    binaryRange(kind, a, b, args.y + <usize>row * <usize>(width << 2), width, aColumn, bColumn);
  }
}

/** Rows `begin .. end - 1` of y = f(a, b). */
export function binary(args: BinaryArguments, begin: i32, end: i32, scratch: usize): void {
  switch (args.kind) {
    case BinaryKind.Add:
      binaryOf(BinaryKind.Add, args, begin, end);
      break;
    case BinaryKind.Subtract:
      binaryOf(BinaryKind.Subtract, args, begin, end);
      break;
    case BinaryKind.Multiply:
      binaryOf(BinaryKind.Multiply, args, begin, end);
      break;
    case BinaryKind.Divide:
      binaryOf(BinaryKind.Divide, args, begin, end);
      break;
    case BinaryKind.Maximum:
      binaryOf(BinaryKind.Maximum, args, begin, end);
      break;
    case BinaryKind.Minimum:
      binaryOf(BinaryKind.Minimum, args, begin, end);
      break;
    default:
      binaryOf(BinaryKind.SiluGradient, args, begin, end);
  }
}

/** Functions of one number. */
export const enum UnaryKind {
  Relu,
  Square,
  SquareRoot,
  Negate,
  InverseSquareRoot,
  Exponential,
  Sigmoid,
  /** x · sigmoid(x). */
  Silu,
}

@unmanaged
export class UnaryArguments {
  x: usize;
  y: usize;
  size: i32;
  /** A `UnaryKind`. */
  kind: i32;
}

// @ts-expect-error: decorator
@inline
function apply(kind: i32, x: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  switch (kind) {
    case UnaryKind.Relu:
      return f32x4.pmax(x, zero); // relu
    case UnaryKind.Square:
      return f32x4.mul(x, x);
    case UnaryKind.SquareRoot:
      return f32x4.sqrt(x);
    case UnaryKind.Negate:
      return f32x4.neg(x);
    case UnaryKind.InverseSquareRoot:
      return f32x4.div(one, f32x4.sqrt(x)); // rsqrt
    case UnaryKind.Exponential:
      return exp4(x);
    case UnaryKind.Sigmoid:
      return sigmoid4(x);
    default:
      return f32x4.mul(x, sigmoid4(x)); // silu
  }
}

// @ts-expect-error: decorator
@inline
function unaryOf(kind: i32, x: usize, y: usize, count: i32): void {
  for (let i = 0; i < count; i += 4)
    storeLanes(y + <usize>(i << 2), apply(kind, v128.load(x + <usize>(i << 2))), count - i);
}

/** Blocks of `ELEMENT_BLOCK` elements `begin .. end - 1` of y = f(x). */
export function unary(args: UnaryArguments, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ELEMENT_BLOCK;
  const count = min(end * ELEMENT_BLOCK, args.size) - first;
  const x = args.x + <usize>(first << 2);
  const y = args.y + <usize>(first << 2);
  switch (args.kind) {
    case UnaryKind.Relu:
      unaryOf(UnaryKind.Relu, x, y, count);
      break;
    case UnaryKind.Square:
      unaryOf(UnaryKind.Square, x, y, count);
      break;
    case UnaryKind.SquareRoot:
      unaryOf(UnaryKind.SquareRoot, x, y, count);
      break;
    case UnaryKind.Negate:
      unaryOf(UnaryKind.Negate, x, y, count);
      break;
    case UnaryKind.InverseSquareRoot:
      unaryOf(UnaryKind.InverseSquareRoot, x, y, count);
      break;
    case UnaryKind.Exponential:
      unaryOf(UnaryKind.Exponential, x, y, count);
      break;
    case UnaryKind.Sigmoid:
      unaryOf(UnaryKind.Sigmoid, x, y, count);
      break;
    default:
      unaryOf(UnaryKind.Silu, x, y, count);
  }
}

@unmanaged
export class SelectArguments {
  /** One byte per element. */
  condition: usize;
  a: usize;
  b: usize;
  y: usize;
  size: i32;
}

/** Blocks of `ELEMENT_BLOCK` elements `begin .. end - 1` of y = condition ? a : b. */
export function select(args: SelectArguments, begin: i32, end: i32, scratch: usize): void {
  const a = args.a;
  const b = args.b;
  const y = args.y;
  const last = min(end * ELEMENT_BLOCK, args.size);
  for (let i = begin * ELEMENT_BLOCK; i < last; i++) {
    const at = <usize>(i << 2);
    const from = load<u8>(args.condition + <usize>i) ? a : b;
    store<f32>(y + at, load<f32>(from + at));
  }
}

/** Elements in a block of `dropout`. */
export const DROPOUT_BLOCK: i32 = 8;

@unmanaged
export class DropoutArguments {
  x: usize;
  y: usize;
  size: i32;
  /** Key of the mask. */
  key: i32;
  /** Elements whose 16 random bits are below this are dropped. */
  threshold: i32;
  /** 1 / (1 - rate). */
  keptScale: f32;
}

/** Blocks of `DROPOUT_BLOCK` elements `begin .. end - 1` of y = dropout(x). */
export function dropout(args: DropoutArguments, begin: i32, end: i32, scratch: usize): void {
  const first = begin * DROPOUT_BLOCK;
  const last = min(end * DROPOUT_BLOCK, args.size);
  dropRange(args.x, args.y, first, last, args.key, args.threshold, args.keptScale, 0);
}
