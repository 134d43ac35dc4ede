/**
 * Vectors of float32 as wide as the instruction set has them. `RECSYS_WIDTH` is 16 (AVX-512), 8 (AVX2 with FMA) or 4
 * (NEON), and `RECSYS_ISA` the namespace of the kernels that are compiled for it.
 *
 * Compilers must not turn a multiplication and an addition into one instruction by themselves (`-ffp-contract=off`):
 * they do so in some loops and not in the remainders of them, and results would depend on where a thread starts.
 */
#pragma once

#include <cstdint>

#if RECSYS_WIDTH == 4
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif

#define RECSYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define RECSYS_UNROLL _Pragma("clang loop unroll(full)")
#else
#define RECSYS_UNROLL _Pragma("GCC unroll 16")
#endif

namespace RECSYS_ISA {

constexpr int WIDTH = RECSYS_WIDTH;

typedef float Floats __attribute__((vector_size(4 * RECSYS_WIDTH), aligned(4), may_alias));
typedef int32_t Integers __attribute__((vector_size(4 * RECSYS_WIDTH), aligned(4), may_alias));
typedef uint32_t Words __attribute__((vector_size(4 * RECSYS_WIDTH), aligned(4), may_alias));

/** One flag per lane. */
#if RECSYS_WIDTH == 16
typedef __mmask16 Mask;
#else
typedef Integers Mask;
#endif

RECSYS_INLINE Floats load(const float *from) { return *reinterpret_cast<const Floats *>(from); }
RECSYS_INLINE void store(float *to, Floats x) { *reinterpret_cast<Floats *>(to) = x; }

// A loop over the lanes would become as many instructions in GCC.
RECSYS_INLINE Floats splat(float x) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_set1_ps(x);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_set1_ps(x);
#else
  return (Floats)vdupq_n_f32(x);
#endif
}

RECSYS_INLINE Integers splatInteger(int32_t x) {
#if RECSYS_WIDTH == 16
  return (Integers)_mm512_set1_epi32(x);
#elif RECSYS_WIDTH == 8
  return (Integers)_mm256_set1_epi32(x);
#else
  return (Integers)vdupq_n_s32(x);
#endif
}

/** 0, 1, 2, … */
RECSYS_INLINE Integers lanes() {
#if RECSYS_WIDTH == 16
  return Integers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif RECSYS_WIDTH == 8
  return Integers{0, 1, 2, 3, 4, 5, 6, 7};
#else
  return Integers{0, 1, 2, 3};
#endif
}

/** The first `count` lanes; none for a negative count, all for one above the width. */
RECSYS_INLINE Mask firstLanes(int count) {
#if RECSYS_WIDTH == 16
  return _mm512_cmplt_epi32_mask((__m512i)lanes(), (__m512i)splatInteger(count));
#else
  return lanes() < splatInteger(count);
#endif
}

RECSYS_INLINE Mask allLanes() {
#if RECSYS_WIDTH == 16
  return 0xffff;
#else
  return splatInteger(-1);
#endif
}

RECSYS_INLINE Mask isBelow(Floats a, Floats b) {
#if RECSYS_WIDTH == 16
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
#else
  return a < b;
#endif
}

RECSYS_INLINE Mask isEqual(Floats a, Floats b) {
#if RECSYS_WIDTH == 16
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ);
#else
  return a == b;
#endif
}

/** x in the lanes of the mask, 0 in the others. */
RECSYS_INLINE Floats keep(Mask mask, Floats x) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_maskz_mov_ps(mask, (__m512)x);
#else
  return (Floats)((Integers)x & mask);
#endif
}

/** x in the lanes of the mask, `other` in the others. */
RECSYS_INLINE Floats choose(Mask mask, Floats x, Floats other) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_mask_blend_ps(mask, (__m512)other, (__m512)x);
#else
  return (Floats)(((Integers)x & mask) | ((Integers)other & ~mask));
#endif
}

RECSYS_INLINE bool anyLane(Mask mask) {
#if RECSYS_WIDTH == 16
  return mask != 0;
#elif RECSYS_WIDTH == 8
  return _mm256_movemask_ps((__m256)mask) != 0;
#else
  return vmaxvq_u32((uint32x4_t)mask) != 0;
#endif
}

/** Stores the first `count` lanes, and writes nothing else; all when there are more than the width. */
RECSYS_INLINE void storeFirst(float *to, Floats x, int count) {
  if (count >= WIDTH) {
    store(to, x);
    return;
  }
#if RECSYS_WIDTH == 16
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)x);
#elif RECSYS_WIDTH == 8
  _mm256_maskstore_ps(to, (__m256i)firstLanes(count), (__m256)x);
#else
  for (int lane = 0; lane < count; lane++) to[lane] = x[lane];
#endif
}

