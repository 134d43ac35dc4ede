#include "kernels.h"

namespace RECSYS_ISA {

void gatherRows(Memory memory, const GatherRowsArguments &args, int32_t begin, int32_t end, Address) {
  const uint32_t *indices = memory.words(args.indices);
  const float *table = memory.floats(args.table);
  const int64_t width = args.width;
  float *y = memory.floats(args.y);
  for (int32_t i = begin; i < end; i++) {
    if (i + AHEAD < end) fetch(table + indices[i + AHEAD] * width, width);
    __builtin_memcpy(y + i * width, table + indices[i] * width, 4 * (size_t)width);
  }
}

void highestIndices(Memory memory, const HighestIndicesArguments &args, int32_t begin, int32_t end, Address) {
  const uint32_t *indices = memory.words(args.indices);
  uint32_t *highest = memory.words(args.highest);
  for (int32_t block = begin; block < end; block++) {
    const int32_t last = least((block + 1) * ELEMENT_BLOCK, args.size);
    uint32_t most = 0;
    for (int32_t i = block * ELEMENT_BLOCK; i < last; i++) most = indices[i] > most ? indices[i] : most;
    highest[block] = most;
  }
}

}  // namespace RECSYS_ISA
