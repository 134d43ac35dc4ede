#pragma once

#include "base/memory.h"

namespace RECSYS_ISA {

/** The gradients of attention, whose first rows are those of the token `origin`. */
struct AttentionGradients {
  int32_t origin;
  const float *dAttended;
  float *dQuery;
  float *dKey;
  float *dValue;
};

/** Pairs `begin .. end - 1` of the gradient of attention. */
void attentionGradFrom(Memory memory, const AttentionArguments &args, const AttentionGradients &gradients,
                       int32_t begin, int32_t end, float *scratch);

}  // namespace RECSYS_ISA
