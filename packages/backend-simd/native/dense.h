#pragma once

#include "base/vector.h"

namespace RECSYS_ISA {

/** dz = dy · scale where the output of ReLU and dropout is above zero, else 0; dz may be dy. */
void reluGrad(const float *dy, const float *y, float *dz, int32_t count, float scale);

}  // namespace RECSYS_ISA
