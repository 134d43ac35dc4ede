/**
 * The random bits of dropout, as `@recsys/layers` defines them: 32 bits of (key, pair) decide elements 2·pair and
 * 2·pair + 1, 16 bits each, so any part of a mask can be recomputed, in any order, on any thread and engine.
 */
#pragma once

#include "vector.h"

namespace RECSYS_ISA {

RECSYS_INLINE uint32_t mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

RECSYS_INLINE Words mix(Words x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

/** The key of a stream below `key`. */
RECSYS_INLINE uint32_t childKey(uint32_t key, uint32_t name) { return mix(key ^ ((name + 1) * 0x9e3779b1u)); }

/** A dropout mask: elements whose 16 random bits are below the threshold, 1 .. 65535, are dropped. */
struct Dropout {
  uint32_t key;
  int32_t threshold;
  /** 1 / (1 - rate). */
  float keptScale;
};

RECSYS_INLINE bool keeps(uint32_t key, uint32_t element, uint32_t threshold) {
  const uint32_t bits = mix(mix((element >> 1) * 0x9e3779b1u) ^ key);
  return (element & 1 ? bits >> 16 : bits & 0xffff) >= threshold;
}

/** Whether elements are kept, for two vectors of them from an even one. */
RECSYS_INLINE void keepsTwo(const Dropout &dropout, int32_t element, Mask &first, Mask &second) {
  const Words pairs = (Words)(splatInteger((int32_t)((uint32_t)element >> 1)) + lanes());
  const Words bits = mix(mix(pairs * 0x9e3779b1u) ^ (Words)splatInteger((int32_t)dropout.key));
#if RECSYS_WIDTH == 16
  const __mmask32 kept = _mm512_cmpge_epu16_mask((__m512i)bits, _mm512_set1_epi16((short)dropout.threshold));
  first = (__mmask16)kept;
  second = (__mmask16)(kept >> 16);
#elif RECSYS_WIDTH == 8
  const __m256i most = _mm256_max_epu16((__m256i)bits, _mm256_set1_epi16((short)dropout.threshold));
  const __m256i kept = _mm256_cmpeq_epi16(most, (__m256i)bits);
  first = (Mask)_mm256_cvtepi16_epi32(_mm256_castsi256_si128(kept));
  second = (Mask)_mm256_cvtepi16_epi32(_mm256_extracti128_si256(kept, 1));
#else
  const uint16x8_t kept = vcgeq_u16((uint16x8_t)bits, vdupq_n_u16((uint16_t)dropout.threshold));
  first = (Mask)vmovl_s16(vget_low_s16((int16x8_t)kept));
  second = (Mask)vmovl_s16(vget_high_s16((int16x8_t)kept));
#endif
}

/**
 * y = dropout(x) for `count` elements, which are those from `first` on in the mask; x and y may be the same. With a
 * residual, y = residual + dropout(x).
 */
static void dropElements(const float *x, float *y, const float *residual, int32_t first, int32_t count,
                         const Dropout &dropout) {
  const auto dropOne = [&](int32_t i) {
    const bool kept = keeps(dropout.key, (uint32_t)(first + i), (uint32_t)dropout.threshold);
    const float value = kept ? x[i] * dropout.keptScale : 0;
    y[i] = residual ? residual[i] + value : value;
  };
  const Floats scales = splat(dropout.keptScale);
  int32_t i = 0;
  if ((first & 1) && count > 0) dropOne(i++);
  for (; i + 2 * WIDTH <= count; i += 2 * WIDTH) {
    Mask low, high;
    keepsTwo(dropout, first + i, low, high);
    Floats y0 = keep(low, load(x + i) * scales);
    Floats y1 = keep(high, load(x + i + WIDTH) * scales);
    if (residual) {
      y0 = load(residual + i) + y0;
      y1 = load(residual + i + WIDTH) + y1;
    }
    store(y + i, y0);
    store(y + i + WIDTH, y1);
  }
  for (; i < count; i++) dropOne(i);
}

/** The same for the elements `begin .. end - 1` of whole matrices. */
static inline void dropRange(const float *x, float *y, int32_t begin, int32_t end, const Dropout &dropout,
                             const float *residual = nullptr) {
  dropElements(x + begin, y + begin, residual ? residual + begin : nullptr, begin, end - begin, dropout);
}

}  // namespace RECSYS_ISA
