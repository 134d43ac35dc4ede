#include "../base/multiply.h"
#include "../kernels.h"
#include "best-lists.h"

namespace RECSYS_ISA {

void topBounds(Memory memory, const TopBoundsArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t queries = args.queries;
  const int32_t width = args.width;
  const int32_t k = args.k;
  const int32_t blocks = (args.rows + BOUND_BLOCK - 1) / BOUND_BLOCK;
  const int16_t *hidden = memory.at<int16_t>(args.hidden);
  const float *factors = memory.floats(args.factors);
  const float *scales = memory.floats(args.scales);
  const float *errors = memory.floats(args.errors);
  float *bounds = memory.floats(scratch);
  for (int32_t block = begin; block < end; block++) {
    float *values = memory.floats(args.values) + (int64_t)block * k;
    int32_t *indices = memory.integers(args.indices) + (int64_t)block * k;
    const int64_t toNext = (int64_t)blocks * k;
    for (int32_t q = 0; q < queries; q++) emptyList(values + q * toNext, indices + q * toNext, k);
    const int32_t last = least(args.rows, (block + 1) * BOUND_BLOCK);
    for (int32_t first = block * BOUND_BLOCK; first < last; first += ITEM_PANEL) {
      const int32_t count = least(ITEM_PANEL, last - first);
      for (int32_t i = 0; i < count; i++) {
        const int8_t *codes = memory.at<int8_t>(args.codes) + (int64_t)(first + i) * width;
        for (int32_t q = 0; q < queries; q++) {
          const float product = (float)dotCodes(codes, hidden + (int64_t)q * width, width);
          const float *own = factors + 3 * q;
          bounds[q * ITEM_PANEL + i] = (own[0] * product + own[1]) * scales[first + i] + own[2] * errors[first + i];
        }
      }
      for (int32_t q = 0; q < queries; q++) {
        float *own = bounds + q * ITEM_PANEL;
        for (int32_t i = count; i < ITEM_PANEL; i++) own[i] = minusInfinity;
        keepBest(own, first, values + q * toNext, indices + q * toNext, k);
      }
    }
  }
}

}  // namespace RECSYS_ISA
