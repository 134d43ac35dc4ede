/* Lists of the k best scores, best first: of equal ones the lower item comes first, and NaN before all others. */
#pragma once

#include "../kernels.h"

namespace RECSYS_ISA {

constexpr float minusInfinity = -__builtin_inff();

/** Empties a list of the k best scores. */
static void emptyList(float *values, int32_t *indices, int32_t k) {
  for (int32_t i = 0; i < k; i++) {
    values[i] = minusInfinity;
    indices[i] = -1;
  }
}

/** Puts the scores of a panel among the k best ones so far. */
static void keepBest(const float *scores, int32_t first, float *values, int32_t *indices, int32_t k) {
  for (int32_t i = 0; i < ITEM_PANEL; i += WIDTH) {
    const Floats x = load(scores + i);
    const Mask isNumber = isEqual(x, x);
    const bool none = !anyLane(isBelow(splat(values[k - 1]), x)) && !anyLane(isNumber ^ allLanes());
    if (none) continue;
    for (int32_t j = i; j < i + WIDTH; j++) {
      const float score = scores[j];
      if (!(score > values[k - 1]) && score == score) continue;
      int32_t place = k - 1;
      for (; place > 0; place--) {
        const float above = values[place - 1];
        if (!(above < score || score != score)) break;
        values[place] = above;
        indices[place] = indices[place - 1];
      }
      values[place] = score;
      indices[place] = first + j;
    }
  }
}

}  // namespace RECSYS_ISA
