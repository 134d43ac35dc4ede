/**
 * Products of matrices, in tiles whose sums stay in registers: 6 × 4 vectors where there are 32 registers (AVX-512,
 * NEON), 4 × 3 where there are 16 (AVX2).
 */
#pragma once

#include "memory.h"
#include "vector.h"

namespace RECSYS_ISA {

/** Rows of a tile. */
constexpr int TILE_ROWS = RECSYS_WIDTH == 8 ? 4 : 6;
/** Vectors of a row of a tile. */
constexpr int TILE_VECTORS = RECSYS_WIDTH == 8 ? 3 : 4;

/** A matrix to read: its first element, and the elements from one of its rows to the next. */
struct Source {
  const float *at;
  int64_t row;
};

/** A matrix to write. */
struct Target {
  float *at;
  int64_t row;
};

/** Sums that start at zero. */
constexpr Source fromZero = {nullptr, 0};

/**
 * One tile of C = act(init + A · B), or of init + Aᵀ · B when A is transposed. `last` is the number of columns in the
 * last vector of a row; it may be above the width.
 */
template <int Rows, int Vectors, bool Transposed>
static __attribute__((noinline)) void multiplyTile(Source a, Source b, Target c, Source init, int inner, int last,
                                                   bool relu) {
  Floats sums[Rows][Vectors];
  if (init.at == nullptr) {
    RECSYS_UNROLL for (int r = 0; r < Rows; r++) {
      RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[r][v] = splat(0);
    }
  } else {
    RECSYS_UNROLL for (int r = 0; r < Rows; r++) {
      RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[r][v] = load(init.at + r * init.row + v * WIDTH);
    }
  }
  // The factors of one step are adjacent in a transposed A, and in rows of their own otherwise.
  const float *factors[Rows];
  RECSYS_UNROLL for (int r = 0; r < Rows; r++) factors[r] = a.at + r * (Transposed ? 1 : a.row);
  for (int k = 0; k < inner; k++) {
    Floats columns[Vectors];
    RECSYS_UNROLL for (int v = 0; v < Vectors; v++) columns[v] = load(b.at + v * WIDTH);
    b.at += b.row;
    RECSYS_UNROLL for (int r = 0; r < Rows; r++) {
      const Floats factor = splat(Transposed ? factors[0][r] : factors[r][k]);
      RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[r][v] = multiplyAdd(factor, columns[v], sums[r][v]);
    }
    if (Transposed) factors[0] += a.row;
  }
  if (relu) {
    RECSYS_UNROLL for (int r = 0; r < Rows; r++) {
      RECSYS_UNROLL for (int v = 0; v < Vectors; v++) sums[r][v] = larger(sums[r][v], splat(0));
    }
  }
  RECSYS_UNROLL for (int r = 0; r < Rows; r++) {
    float *to = c.at + r * c.row;
    RECSYS_UNROLL for (int v = 0; v < Vectors - 1; v++) store(to + v * WIDTH, sums[r][v]);
    storeFirst(to + (Vectors - 1) * WIDTH, sums[r][Vectors - 1], last);
  }
}

template <int Vectors, bool Transposed>
RECSYS_INLINE void multiplyPanel(int rows, Source a, Source b, Target c, Source init, int inner, int last, bool relu) {
  switch (rows) {
    case 1: return multiplyTile<1, Vectors, Transposed>(a, b, c, init, inner, last, relu);
    case 2: return multiplyTile<2, Vectors, Transposed>(a, b, c, init, inner, last, relu);
    case 3: return multiplyTile<3, Vectors, Transposed>(a, b, c, init, inner, last, relu);
    case 4: return multiplyTile<4, Vectors, Transposed>(a, b, c, init, inner, last, relu);
#if RECSYS_WIDTH != 8
    case 5: return multiplyTile<5, Vectors, Transposed>(a, b, c, init, inner, last, relu);
    default: return multiplyTile<6, Vectors, Transposed>(a, b, c, init, inner, last, relu);
#endif
  }
}

/**
 * C = act(init + A · B), with A `[m, k]`, B `[k, n]`, and `act` ReLU or nothing. An `init` with rows of 0 elements
 * repeats one row: a bias. With `Transposed`, A is given as `[k, m]`. Reads up to 60 bytes beyond the end of a row of B
 * and of init, and never writes beyond n columns.
 */
template <bool Transposed>
static void multiplyBy(Source a, Source b, Target c, Source init, int m, int n, int k, bool relu) {
  const int vectors = (n + WIDTH - 1) / WIDTH;
  int column = 0;
  int left = vectors;
  // Columns in panels of about the same width, each of which stays in the cache for all rows.
  for (int panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS; panels > 0; panels--) {
    const int wide = (left + panels - 1) / panels;
    const int last = n - column - (wide - 1) * WIDTH;
    const Source bPanel = {b.at + column, b.row};
    for (int i = 0; i < m; i += TILE_ROWS) {
      const int rows = least(TILE_ROWS, m - i);
      const Source aRows = {a.at + (Transposed ? i : i * a.row), a.row};
      const Target to = {c.at + i * c.row + column, c.row};
      const Source from = {init.at == nullptr ? nullptr : init.at + i * init.row + column, init.row};
      switch (wide) {
        case 1: multiplyPanel<1, Transposed>(rows, aRows, bPanel, to, from, k, last, relu); break;
        case 2: multiplyPanel<2, Transposed>(rows, aRows, bPanel, to, from, k, last, relu); break;
#if RECSYS_WIDTH == 8
        default: multiplyPanel<3, Transposed>(rows, aRows, bPanel, to, from, k, last, relu);
#else
        case 3: multiplyPanel<3, Transposed>(rows, aRows, bPanel, to, from, k, last, relu); break;
        default: multiplyPanel<4, Transposed>(rows, aRows, bPanel, to, from, k, last, relu);
#endif
      }
    }
    column += wide * WIDTH;
    left -= wide;
  }
}

/** C = act(init + A · B). */
static inline void multiply(Source a, Source b, Target c, Source init, int m, int n, int k, bool relu) {
  multiplyBy<false>(a, b, c, init, m, n, k, relu);
}

/** C = init + Aᵀ · B, with A `[k, m]` and B `[k, n]`. */
static inline void multiplyTransposed(Source a, Source b, Target c, Source init, int m, int n, int k) {
  multiplyBy<true>(a, b, c, init, m, n, k, false);
}

/** C = A · B. */
static inline void product(Source a, Source b, Target c, int m, int n, int k) {
  multiplyBy<false>(a, b, c, fromZero, m, n, k, false);
}

/** C = Aᵀ · B. */
static inline void productTransposed(Source a, Source b, Target c, int m, int n, int k) {
  multiplyBy<true>(a, b, c, fromZero, m, n, k, false);
}

/** y[0 .. seen) += Aᵀ · B over the `block` rows of A and B; rows from `fresh` on start at zero. */
static void addOuter(Source a, Source b, Target y, int32_t fresh, int32_t seen, int32_t width, int32_t block) {
  if (fresh > 0) multiplyTransposed(a, b, y, {y.at, y.row}, fresh, width, block);
  productTransposed({a.at + fresh, a.row}, b, {y.at + fresh * y.row, y.row}, seen - fresh, width, block);
}

}  // namespace RECSYS_ISA
