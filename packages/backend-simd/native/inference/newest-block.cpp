/*
 * A transformer block at the newest token of each sequence, without dropout. With one query, keys and values need not be
 * computed: `assembly/` has the equations.
 */
#include "../base/multiply.h"
#include "../kernels.h"
#include "../layer-norm.h"
#include "../reduce.h"
#include "../softmax.h"

namespace RECSYS_ISA {

/** Floats of a vector of `count`, rounded up so that the next one starts at a whole vector. */
RECSYS_INLINE int64_t padded(int64_t count) { return (count + 31) & ~(int64_t)15; }

/** What the steps need of the arguments. */
struct NewestBlock {
  Memory memory;
  const NewestBlockArguments &args;

  /** y = act(x · kernel + bias), for rows of `units`. */
  void dense(const float *x, Address kernel, Address bias, float *y, int32_t rows, bool relu) const {
    const int32_t units = args.units;
    const Source init = {memory.floats(bias), 0};
    multiply({x, units}, {memory.floats(kernel), units}, {y, units}, init, rows, units, units, relu);
  }

  /** A layer norm of some rows; `statistics` has room for two floats a row. */
  void normalize(const float *x, Address gamma, Address beta, float *y, int32_t rows, float *statistics) const {
    const Norm norm = {x, memory.floats(gamma), memory.floats(beta), statistics, statistics + rows, args.units};
    normalizeRows(norm, y, rows, args.epsilon);
  }

  /** For each head, the mean of a sequence's tokens weighted by attention along its direction: `[numHeads, units]`. */
  void attend(int32_t sequence, const float *directions, float *means, float *scratch) const {
    const int64_t units = args.units;
    const int32_t heads = args.numHeads;
    const int32_t *bounds = memory.integers(args.offsets) + sequence;
    const int32_t time = bounds[1] - bounds[0];
    const int64_t weightsRow = padded(time);
    float *statistics = scratch + heads * weightsRow;
    const float *x = memory.floats(args.x) + bounds[0] * units;
    if (args.preNorm) {
      float *normalized = statistics + 2 * weightsRow;
      normalize(x, args.queryGamma, args.queryBeta, normalized, time, statistics);
      x = normalized;
    }
    for (int32_t h = 0; h < heads; h++) {
      float *weights = scratch + h * weightsRow;
      for (int32_t j = 0; j < time; j++) weights[j] = dot(directions + h * units, x + j * units, args.units);
      softmaxRow(weights, time, time, args.scale);
    }
    product({scratch, weightsRow}, {x, units}, {means, units}, heads, args.units, time);
  }
};

void newestBlock(Memory memory, const NewestBlockArguments &args, int32_t begin, int32_t end, Address scratch) {
  const NewestBlock block = {memory, args};
  const int64_t units = args.units;
  const int32_t heads = args.numHeads;
  const int32_t width = args.units / heads;
  const int64_t wide = units * heads;
  float *newest = memory.floats(scratch);
  float *query = newest + padded(NEWEST_AT_ONCE * units);
  float *projected = query + padded(NEWEST_AT_ONCE * units);
  float *attended = projected + padded(NEWEST_AT_ONCE * units);
  float *directions = attended + padded(NEWEST_AT_ONCE * units);
  float *means = directions + padded(NEWEST_AT_ONCE * wide);
  float *buffers = means + padded(NEWEST_AT_ONCE * wide);
  for (int32_t group = begin; group < end; group++) {
    const int32_t first = group * NEWEST_AT_ONCE;
    const int32_t rows = least(NEWEST_AT_ONCE, args.sequences - first);
    const int32_t count = rows * args.units;
    const int32_t *offsets = memory.integers(args.offsets) + first;
    float *y = memory.floats(args.y) + first * units;
    for (int32_t r = 0; r < rows; r++) {
      const float *last = memory.floats(args.x) + (offsets[r + 1] - 1) * units;
      __builtin_memcpy(newest + r * units, last, 4 * (size_t)units);
    }
    block.normalize(newest, args.queryGamma, args.queryBeta, query, rows, buffers);
    block.dense(query, args.queryKernel, args.queryBias, projected, rows, false);
    for (int32_t h = 0; h < heads; h++) {
      const Source keys = {memory.floats(args.keyTransposed) + h * width * units, units};
      product({projected + h * width, units}, keys, {directions + h * units, wide}, rows, args.units, width);
    }
    for (int32_t r = 0; r < rows; r++) block.attend(first + r, directions + r * wide, means + r * wide, buffers);
    for (int32_t h = 0; h < heads; h++) {
      const Source values = {memory.floats(args.valueKernel) + h * width, units};
      const Source bias = {memory.floats(args.valueBias) + h * width, 0};
      const Target to = {attended + h * width, units};
      multiply({means + h * units, wide}, values, to, bias, rows, width, args.units, false);
    }
    float *sums = attended;
    if (args.preNorm) {
      sums = projected;
      block.dense(attended, args.outputKernel, args.outputBias, sums, rows, false);
      addElements(newest, sums, count);
    } else {
      addElements(query, sums, count);
    }
    float *normalized = query;
    block.normalize(sums, args.gamma, args.beta, normalized, rows, buffers);
    float *hidden = newest;
    block.dense(normalized, args.innerKernel, args.innerBias, hidden, rows, true);
    block.dense(hidden, args.outerKernel, args.outerBias, y, rows, false);
    addElements(args.preNorm ? sums : normalized, y, count);
  }
}

}  // namespace RECSYS_ISA
