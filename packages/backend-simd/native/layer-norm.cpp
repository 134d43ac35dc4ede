#include "layer-norm.h"

#include "kernels.h"

namespace RECSYS_ISA {

/*
 * `Vectors` is the number of vectors of a row if it is small, which lets the compiler unroll loops and keep sums in
 * registers, and 0 otherwise.
 */

/** Calls a function with `Vectors` for rows of `units`. */
#define RECSYS_BY_VECTORS(call, units, ...)       \
  switch (((units) + WIDTH - 1) / WIDTH) {        \
    case 1: return call<1>(__VA_ARGS__);          \
    case 2: return call<2>(__VA_ARGS__);          \
    case 3: return call<3>(__VA_ARGS__);          \
    case 4: return call<4>(__VA_ARGS__);          \
    case 7: return call<7>(__VA_ARGS__);          \
    case 8: return call<8>(__VA_ARGS__);          \
    default: return call<0>(__VA_ARGS__);         \
  }

/** The vectors of a row. */
template <int Vectors>
struct Row {
  int32_t units;

  int32_t vectors() const { return Vectors > 0 ? Vectors : (units + WIDTH - 1) / WIDTH; }
  /** Where the last vector starts, which may be partly outside of the row. */
  int32_t last() const { return (vectors() - 1) * WIDTH; }

  /** The sum over the units of `at(j)`, the vector from unit j on. */
  template <typename At>
  __attribute__((always_inline)) float sum(At at) const {
    Floats total = splat(0);
    RECSYS_UNROLL for (int32_t j = 0; j < last(); j += WIDTH) total += at(j);
    return sumLanes(total + keep(firstLanes(units - last()), at(last())));
  }

