#pragma once

#include "base/vector.h"

namespace RECSYS_ISA {

/**
 * Turns `seen` scores into weights: softmax of scale · score over the first `valid`, 0 after. Writes whole vectors.
 * Returns the logarithm of the sum of exponentials, from which the weights can be recomputed.
 */
float softmaxRow(float *x, int32_t valid, int32_t seen, float scale);

}  // namespace RECSYS_ISA
