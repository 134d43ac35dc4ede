#include "base/vector.h"
#include "kernels.h"

namespace RECSYS_ISA {

void pairwiseLogits(Memory memory, const PairwiseLogitsArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t count = args.count;
  const int32_t width = args.width;
  const float *table = memory.floats(args.table);
  const uint32_t *candidates = memory.words(args.candidates);
  float *logits = memory.floats(args.logits);
  for (int32_t t = begin; t < end; t++) {
    const float *hidden = memory.floats(args.hidden) + (int64_t)t * width;
    for (int64_t c = (int64_t)t * count; c < ((int64_t)t + 1) * count; c++) {
      if (c + AHEAD < (int64_t)end * count) fetch(table + (int64_t)candidates[c + AHEAD] * width, width);
      logits[c] = dot(hidden, table + (int64_t)candidates[c] * width, width);
    }
  }
}

void pairwiseLogitsGrad(Memory memory, const PairwiseLogitsGradArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t count = args.count;
  const int32_t width = args.width;
  const float *dy = memory.floats(args.dy);
  const float *table = memory.floats(args.table);
  const uint32_t *candidates = memory.words(args.candidates);
  for (int32_t t = begin; t < end; t++) {
    float *to = memory.floats(args.dHidden) + (int64_t)t * width;
    for (int32_t j = 0; j < width; j += WIDTH) {
      Floats sum = splat(0);
      for (int64_t c = (int64_t)t * count; c < ((int64_t)t + 1) * count; c++) {
        sum = multiplyAdd(splat(dy[c]), load(table + (int64_t)candidates[c] * width + j), sum);
      }
      storeFirst(to + j, sum, width - j);
    }
  }
}

}  // namespace RECSYS_ISA
