#include "layer-norm.h"

#include "kernels.h"

namespace RECSYS_ISA {

/** y = gamma · (x - mean) · inverse + beta. */
RECSYS_INLINE void scaleRow(const Norm &norm, const float *x, float *y, float mean, float inverse) {
  for (int32_t j = 0; j < norm.units; j += WIDTH) {
    const Floats normalized = (load(x + j) - splat(mean)) * splat(inverse);
    storeFirst(y + j, multiplyAdd(normalized, load(norm.gamma + j), load(norm.beta + j)), norm.units - j);
  }
}

void normalizeRows(const Norm &norm, float *y, int32_t tokens, float epsilon) {
  const int32_t units = norm.units;
  const int32_t last = units / WIDTH * WIDTH;
  const Mask rest = firstLanes(units - last);
  const float *x = norm.x;
  for (int32_t i = 0; i < tokens; i++, x += units, y += units) {
    Floats sum = splat(0);
    for (int32_t j = 0; j < last; j += WIDTH) sum += load(x + j);
    if (last < units) sum += keep(rest, load(x + last));
    const float mean = sumLanes(sum) / (float)units;
    Floats squares = splat(0);
    for (int32_t j = 0; j < last; j += WIDTH) {
      const Floats d = load(x + j) - splat(mean);
      squares = multiplyAdd(d, d, squares);
    }
    if (last < units) {
      const Floats d = keep(rest, load(x + last) - splat(mean));
      squares = multiplyAdd(d, d, squares);
    }
    const float inverse = 1 / __builtin_sqrtf(sumLanes(squares) / (float)units + epsilon);
    norm.means[i] = mean;
    norm.inverses[i] = inverse;
    scaleRow(norm, x, y, mean, inverse);
  }
}

void restoreRows(const Norm &norm, float *y, int32_t tokens) {
  const int32_t units = norm.units;
  const float *x = norm.x;
  for (int32_t i = 0; i < tokens; i++, x += units, y += units) {
    scaleRow(norm, x, y, norm.means[i], norm.inverses[i]);
  }
}

void layerNorm(Memory memory, const LayerNormArguments &args, int32_t begin, int32_t end, Address) {
  const int64_t at = (int64_t)begin * args.units;
  const Norm norm = {memory.floats(args.x) + at,         memory.floats(args.gamma),
                     memory.floats(args.beta),           memory.floats(args.means) + begin,
                     memory.floats(args.inverses) + begin, args.units};
  normalizeRows(norm, memory.floats(args.y) + at, end - begin, args.epsilon);
}

/** Vectors of units whose sums of dGamma and dBeta are in local memory at once. */
constexpr int32_t UNIT_VECTORS = 32;

/** A token, normalized: n = (x - mean) · inverse. */
struct Token {
  const float *x;
  const float *dy;
  Floats mean;
  Floats inverse;

  Floats normalized(int32_t j) const { return (load(x + j) - mean) * inverse; }
};

/** The means over the units of dy · gamma, and of dy · gamma · n. */
static void meansOf(const Token &token, const float *gamma, int32_t units, Floats &mean, Floats &along) {
  Floats sum = splat(0);
  Floats sumAlong = splat(0);
  for (int32_t j = 0; j < units; j += WIDTH) {
    const Mask valid = firstLanes(units - j);
    const Floats d = keep(valid, load(token.dy + j) * load(gamma + j));
    sum += d;
    sumAlong = multiplyAdd(d, keep(valid, token.normalized(j)), sumAlong);
  }
  const float over = 1 / (float)units;
  mean = splat(sumLanes(sum) * over);
  along = splat(sumLanes(sumAlong) * over);
}

void normGradRows(const Norm &norm, const float *dy, float *dx, const float *residual, float *dGamma, float *dBeta,
                  int32_t tokens) {
  const int32_t units = norm.units;
  Floats dGammas[UNIT_VECTORS];
  Floats dBetas[UNIT_VECTORS];
  for (int32_t from = 0; from < units; from += UNIT_VECTORS * WIDTH) {
    const int32_t vectors = least(UNIT_VECTORS, (units - from + WIDTH - 1) / WIDTH);
    for (int32_t v = 0; v < vectors; v++) {
      dGammas[v] = load(dGamma + from + v * WIDTH);
      dBetas[v] = load(dBeta + from + v * WIDTH);
    }
    for (int32_t i = 0; i < tokens; i++) {
      const int64_t at = (int64_t)i * units;
      const Token token = {norm.x + at, dy + at, splat(norm.means[i]), splat(norm.inverses[i])};
      Floats mean, along;
      meansOf(token, norm.gamma, units, mean, along);
      for (int32_t v = 0; v < vectors; v++) {
        const int32_t j = from + v * WIDTH;
        const Floats n = token.normalized(j);
        const Floats dyAt = load(token.dy + j);
        dGammas[v] = multiplyAdd(dyAt, n, dGammas[v]);
        dBetas[v] += dyAt;
        Floats result = (dyAt * load(norm.gamma + j) - mean - n * along) * token.inverse;
        if (residual) result += load(residual + at + j);
        storeFirst(dx + at + j, result, units - j);
      }
    }
    for (int32_t v = 0; v < vectors; v++) {
      const int32_t j = from + v * WIDTH;
      storeFirst(dGamma + j, dGammas[v], units - j);
      storeFirst(dBeta + j, dBetas[v], units - j);
    }
  }
}

void layerNormGrad(Memory memory, const LayerNormGradArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t units = args.units;
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * TOKEN_BLOCK;
    const int64_t at = (int64_t)first * units;
    const Norm norm = {memory.floats(args.x) + at,           memory.floats(args.gamma), nullptr,
                       memory.floats(args.means) + first, memory.floats(args.inverses) + first, units};
    float *dGamma = memory.floats(args.parts) + (int64_t)block * 2 * units;
    for (int32_t j = 0; j < 2 * units; j++) dGamma[j] = 0;
    normGradRows(norm, memory.floats(args.dy) + at, memory.floats(args.dx) + at, nullptr, dGamma, dGamma + units,
                 least(TOKEN_BLOCK, args.tokens - first));
  }
}

}  // namespace RECSYS_ISA
