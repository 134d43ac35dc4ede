#include "kernels.h"

namespace RECSYS_ISA {

void gatherRows(Memory memory, const GatherRowsArguments &args, int32_t begin, int32_t end, Address) {
  const uint32_t *indices = memory.words(args.indices);
  const float *table = memory.floats(args.table);
  const int64_t width = args.width;
  float *y = memory.floats(args.y);
  for (int32_t i = begin; i < end; i++) __builtin_memcpy(y + i * width, table + indices[i] * width, 4 * (size_t)width);
}

}  // namespace RECSYS_ISA
