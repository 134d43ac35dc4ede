#include "base/random.h"
#include "kernels.h"

namespace RECSYS_ISA {

void embed(Memory memory, const EmbedArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t width = args.width;
  const uint32_t *items = memory.words(args.items);
  const float *positionTable = memory.optionalFloats(args.positionTable);
  float *y = memory.floats(args.y);
  const Floats scales = splat(args.scale);
  for (int32_t i = begin; i < end; i++) {
    if (i + AHEAD < end) fetch(memory.floats(args.table) + (int64_t)items[i + AHEAD] * width, width);
    const float *x = memory.floats(args.table) + (int64_t)items[i] * width;
    float *to = y + (int64_t)i * width;
    if (positionTable) {
      const float *position = positionTable + (int64_t)memory.words(args.positions)[i] * width;
      for (int32_t j = 0; j < width; j += WIDTH) {
        storeFirst(to + j, load(x + j) * scales + load(position + j), width - j);
      }
    } else {
      for (int32_t j = 0; j < width; j += WIDTH) storeFirst(to + j, load(x + j) * scales, width - j);
    }
  }
  if (args.threshold != 0) {
    dropRange(y, y, begin * width, end * width, {(uint32_t)args.key, args.threshold, args.keptScale});
  }
}

}  // namespace RECSYS_ISA
