#include "base/vector.h"
#include "kernels.h"

namespace RECSYS_ISA {

/**
 * Where to go on from element i, which is at a whole vector: past the vectors that have nothing above the `lowest` of
 * the values kept.
 */
static int32_t skipLower(const float *x, int32_t i, int32_t width, float lowest) {
  while (i + WIDTH <= width && !anyLane(isBelow(splat(lowest), load(x + i)))) i += WIDTH;
  return i;
}

void topK(Memory memory, const TopKArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  const int32_t k = args.k;
  for (int32_t row = begin; row < end; row++) {
    const float *x = memory.floats(args.x) + (int64_t)row * width;
    float *values = memory.floats(args.values) + (int64_t)row * k;
    int32_t *indices = memory.integers(args.indices) + (int64_t)row * k;
    int32_t kept = 0;
    for (int32_t i = 0; i < width; i++) {
      if (kept == k && i % WIDTH == 0) {
        i = skipLower(x, i, width, values[k - 1]);
        if (i == width) break;
      }
      const float value = x[i];
      if (kept == k && !(value > values[k - 1])) continue;
      int32_t place = kept < k ? kept : k - 1;
      for (; place > 0; place--) {
        const float above = values[place - 1];
        if (above >= value || (value != value && above == above)) break;
        values[place] = above;
        indices[place] = indices[place - 1];
      }
      values[place] = value;
      indices[place] = i;
      if (kept < k) kept++;
    }
  }
}

}  // namespace RECSYS_ISA
