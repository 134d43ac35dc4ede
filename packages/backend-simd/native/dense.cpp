#include "dense.h"

#include "base/multiply.h"
#include "base/random.h"
#include "kernels.h"
#include "reduce.h"

namespace RECSYS_ISA {

/** Tokens whose outputs stay in the cache between the product and what follows it. */
constexpr int ROWS_AT_ONCE = 4 * TILE_ROWS;

void dense(Memory memory, const DenseArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t inputs = args.inputs;
  const int32_t outputs = args.outputs;
  const float *x = memory.floats(args.x);
  const float *residual = memory.optionalFloats(args.residual);
  float *y = memory.floats(args.y);
  const Dropout dropout = {(uint32_t)args.key, args.threshold, args.keptScale};
  for (int32_t row = begin; row < end; row += ROWS_AT_ONCE) {
    const int32_t rows = least(ROWS_AT_ONCE, end - row);
    multiply({x + (int64_t)row * inputs, inputs}, {memory.floats(args.kernel), outputs},
             {y + (int64_t)row * outputs, outputs}, {memory.floats(args.bias), 0}, rows, outputs, inputs, args.relu);
    const int32_t first = row * outputs;
    const int32_t last = (row + rows) * outputs;
    if (dropout.threshold != 0) {
      dropRange(y, y, first, last, dropout, residual);
    } else if (residual) {
      addElements(residual + first, y + first, last - first);
    }
  }
}

void reluGrad(const float *dy, const float *y, float *dz, int32_t count, float scale) {
  int32_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    store(dz + i, keep(isBelow(splat(0), load(y + i)), load(dy + i) * splat(scale)));
  }
  for (; i < count; i++) dz[i] = y[i] > 0 ? dy[i] * scale : 0;
}

void denseGrad(Memory memory, const DenseGradArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t inputs = args.inputs;
  const int32_t outputs = args.outputs;
  const float *dy = memory.floats(args.dy);
  const float *x = memory.floats(args.x);
  float *dz = memory.floats(args.dz);
  float *dx = memory.optionalFloats(args.dx);
  const Dropout dropout = {(uint32_t)args.key, args.threshold, args.keptScale};
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * TOKEN_BLOCK;
    const int32_t tokens = least(TOKEN_BLOCK, args.tokens - first);
    const int32_t from = first * outputs;
    const int32_t to = (first + tokens) * outputs;
    if (args.relu) {
      const float scale = dropout.threshold != 0 ? dropout.keptScale : 1;
      reluGrad(dy + from, memory.floats(args.y) + from, dz + from, to - from, scale);
    } else if (dropout.threshold != 0) {
      dropRange(dy, dz, from, to, dropout);
    }
    const Source z = {dz + (int64_t)first * outputs, outputs};
    if (dx) {
      const Target to = {dx + (int64_t)first * inputs, inputs};
      product(z, {memory.floats(args.transposed), inputs}, to, tokens, inputs, outputs);
    }
    float *part = memory.floats(args.parts) + (int64_t)block * (inputs * outputs + outputs);
    productTransposed({x + (int64_t)first * inputs, inputs}, z, {part, outputs}, inputs, outputs, tokens);
    sumRows(z.at, outputs, part + (int64_t)inputs * outputs, tokens, outputs);
  }
}

}  // namespace RECSYS_ISA