/** Elements of a table of 256, by the bytes at `indices`. */
RECSYS_INLINE Floats lookUp(const float *table, const uint8_t *indices) {
#if RECSYS_WIDTH == 16
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(indices));
  return (Floats)_mm512_i32gather_ps(_mm512_cvtepu8_epi32(bytes), table, 4);
#elif RECSYS_WIDTH == 8
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(indices));
  return (Floats)_mm256_i32gather_ps(table, _mm256_cvtepu8_epi32(bytes), 4);
#else
  return Floats{table[indices[0]], table[indices[1]], table[indices[2]], table[indices[3]]};
#endif
}

/** a · b + c, rounded once. */
RECSYS_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return (Floats)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#endif
}

#if RECSYS_WIDTH == 4
/** The same mask, of which the compiler knows nothing. Clang would make `a < 0 ? 0 : a` of it an `fmax`, which gives 0 for -0. */
RECSYS_INLINE Mask asIs(Mask mask) {
  asm("" : "+w"(mask));
  return mask;
}
#endif

/** b where a < b, else a: NaN in `a` stays. */
RECSYS_INLINE Floats larger(Floats a, Floats b) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_max_ps((__m512)b, (__m512)a);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return choose(asIs(isBelow(a, b)), b, a);
#endif
}

/** b where b < a, else a: NaN in `a` stays. */
RECSYS_INLINE Floats smaller(Floats a, Floats b) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_min_ps((__m512)b, (__m512)a);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return choose(asIs(isBelow(b, a)), b, a);
#endif
}

RECSYS_INLINE Floats squareRoot(Floats x) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_sqrt_ps((__m512)x);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_sqrt_ps((__m256)x);
#else
  return (Floats)vsqrtq_f32((float32x4_t)x);
#endif
}

/** The nearest integer, or the even one of two. */
RECSYS_INLINE Floats nearest(Floats x) {
#if RECSYS_WIDTH == 16
  return (Floats)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif RECSYS_WIDTH == 8
  return (Floats)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  return (Floats)vrndnq_f32((float32x4_t)x);
#endif
}

RECSYS_INLINE Integers toIntegers(Floats x) { return __builtin_convertvector(x, Integers); }

/** The sum of the lanes: the halves are added, then the halves of that, and so on. */
RECSYS_INLINE float sumLanes(Floats x) {
#if RECSYS_WIDTH == 4
  const float32x2_t pair = vadd_f32(vget_low_f32((float32x4_t)x), vget_high_f32((float32x4_t)x));
  return vget_lane_f32(pair, 0) + vget_lane_f32(pair, 1);
#else
#if RECSYS_WIDTH == 16
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256((__m512)x), _mm512_extractf32x8_ps((__m512)x, 1));
#else
  const __m256 eight = (__m256)x;
#endif
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#endif
}

/** The largest lane. NaN counts only if it is in the first one that is compared. */
RECSYS_INLINE float maxLanes(Floats x) {
  float most[WIDTH];
  RECSYS_UNROLL for (int i = 0; i < WIDTH; i++) most[i] = x[i];
  RECSYS_UNROLL for (int half = WIDTH / 2; half > 0; half /= 2) {
    RECSYS_UNROLL for (int i = 0; i < half; i++) most[i] = most[i] < most[i + half] ? most[i + half] : most[i];
  }
  return most[0];
}

/** The sum of x · y over `count` elements. */
RECSYS_INLINE float dot(const float *x, const float *y, int count) {
  Floats sum = splat(0);
  int i = 0;
  for (; i + WIDTH <= count; i += WIDTH) sum = multiplyAdd(load(x + i), load(y + i), sum);
  if (i < count) sum += keep(firstLanes(count - i), load(x + i) * load(y + i));
  return sumLanes(sum);
}

/** The sum of x · y over `count` elements, a multiple of 32, as exact integers. */
RECSYS_INLINE int32_t dotCodes(const int8_t *x, const int16_t *y, int count) {
#if RECSYS_WIDTH == 16
  __m512i sum = _mm512_setzero_si512();
  for (int i = 0; i < count; i += 32) {
    const __m512i codes = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(x + i)));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(codes, _mm512_loadu_si512(y + i)));
  }
  return _mm512_reduce_add_epi32(sum);
#elif RECSYS_WIDTH == 8
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < count; i += 16) {
    const __m256i codes = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(x + i)));
    const __m256i others = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(y + i));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(codes, others));
  }
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
#else
  int32x4_t sum = vdupq_n_s32(0);
  for (int i = 0; i < count; i += 8) {
    const int16x8_t codes = vmovl_s8(vld1_s8(x + i));
    const int16x8_t others = vld1q_s16(y + i);
    sum = vmlal_s16(sum, vget_low_s16(codes), vget_low_s16(others));
    sum = vmlal_s16(sum, vget_high_s16(codes), vget_high_s16(others));
  }
  return vaddvq_s32(sum);
#endif
}

}  // namespace RECSYS_ISA
