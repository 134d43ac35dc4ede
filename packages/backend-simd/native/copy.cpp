#include "base/transpose.h"
#include "kernels.h"

namespace RECSYS_ISA {

void copyBox(Memory memory, const CopyBoxArguments &args, int32_t begin, int32_t end, Address) {
  for (int32_t run = begin; run < end; run++) {
    const uint64_t i2 = (uint64_t)(run % args.side2);
    const uint64_t i1 = (uint64_t)(run / args.side2 % args.side1);
    const uint64_t i0 = (uint64_t)(run / (args.side2 * args.side1));
    const uint64_t to = i0 * args.toStride0 + i1 * args.toStride1 + i2 * args.toStride2;
    const uint64_t from = i0 * args.fromStride0 + i1 * args.fromStride1 + i2 * args.fromStride2;
    __builtin_memcpy(memory.at<char>(args.to) + to, memory.at<char>(args.from) + from, args.bytesOfRun);
  }
}

void transposeMatrices(Memory memory, const TransposeMatricesArguments &args, int32_t begin, int32_t end, Address) {
  const int64_t size = (int64_t)args.rows * args.columns;
  for (int32_t i = begin; i < end; i++) {
    transposeInto(memory.floats(args.x) + i * size, args.columns, memory.floats(args.y) + i * size, args.rows,
                  args.rows, args.columns);
  }
}

}  // namespace RECSYS_ISA
