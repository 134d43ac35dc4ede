#pragma once

#include "base/vector.h"

namespace RECSYS_ISA {

/** A layer norm of some tokens, from the first one of x, means and inverses on. */
struct Norm {
  const float *x;
  const float *gamma;
  const float *beta;
  float *means;
  float *inverses;
  int32_t units;
};

/** y = the tokens, normalized; writes means and inverses. */
void normalizeRows(const Norm &norm, float *y, int32_t tokens, float epsilon);
/** The same y again, from the means and inverses that `normalizeRows` wrote. */
void restoreRows(const Norm &norm, float *y, int32_t tokens);
/**
 * dx = the gradient of x, plus the residual if there is one; dx may be the residual. Adds to dGamma and dBeta.
 */
void normGradRows(const Norm &norm, const float *dy, float *dx, const float *residual, float *dGamma, float *dBeta,
                  int32_t tokens);

}  // namespace RECSYS_ISA
