#include "../base/multiply.h"
#include "../kernels.h"

namespace RECSYS_ISA {

/** The lists of the best rows of one block: `k` of each query, `row` elements from query to query. */
struct BestLists {
  float *values;
  int32_t *indices;
  int64_t row;
  int32_t queries;
  int32_t k;
};

/** Empties the lists of a block. */
static BestLists listsOf(float *values, int32_t *indices, int32_t queries, int32_t rows, int32_t k, int32_t block) {
  const int64_t row = (int64_t)((rows + BOUND_BLOCK - 1) / BOUND_BLOCK) * k;
  const BestLists lists = {values + (int64_t)block * k, indices + (int64_t)block * k, row, queries, k};
  for (int32_t q = 0; q < queries; q++) {
    for (int32_t i = 0; i < k; i++) {
      lists.values[q * row + i] = -__builtin_inff();
      lists.indices[q * row + i] = 0;
    }
  }
  return lists;
}

/** Puts the scores of rows `from .. from + count - 1` into the lists of a block. */
static void keepBest(const BestLists &lists, const float *scores, int32_t from, int32_t count) {
  const int32_t end = lists.k - 1;
  for (int32_t q = 0; q < lists.queries; q++) {
    float *values = lists.values + q * lists.row;
    int32_t *indices = lists.indices + q * lists.row;
    const float *x = scores + (int64_t)q * BOUND_ROWS;
    for (int32_t i = 0; i < count; i++) {
      // Go past vectors without a score above the last of the list, and without NaN.
      while (i % WIDTH == 0 && i + WIDTH <= count) {
        const Floats some = load(x + i);
        if (anyLane(isBelow(splat(values[end]), some)) || anyLane(isEqual(some, some) ^ allLanes())) break;
        i += WIDTH;
      }
      if (i >= count) break;
      const float value = x[i];
      if (value <= values[end]) continue;
      if (value != value || values[0] != values[0]) {
        values[0] = __builtin_nanf("");
        continue;
      }
      int32_t place = end;
      for (; place > 0 && values[place - 1] < value; place--) {
        values[place] = values[place - 1];
        indices[place] = indices[place - 1];
      }
      values[place] = value;
      indices[place] = from + i;
    }
  }
}

void topBounds(Memory memory, const TopBoundsArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t queries = args.queries;
  const int32_t width = args.width;
  const int16_t *hidden = memory.at<int16_t>(args.hidden);
  const float *factors = memory.floats(args.factors);
  const float *scales = memory.floats(args.scales);
  const float *errors = memory.floats(args.errors);
  float *bounds = memory.floats(scratch);
  for (int32_t block = begin; block < end; block++) {
    const BestLists lists =
        listsOf(memory.floats(args.values), memory.integers(args.indices), queries, args.rows, args.k, block);
    const int32_t last = least(args.rows, (block + 1) * BOUND_BLOCK);
    for (int32_t from = block * BOUND_BLOCK; from < last; from += BOUND_ROWS) {
      const int32_t count = least(BOUND_ROWS, last - from);
      for (int32_t i = 0; i < count; i++) {
        const int8_t *codes = memory.at<int8_t>(args.codes) + (int64_t)(from + i) * width;
        for (int32_t q = 0; q < queries; q++) {
          const float product = (float)dotCodes(codes, hidden + (int64_t)q * width, width);
          const float *own = factors + 3 * q;
          bounds[q * BOUND_ROWS + i] = (own[0] * product + own[1]) * scales[from + i] + own[2] * errors[from + i];
        }
      }
      keepBest(lists, bounds, from, count);
    }
  }
}

}  // namespace RECSYS_ISA