  /** y = `at(j)` for each vector, without its lanes outside of the row. */
  template <typename At>
  __attribute__((always_inline)) void write(float *y, At at) const {
    RECSYS_UNROLL for (int32_t j = 0; j < last(); j += WIDTH) store(y + j, at(j));
    storeFirst(y + last(), at(last()), units - last());
  }
};

/** y = gamma · (x - mean) · inverse + beta. */
template <int Vectors>
RECSYS_INLINE void scaleRow(Row<Vectors> row, const Norm &norm, const float *x, float *y, float mean, float inverse) {
  const float *gamma = norm.gamma;
  const float *beta = norm.beta;
  row.write(y, [=](int32_t j) {
    return multiplyAdd((load(x + j) - splat(mean)) * splat(inverse), load(gamma + j), load(beta + j));
  });
}

template <int Vectors>
static void normalizeRowsOf(const Norm norm, float *y, int32_t tokens, float epsilon) {
  const Row<Vectors> row = {norm.units};
  const float over = 1 / (float)norm.units;
  const float *x = norm.x;
  for (int32_t i = 0; i < tokens; i++, x += norm.units, y += norm.units) {
    const float mean = row.sum([=](int32_t j) { return load(x + j); }) * over;
    const float variance = row.sum([=](int32_t j) {
      const Floats d = load(x + j) - splat(mean);
      return d * d;
    }) * over;
    const float inverse = 1 / __builtin_sqrtf(variance + epsilon);
    norm.means[i] = mean;
    norm.inverses[i] = inverse;
    scaleRow(row, norm, x, y, mean, inverse);
  }
}

void normalizeRows(const Norm &norm, float *y, int32_t tokens, float epsilon) {
  RECSYS_BY_VECTORS(normalizeRowsOf, norm.units, norm, y, tokens, epsilon)
}

template <int Vectors>
static void restoreRowsOf(const Norm norm, float *y, int32_t tokens) {
  const Row<Vectors> row = {norm.units};
  const float *x = norm.x;
  for (int32_t i = 0; i < tokens; i++, x += norm.units, y += norm.units) {
    scaleRow(row, norm, x, y, norm.means[i], norm.inverses[i]);
  }
}

void restoreRows(const Norm &norm, float *y, int32_t tokens) {
  RECSYS_BY_VECTORS(restoreRowsOf, norm.units, norm, y, tokens)
}

void layerNorm(Memory memory, const LayerNormArguments &args, int32_t begin, int32_t end, Address) {
  const int64_t at = (int64_t)begin * args.units;
  const Norm norm = {memory.floats(args.x) + at,
                     memory.floats(args.gamma),
                     memory.floats(args.beta),
                     memory.floats(args.means) + begin,
                     memory.floats(args.inverses) + begin,
                     args.units};
  normalizeRows(norm, memory.floats(args.y) + at, end - begin, args.epsilon);
}

/** Vectors of units whose sums of dGamma and dBeta are in local memory at once. */
constexpr int32_t UNIT_VECTORS = 32;

template <int Vectors>
static void normGradRowsOf(const Norm norm, const float *dyRows, float *dxRows, const float *residual, float *dGamma,
                           float *dBeta, int32_t tokens) {
  const int32_t units = norm.units;
  const Row<Vectors> row = {units};
  const float *gamma = norm.gamma;
  const float over = 1 / (float)units;
  Floats dGammas[Vectors > 0 ? Vectors : UNIT_VECTORS];
  Floats dBetas[Vectors > 0 ? Vectors : UNIT_VECTORS];
  for (int32_t from = 0; from < units; from += UNIT_VECTORS * WIDTH) {
    const int32_t vectors = Vectors > 0 ? Vectors : least(UNIT_VECTORS, (units - from + WIDTH - 1) / WIDTH);
    RECSYS_UNROLL for (int32_t v = 0; v < vectors; v++) {
      dGammas[v] = load(dGamma + from + v * WIDTH);
      dBetas[v] = load(dBeta + from + v * WIDTH);
    }
    for (int32_t i = 0; i < tokens; i++) {
      const int64_t at = (int64_t)i * units;
      const float *x = norm.x + at;
      const float *dy = dyRows + at;
      const Floats mean = splat(norm.means[i]);
      const Floats inverse = splat(norm.inverses[i]);
      const auto normalized = [=](int32_t j) { return (load(x + j) - mean) * inverse; };
      // The means over the units of dy · gamma, and of dy · gamma · n.
      const Floats ofGradient = splat(row.sum([=](int32_t j) { return load(dy + j) * load(gamma + j); }) * over);
      const Floats along =
          splat(row.sum([=](int32_t j) { return load(dy + j) * load(gamma + j) * normalized(j); }) * over);
      RECSYS_UNROLL for (int32_t v = 0; v < vectors; v++) {
        const int32_t j = from + v * WIDTH;
        const Floats n = normalized(j);
        const Floats ofRow = load(dy + j);
        dGammas[v] = multiplyAdd(ofRow, n, dGammas[v]);
        dBetas[v] += ofRow;
        Floats result = (ofRow * load(gamma + j) - ofGradient - n * along) * inverse;
        if (residual) result += load(residual + at + j);
        storeFirst(dxRows + at + j, result, units - j);
      }
    }
    RECSYS_UNROLL for (int32_t v = 0; v < vectors; v++) {
      const int32_t j = from + v * WIDTH;
      storeFirst(dGamma + j, dGammas[v], units - j);
      storeFirst(dBeta + j, dBetas[v], units - j);
    }
  }
}

void normGradRows(const Norm &norm, const float *dy, float *dx, const float *residual, float *dGamma, float *dBeta,
                  int32_t tokens) {
  RECSYS_BY_VECTORS(normGradRowsOf, norm.units, norm, dy, dx, residual, dGamma, dBeta, tokens)
}

void layerNormGrad(Memory memory, const LayerNormGradArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t units = args.units;
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * TOKEN_BLOCK;
    const int64_t at = (int64_t)first * units;
    const Norm norm = {memory.floats(args.x) + at,
                       memory.floats(args.gamma),
                       nullptr,
                       memory.floats(args.means) + first,
                       memory.floats(args.inverses) + first,
                       units};
    float *dGamma = memory.floats(args.parts) + (int64_t)block * 2 * units;
    for (int32_t j = 0; j < 2 * units; j++) dGamma[j] = 0;
    normGradRows(norm, memory.floats(args.dy) + at, memory.floats(args.dx) + at, nullptr, dGamma, dGamma + units,
                 least(TOKEN_BLOCK, args.tokens - first));
  }
}

}  // namespace RECSYS_ISA
