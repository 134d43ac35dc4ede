/** Terms of losses, and their derivatives, in place. Each sum is kept in float64. */
#pragma once

#include "exponential.h"

namespace RECSYS_ISA {

/** Elements whose sum is kept in float32 before it is added in float64. */
constexpr int64_t SUM_BLOCK = 1024;

/** The natural logarithm of x > 0; NaN stays. */
RECSYS_INLINE double logOfSum(double x) { return x == x ? (double)logarithm((float)x) : x; }

/** log(1 + e^x), and its derivative: the sigmoid of x. */
RECSYS_INLINE Floats softplus(Floats x, Floats &sigmoid) {
  const Floats one = splat(1);
  const Floats e = exponential((Floats)((Words)x | (Words)splatInteger((int32_t)0x80000000)));  // e^-|x|
  // log(1 + e) is a series in t = e / (2 + e), at most 1/3.
  const Floats t = e / (splat(2) + e);
  const Floats u = t * t;
  Floats series = splat(1 / 13.0f);
  series = multiplyAdd(series, u, splat(1 / 11.0f));
  series = multiplyAdd(series, u, splat(1 / 9.0f));
  series = multiplyAdd(series, u, splat(1 / 7.0f));
  series = multiplyAdd(series, u, splat(1 / 5.0f));
  series = multiplyAdd(series, u, splat(1 / 3.0f));
  series = multiplyAdd(series, u, one);
  sigmoid = choose(isBelow(x, splat(0)), e, one) / (one + e);
  return multiplyAdd(t + t, series, larger(x, splat(0)));
}

/** Returns the sum of weight · softplus(sign · x), and turns each x into its derivative by x. */
static double softplusTerms(float *x, int64_t count, float sign, float weight) {
  const Floats signs = splat(sign);
  const Floats slopes = splat(sign * weight);
  double sum = 0;
  for (int64_t start = 0; start < count; start += SUM_BLOCK) {
    const int n = (int)(count - start < SUM_BLOCK ? count - start : SUM_BLOCK);
    float *from = x + start;
    Floats sums = splat(0);
    for (int i = 0; i < n; i += WIDTH) {
      Floats sigmoid;
      const Floats value = softplus(signs * load(from + i), sigmoid);
      sums += keep(firstLanes(n - i), value);
      storeFirst(from + i, sigmoid * slopes, n - i);
    }
    sum += sumLanes(sums);
  }
  return sum * weight;
}

static float largestOf(const float *x, int64_t count, float least) {
  Floats highest = splat(least);
  for (int64_t i = 0; i < count; i += WIDTH) {
    const int left = (int)(count - i < WIDTH ? count - i : WIDTH);
    highest = larger(highest, choose(firstLanes(left), load(x + i), highest));
  }
  return maxLanes(highest);
}

/** x = e^(x - top); returns the sum. */
static double exponentials(float *x, int64_t count, float top) {
  const Floats tops = splat(top);
  double sum = 0;
  for (int64_t start = 0; start < count; start += SUM_BLOCK) {
    const int n = (int)(count - start < SUM_BLOCK ? count - start : SUM_BLOCK);
    float *from = x + start;
    Floats sums = splat(0);
    for (int i = 0; i < n; i += WIDTH) {
      const Floats e = exponential(load(from + i) - tops);
      sums += keep(firstLanes(n - i), e);
      storeFirst(from + i, e, n - i);
    }
    sum += sumLanes(sums);
  }
  return sum;
}

static void scaleRow(float *x, int64_t count, float factor) {
  const Floats factors = splat(factor);
  for (int64_t i = 0; i < count; i += WIDTH) {
    const int left = (int)(count - i < WIDTH ? count - i : WIDTH);
    storeFirst(x + i, load(x + i) * factors, left);
  }
}

/**
 * Softmax cross-entropy of a target against others, times a weight. Turns `others`, scores to which `correction` is to be
 * added, into the derivatives by them, and `target`, a score, into that by the target. Only differences of scores are
 * rounded, so large scores lose nothing.
 */
static double softmaxTerm(float *others, int64_t count, float *target, float correction, float weight) {
  const float top = largestOf(others, count, *target - correction);
  const float margin = (*target - top) - correction;
  const double sumOfOthers = exponentials(others, count, top);
  const double sum = sumOfOthers + (double)exponential(splat(margin))[0];
  scaleRow(others, count, (float)(weight / sum));
  *target = (float)(-weight * sumOfOthers / sum);
  return weight * (logOfSum(sum) - margin);
}

}  // namespace RECSYS_ISA
