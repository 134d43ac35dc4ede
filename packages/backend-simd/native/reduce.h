#pragma once

#include "base/vector.h"

namespace RECSYS_ISA {

/** y[j] = sum over rows of x[row, j]; `xRow` is the elements from one row to the next. */
void sumRows(const float *x, int64_t xRow, float *y, int32_t rows, int32_t columns);
/** y[j] += sum over rows of x[row, j]. */
void addRows(const float *x, int64_t xRow, float *y, int32_t rows, int32_t columns);
/** y[i] += x[i] for i < count. */
void addElements(const float *x, float *y, int32_t count);

}  // namespace RECSYS_ISA
