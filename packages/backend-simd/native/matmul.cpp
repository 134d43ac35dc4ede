#include "base/multiply.h"
#include "kernels.h"

namespace RECSYS_ISA {

/** Length of the part of the inner dimension that is multiplied while its tile of B is in the cache. */
constexpr int32_t INNER_BLOCK = 256;

void matmul(Memory memory, const MatmulArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t m = args.m;
  const int32_t n = args.n;
  const int32_t k = args.k;
  const float *init = args.init == ZEROS ? nullptr : memory.floats(args.init);
  const int64_t initRow = args.initRow / 4;
  while (begin < end) {
    const int32_t batch = begin / m;
    const int32_t row = begin % m;
    const int32_t rows = least(m - row, end - begin);
    const float *a = memory.floats(args.a) + batch * (int64_t)(args.aBatch / 4);
    const float *b = memory.floats(args.b) + batch * (int64_t)(args.bBatch / 4);
    const Target c = {memory.floats(args.c) + (int64_t)begin * n, n};
    int32_t done = 0;
    do {
      const int32_t inner = least(INNER_BLOCK, k - done);
      const bool last = done + inner == k;
      const Source from = done == 0 ? Source{init, initRow} : Source{c.at, n};
      const Source bPart = {b + (int64_t)done * n, n};
      if (args.aTransposed) {
        multiplyTransposed({a + (int64_t)done * m + row, m}, bPart, c, from, rows, n, inner);
      } else {
        multiply({a + (int64_t)row * k + done, k}, bPart, c, from, rows, n, inner, last && args.relu);
      }
      done += inner;
    } while (done < k);
    begin += rows;
  }
}

void multiplyRows(Memory memory, const MultiplyRowsArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t k = args.k;
  const float *a = memory.floats(args.a);
  float *c = memory.floats(args.c);
  for (int32_t j = begin; j < end; j++) {
    const float *b = memory.floats(args.b) + (int64_t)j * k;
    for (int32_t i = 0; i < args.m; i++) c[(int64_t)i * args.n + j] = dot(a + (int64_t)i * k, b, k);
  }
}

}  // namespace RECSYS_ISA
