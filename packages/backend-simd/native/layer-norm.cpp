#include "kernels.h"
#include "base/vector.h"

namespace RECSYS_ISA {

void layerNorm(Memory memory, const LayerNormArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t units = args.units;
  const float *gamma = memory.floats(args.gamma);
  const float *beta = memory.floats(args.beta);
  float *means = memory.floats(args.means);
  float *inverses = memory.floats(args.inverses);
  const int32_t last = units / WIDTH * WIDTH;
  const Mask rest = firstLanes(units - last);
  for (int32_t i = begin; i < end; i++) {
    const float *x = memory.floats(args.x) + (int64_t)i * units;
    float *y = memory.floats(args.y) + (int64_t)i * units;
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
    const float inverse = 1 / __builtin_sqrtf(sumLanes(squares) / (float)units + args.epsilon);
    for (int32_t j = 0; j < units; j += WIDTH) {
      const Floats normalized = (load(x + j) - splat(mean)) * splat(inverse);
      storeFirst(y + j, multiplyAdd(normalized, load(gamma + j), load(beta + j)), units - j);
    }
    means[i] = mean;
    inverses[i] = inverse;
  }
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

void layerNormGrad(Memory memory, const LayerNormGradArguments &args, int32_t begin, int32_t end, Address) {
  const int32_t units = args.units;
  const float *gamma = memory.floats(args.gamma);
  Floats dGammas[UNIT_VECTORS];
  Floats dBetas[UNIT_VECTORS];
  for (int32_t block = begin; block < end; block++) {
    const int32_t first = block * TOKEN_BLOCK;
    const int32_t tokens = least(TOKEN_BLOCK, args.tokens - first);
    float *dGamma = memory.floats(args.parts) + (int64_t)block * 2 * units;
    float *dBeta = dGamma + units;
    for (int32_t from = 0; from < units; from += UNIT_VECTORS * WIDTH) {
      const int32_t vectors = least(UNIT_VECTORS, (units - from + WIDTH - 1) / WIDTH);
      for (int32_t v = 0; v < vectors; v++) dGammas[v] = dBetas[v] = splat(0);
      for (int32_t i = first; i < first + tokens; i++) {
        const int64_t at = (int64_t)i * units;
        const Token token = {memory.floats(args.x) + at, memory.floats(args.dy) + at,
                             splat(memory.floats(args.means)[i]), splat(memory.floats(args.inverses)[i])};
        float *dx = memory.floats(args.dx) + at;
        Floats mean, along;
        meansOf(token, gamma, units, mean, along);
        for (int32_t v = 0; v < vectors; v++) {
          const int32_t j = from + v * WIDTH;
          const Floats n = token.normalized(j);
          const Floats dy = load(token.dy + j);
          dGammas[v] = multiplyAdd(dy, n, dGammas[v]);
          dBetas[v] += dy;
          storeFirst(dx + j, (dy * load(gamma + j) - mean - n * along) * token.inverse, units - j);
        }
      }
      for (int32_t v = 0; v < vectors; v++) {
        const int32_t j = from + v * WIDTH;
        storeFirst(dGamma + j, dGammas[v], units - j);
        storeFirst(dBeta + j, dBetas[v], units - j);
      }
    }
  }
}

}  // namespace RECSYS_ISA
