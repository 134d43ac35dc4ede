#include "softmax.h"

#include "base/exponential.h"
#include "kernels.h"

namespace RECSYS_ISA {

void softmax(Memory memory, const SoftmaxArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t width = args.width;
  float *weights = memory.floats(scratch);
  float *logSums = memory.optionalFloats(args.logSums);
  for (int32_t i = begin; i < end; i++) {
    const float *x = memory.floats(args.x) + (int64_t)i * width;
    float *y = memory.floats(args.y) + (int64_t)i * width;
    __builtin_memcpy(weights, x, 4 * (size_t)width);
    const float logSum = softmaxRow(weights, width, width, 1);
    if (logSums) logSums[i] = logSum;
    if (args.logarithm) {
      for (int32_t j = 0; j < width; j += WIDTH) storeFirst(y + j, load(x + j) - splat(logSum), width - j);
    } else {
      __builtin_memcpy(y, weights, 4 * (size_t)width);
    }
  }
}

float softmaxRow(float *x, int32_t valid, int32_t seen, float scale) {
  const int32_t last = valid / WIDTH * WIDTH;
  const Mask rest = firstLanes(valid - last);
  const Floats lowest = splat(-3.4e38f);
  Floats highest = lowest;
  int32_t i = 0;
  for (; i < last; i += WIDTH) highest = larger(highest, load(x + i));
  if (last < valid) highest = larger(highest, choose(rest, load(x + i), lowest));
  const float top = maxLanes(highest) * scale;
  const Floats tops = splat(top);
  const Floats scales = splat(scale);
  Floats sums = splat(0);
  for (i = 0; i < last; i += WIDTH) {
    const Floats e = exponential(load(x + i) * scales - tops);
    sums += e;
    store(x + i, e);
  }
  if (last < valid) {
    const Floats e = keep(rest, exponential(load(x + i) * scales - tops));
    sums += e;
    store(x + i, e);
    i += WIDTH;
  }
  const float sum = sumLanes(sums);
  const Floats inverse = splat(1 / sum);
  for (int32_t j = 0; j < i; j += WIDTH) store(x + j, load(x + j) * inverse);
  for (; i < seen; i += WIDTH) store(x + i, splat(0));
  return top + logarithm(sum);
}

}  // namespace RECSYS_ISA
