/** The kernels of one instruction set: one file per family, each with its counterpart of the same name in `assembly/`. */
#pragma once

#include "base/memory.h"

namespace RECSYS_ISA {

// What each kernel does, and its arguments, is described in `assembly/` and repeated in generated/arguments.h.
#define RECSYS_DECLARE(name, Arguments) \
  void name(Memory memory, const Arguments &args, int32_t begin, int32_t end, Address scratch);
RECSYS_KERNELS(RECSYS_DECLARE)
#undef RECSYS_DECLARE

/** Bytes of scratch memory per thread that `attention` and its gradient need. */
int32_t attentionScratch(int32_t time, int32_t width);

}  // namespace RECSYS_ISA
