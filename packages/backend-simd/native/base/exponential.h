/** e^x and the natural logarithm, by the same approximations as in `assembly/`. */
#pragma once

#include "vector.h"

namespace RECSYS_ISA {

/**
 * e^x to about 2 units in the last place, with 0 below -86.6 and infinity above 88.72. Polynomial of degree 6 after
 * Cody & Waite.
 */
RECSYS_INLINE Floats exponential(Floats x) {
  const Floats lowest = splat(-86.6f);
  const Floats highest = splat(88.722839f);
  const Floats z = smaller(larger(x, lowest), highest);  // in this order NaN stays NaN
  const Floats n = nearest(z * splat(1.44269504088896341f));
  Floats r = multiplyAdd(n, splat(-0.693359375f), z);
  r = multiplyAdd(n, splat(2.1219444e-4f), r);
  Floats p = splat(1.98756915e-4f);
  p = multiplyAdd(p, r, splat(1.3981999507e-3f));
  p = multiplyAdd(p, r, splat(8.3334519073e-3f));
  p = multiplyAdd(p, r, splat(4.1665795894e-2f));
  p = multiplyAdd(p, r, splat(1.6666665459e-1f));
  p = multiplyAdd(p, r, splat(5.0000001201e-1f));
  p = multiplyAdd(p, r * r, r + splat(1));
  // Half of the power of two, as 2^128 has no float.
  const Words power = (Words)(toIntegers(n) + splatInteger(126)) << 23;
  const Floats value = (p + p) * (Floats)power;
  return choose(isBelow(highest, x), splat(__builtin_inff()), choose(isBelow(x, lowest), splat(0), value));
}

/** 1 / (1 + e^-x). */
RECSYS_INLINE Floats sigmoid(Floats x) { return splat(1) / (splat(1) + exponential(-x)); }

/** The natural logarithm of x > 0, from its exponent and a series in (m - 1) / (m + 1). */
RECSYS_INLINE float logarithm(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  int exponent = (int)(bits >> 23) - 127;
  bits = (bits & 0x7fffff) | 0x3f800000;
  float m;
  __builtin_memcpy(&m, &bits, 4);
  if (m > 1.41421356f) {
    m *= 0.5f;
    exponent++;
  }
  const double t = ((double)m - 1) / ((double)m + 1);
  const double u = t * t;
  return (float)(2 * t * (1 + u * (1 / 3.0 + u * (1 / 5.0 + u * (1 / 7.0 + u * (1 / 9.0 + u / 11.0))))) +
                 (double)exponent * 0.6931471805599453);
}

}  // namespace RECSYS_ISA
