#pragma once

#include "base/memory.h"

namespace RECSYS_ISA {

/**
 * to = sum of the updates `order[from .. until - 1]`, in that order. Writes whole vectors.
 *
 * @param total length of `order`, or less: updates before it may be fetched.
 */
void sumUpdates(Memory memory, Address segments, Address order, int32_t from, int32_t until, int32_t total, float *to,
                int32_t width);

}  // namespace RECSYS_ISA
