#pragma once

#include "vector.h"

namespace RECSYS_ISA {

/**
 * Transposes `WIDTH` rows of x: its first `columns` columns, at most the width, become rows of y. Reads whole vectors.
 */
static __attribute__((noinline)) void transposeSquare(const float *x, int64_t xRow, float *y, int64_t yRow,
                                                      int columns) {
#if RECSYS_WIDTH == 16
  __m512 rows[16], mixed[16];
  RECSYS_UNROLL for (int i = 0; i < 16; i++) rows[i] = _mm512_loadu_ps(x + i * xRow);
  RECSYS_UNROLL for (int i = 0; i < 16; i += 2) {
    mixed[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    mixed[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  RECSYS_UNROLL for (int i = 0; i < 16; i += 4) {
    rows[i] = (__m512)_mm512_unpacklo_pd((__m512d)mixed[i], (__m512d)mixed[i + 2]);
    rows[i + 1] = (__m512)_mm512_unpackhi_pd((__m512d)mixed[i], (__m512d)mixed[i + 2]);
    rows[i + 2] = (__m512)_mm512_unpacklo_pd((__m512d)mixed[i + 1], (__m512d)mixed[i + 3]);
    rows[i + 3] = (__m512)_mm512_unpackhi_pd((__m512d)mixed[i + 1], (__m512d)mixed[i + 3]);
  }
  RECSYS_UNROLL for (int i = 0; i < 4; i++) {
    mixed[i] = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0x88);
    mixed[i + 4] = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0xdd);
    mixed[i + 8] = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0x88);
    mixed[i + 12] = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
  RECSYS_UNROLL for (int i = 0; i < 4; i++) {
    rows[i] = _mm512_shuffle_f32x4(mixed[i], mixed[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_f32x4(mixed[i], mixed[i + 8], 0xdd);
    rows[i + 4] = _mm512_shuffle_f32x4(mixed[i + 4], mixed[i + 12], 0x88);
    rows[i + 12] = _mm512_shuffle_f32x4(mixed[i + 4], mixed[i + 12], 0xdd);
  }
  for (int j = 0; j < columns; j++) _mm512_storeu_ps(y + j * yRow, rows[j]);
#elif RECSYS_WIDTH == 8
  __m256 rows[8], mixed[8];
  RECSYS_UNROLL for (int i = 0; i < 8; i++) rows[i] = _mm256_loadu_ps(x + i * xRow);
  RECSYS_UNROLL for (int i = 0; i < 8; i += 2) {
    mixed[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    mixed[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  RECSYS_UNROLL for (int i = 0; i < 8; i += 4) {
    rows[i] = _mm256_shuffle_ps(mixed[i], mixed[i + 2], 0x44);
    rows[i + 1] = _mm256_shuffle_ps(mixed[i], mixed[i + 2], 0xee);
    rows[i + 2] = _mm256_shuffle_ps(mixed[i + 1], mixed[i + 3], 0x44);
    rows[i + 3] = _mm256_shuffle_ps(mixed[i + 1], mixed[i + 3], 0xee);
  }
  RECSYS_UNROLL for (int i = 0; i < 4; i++) {
    mixed[i] = _mm256_permute2f128_ps(rows[i], rows[i + 4], 0x20);
    mixed[i + 4] = _mm256_permute2f128_ps(rows[i], rows[i + 4], 0x31);
  }
  for (int j = 0; j < columns; j++) _mm256_storeu_ps(y + j * yRow, mixed[j]);
#else
  const float32x4x2_t even = vtrnq_f32(vld1q_f32(x), vld1q_f32(x + xRow));
  const float32x4x2_t odd = vtrnq_f32(vld1q_f32(x + 2 * xRow), vld1q_f32(x + 3 * xRow));
  const float32x4_t columnsOf[4] = {vcombine_f32(vget_low_f32(even.val[0]), vget_low_f32(odd.val[0])),
                                    vcombine_f32(vget_low_f32(even.val[1]), vget_low_f32(odd.val[1])),
                                    vcombine_f32(vget_high_f32(even.val[0]), vget_high_f32(odd.val[0])),
                                    vcombine_f32(vget_high_f32(even.val[1]), vget_high_f32(odd.val[1]))};
  for (int j = 0; j < columns; j++) vst1q_f32(y + j * yRow, columnsOf[j]);
#endif
}

/** Writes `[rows, columns]` transposed as `[columns, rows]`; `xRow` and `yRow` are the elements from row to row. */
static void transposeInto(const float *x, int64_t xRow, float *y, int64_t yRow, int rows, int columns) {
  int i = 0;
  for (; i + WIDTH <= rows; i += WIDTH) {
    for (int j = 0; j < columns; j += WIDTH) {
      const int count = columns - j < WIDTH ? columns - j : WIDTH;
      transposeSquare(x + i * xRow + j, xRow, y + j * yRow + i, yRow, count);
    }
  }
  for (; i < rows; i++) {
    for (int j = 0; j < columns; j++) y[j * yRow + i] = x[i * xRow + j];
  }
}

}  // namespace RECSYS_ISA
