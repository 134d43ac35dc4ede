/**
 * All kernels, compiled for one instruction set: the build compiles this file once for each, with its own `RECSYS_ISA`
 * and `RECSYS_WIDTH`.
 */
#include "kernels.h"

#include "adam.cpp"
#include "attention/causal.cpp"
#include "attention/hstu.cpp"
#include "copy.cpp"
#include "dense.cpp"
#include "elementwise.cpp"
#include "embed.cpp"
#include "gather.cpp"
#include "inference/newest-block.cpp"
#include "inference/rank-items.cpp"
#include "layer-norm.cpp"
#include "losses.cpp"
#include "matmul.cpp"
#include "pairwise-logits.cpp"
#include "reduce.cpp"
#include "row-updates.cpp"
#include "softmax.cpp"
#include "top-k.cpp"
#include "inference/top-bounds.cpp"
#include "transformer-block.cpp"

#include "instruction-sets.h"

namespace RECSYS_ISA {

#define RECSYS_ENTRY(name, Arguments)                                                                       \
  static void name##Entry(char *start, uint32_t args, int32_t begin, int32_t end, uint32_t scratch) {       \
    const Memory memory = {start};                                                                          \
    name(memory, *memory.at<const Arguments>(args), begin, end, scratch);                                   \
  }
RECSYS_KERNELS(RECSYS_ENTRY)
#undef RECSYS_ENTRY

#define RECSYS_LIST(name, Arguments) name##Entry,
extern const InstructionSet instructionSet;
const InstructionSet instructionSet = {RECSYS_ISA_NAME, {RECSYS_KERNELS(RECSYS_LIST)}, attentionScratch};
#undef RECSYS_LIST

}  // namespace RECSYS_ISA
