#include "base/exponential.h"
#include "base/random.h"
#include "kernels.h"

namespace RECSYS_ISA {

/** NaN if one is NaN; the order of -0 and 0 is that of WebAssembly's `f32x4.max`. */
RECSYS_INLINE Floats maximum(Floats a, Floats b) {
  const Floats equal = (Floats)((Integers)a & (Integers)b);
  const Floats most = choose(isEqual(a, b), equal, larger(a, b));
  return choose(isEqual(b, b), most, b);
}

RECSYS_INLINE Floats minimum(Floats a, Floats b) {
  const Floats equal = (Floats)((Integers)a | (Integers)b);
  const Floats smallest = choose(isEqual(a, b), equal, smaller(a, b));
  return choose(isEqual(b, b), smallest, b);
}

template <BinaryKind Kind>
RECSYS_INLINE Floats combine(Floats a, Floats b) {
  switch (Kind) {
    case BinaryKind::Add: return a + b;
    case BinaryKind::Subtract: return a - b;
    case BinaryKind::Multiply: return a * b;
    case BinaryKind::Divide: return a / b;
    case BinaryKind::Maximum: return maximum(a, b);
    case BinaryKind::Minimum: return minimum(a, b);
    default: {
      const Floats s = sigmoid(b);
      return a * (s * (splat(1) + b * (splat(1) - s)));
    }
  }
}

template <BinaryKind Kind>
static void binaryOf(Memory memory, const BinaryArguments &args, int32_t begin, int32_t end) {
  const int32_t width = args.width;
  const bool aColumn = args.aWidth == 1 && width > 1;
  const bool bColumn = args.bWidth == 1 && width > 1;
  for (int32_t row = begin; row < end; row++) {
    const float *a = memory.floats(args.a) + (int64_t)row * (args.aRow / 4);
    const float *b = memory.floats(args.b) + (int64_t)row * (args.bRow / 4);
    float *y = memory.floats(args.y) + (int64_t)row * width;
    const Floats a1 = splat(a[0]);
    const Floats b1 = splat(b[0]);
    int32_t i = 0;
    if (!aColumn && !bColumn) {
      for (; i + WIDTH <= width; i += WIDTH) store(y + i, combine<Kind>(load(a + i), load(b + i)));
    }
    for (; i < width; i += WIDTH) {
      storeFirst(y + i, combine<Kind>(aColumn ? a1 : load(a + i), bColumn ? b1 : load(b + i)), width - i);
    }
  }
}

void binary(Memory memory, const BinaryArguments &args, int32_t begin, int32_t end, Address) {
  switch ((BinaryKind)args.kind) {
    case BinaryKind::Add: return binaryOf<BinaryKind::Add>(memory, args, begin, end);
    case BinaryKind::Subtract: return binaryOf<BinaryKind::Subtract>(memory, args, begin, end);
    case BinaryKind::Multiply: return binaryOf<BinaryKind::Multiply>(memory, args, begin, end);
    case BinaryKind::Divide: return binaryOf<BinaryKind::Divide>(memory, args, begin, end);
    case BinaryKind::Maximum: return binaryOf<BinaryKind::Maximum>(memory, args, begin, end);
    case BinaryKind::Minimum: return binaryOf<BinaryKind::Minimum>(memory, args, begin, end);
    case BinaryKind::SiluGradient: return binaryOf<BinaryKind::SiluGradient>(memory, args, begin, end);
  }
}

template <UnaryKind Kind>
RECSYS_INLINE Floats apply(Floats x) {
  switch (Kind) {
    case UnaryKind::Relu: return larger(x, splat(0));
    case UnaryKind::Square: return x * x;
    case UnaryKind::SquareRoot: return squareRoot(x);
    case UnaryKind::Negate: return -x;
    case UnaryKind::InverseSquareRoot: return splat(1) / squareRoot(x);
    case UnaryKind::Exponential: return exponential(x);
    case UnaryKind::Sigmoid: return sigmoid(x);
    default: return x * sigmoid(x);  // silu
  }
}

template <UnaryKind Kind>
static void unaryOf(const float *x, float *y, int32_t count) {
  int32_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) store(y + i, apply<Kind>(load(x + i)));
  if (i < count) storeFirst(y + i, apply<Kind>(load(x + i)), count - i);
}

void unary(Memory memory, const UnaryArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t first = begin * ELEMENT_BLOCK;
  const int32_t count = least(end * ELEMENT_BLOCK, args.size) - first;
  const float *x = memory.floats(args.x) + first;
  float *y = memory.floats(args.y) + first;
  switch ((UnaryKind)args.kind) {
    case UnaryKind::Relu: return unaryOf<UnaryKind::Relu>(x, y, count);
    case UnaryKind::Square: return unaryOf<UnaryKind::Square>(x, y, count);
    case UnaryKind::SquareRoot: return unaryOf<UnaryKind::SquareRoot>(x, y, count);
    case UnaryKind::Negate: return unaryOf<UnaryKind::Negate>(x, y, count);
    case UnaryKind::InverseSquareRoot: return unaryOf<UnaryKind::InverseSquareRoot>(x, y, count);
    case UnaryKind::Exponential: return unaryOf<UnaryKind::Exponential>(x, y, count);
    case UnaryKind::Sigmoid: return unaryOf<UnaryKind::Sigmoid>(x, y, count);
    case UnaryKind::Silu: return unaryOf<UnaryKind::Silu>(x, y, count);
  }
}

void select(Memory memory, const SelectArguments &args, int32_t begin, int32_t end, Address) {
  const uint8_t *condition = memory.at<uint8_t>(args.condition);
  const float *a = memory.floats(args.a);
  const float *b = memory.floats(args.b);
  float *y = memory.floats(args.y);
  const int32_t last = least(end * ELEMENT_BLOCK, args.size);
  for (int32_t i = begin * ELEMENT_BLOCK; i < last; i++) y[i] = condition[i] ? a[i] : b[i];
}

void dropout(Memory memory, const DropoutArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t last = least(end * DROPOUT_BLOCK, args.size);
  dropRange(memory.floats(args.x), memory.floats(args.y), begin * DROPOUT_BLOCK, last,
            {(uint32_t)args.key, args.threshold, args.keptScale});
}

}  // namespace RECSYS_ISA
