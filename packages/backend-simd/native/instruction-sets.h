/** The instruction sets that kernels are compiled for, and those that this CPU has. */
#pragma once

#include "generated/arguments.h"

/** A kernel processes items `begin .. end - 1` of the data in its arguments. */
typedef void (*Kernel)(char *memory, uint32_t args, int32_t begin, int32_t end, uint32_t scratch);

#define RECSYS_COUNT(name, Arguments) +1
constexpr int KERNEL_COUNT = 0 RECSYS_KERNELS(RECSYS_COUNT);
#undef RECSYS_COUNT

/** The kernels of an instruction set, by number. */
struct InstructionSet {
  const char *name;
  Kernel kernels[KERNEL_COUNT];
  int32_t (*attentionScratch)(int32_t time, int32_t width);
};

/** Instruction sets that this build has and this CPU runs, the best first; null after the last one. */
const InstructionSet *const *supportedInstructionSets();
