#include "../base/multiply.h"
#include "../base/transpose.h"
#include "../kernels.h"

namespace RECSYS_ISA {

/** Up to this many queries, scores are dot products; for more, rows are transposed first. */
constexpr int32_t FEW_QUERIES = 4;

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
  const int64_t row = (int64_t)((rows + SCORE_BLOCK - 1) / SCORE_BLOCK) * k;
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
    const float *x = scores + (int64_t)q * SCORE_ROWS;
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

void topScores(Memory memory, const TopScoresArguments &args, int32_t begin, int32_t end, Address scratch) {
  const int32_t queries = args.queries;
  const int32_t width = args.width;
  const float *hidden = memory.floats(args.hidden);
  float *scores = memory.floats(scratch);
  float *columns = scores + (int64_t)queries * SCORE_ROWS;
  for (int32_t block = begin; block < end; block++) {
    const BestLists lists =
        listsOf(memory.floats(args.values), memory.integers(args.indices), queries, args.rows, args.k, block);
    const int32_t last = least(args.rows, (block + 1) * SCORE_BLOCK);
    for (int32_t from = block * SCORE_BLOCK; from < last; from += SCORE_ROWS) {
      const int32_t count = least(SCORE_ROWS, last - from);
      const float *table = memory.floats(args.table) + (int64_t)from * width;
      if (queries <= FEW_QUERIES) {
        for (int32_t i = 0; i < count; i++) {
          for (int32_t q = 0; q < queries; q++) {
            scores[q * SCORE_ROWS + i] = dot(hidden + (int64_t)q * width, table + (int64_t)i * width, width);
          }
        }
      } else {
        transposeInto(table, width, columns, SCORE_ROWS, count, width);
        product({hidden, width}, {columns, SCORE_ROWS}, {scores, SCORE_ROWS}, queries, count, width);
      }
      keepBest(lists, scores, from, count);
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
    const int32_t last = least(args.rows, (block + 1) * SCORE_BLOCK);
    for (int32_t from = block * SCORE_BLOCK; from < last; from += SCORE_ROWS) {
      const int32_t count = least(SCORE_ROWS, last - from);
      for (int32_t i = 0; i < count; i++) {
        const int8_t *codes = memory.at<int8_t>(args.codes) + (int64_t)(from + i) * width;
        for (int32_t q = 0; q < queries; q++) {
          const float product = (float)dotCodes(codes, hidden + (int64_t)q * width, width);
          const float *own = factors + 3 * q;
          bounds[q * SCORE_ROWS + i] = (own[0] * product + own[1]) * scales[from + i] + own[2] * errors[from + i];
        }
      }
      keepBest(lists, bounds, from, count);
    }
  }
}

}  // namespace RECSYS_ISA
