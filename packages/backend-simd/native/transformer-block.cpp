/*
 * A transformer block around attention: `assembly/` has its equations. What is between the steps of some tokens stays in
 * scratch memory, and so in the cache.
 */
#include "base/multiply.h"
#include "base/random.h"
#include "dense.h"
#include "kernels.h"
#include "layer-norm.h"
#include "reduce.h"

namespace RECSYS_ISA {

/** Columns `column ..` of a matrix. */
RECSYS_INLINE Source columnsFrom(Source matrix, int64_t column) { return {matrix.at + column, matrix.row}; }

/** A sum of gradients of a matrix, to which products are added. */
struct Sum {
  float *at;
  int64_t row;
  /** += Aᵀ · B, with A `[k, m]` and B `[k, n]`. */
  void add(Source a, Source b, int m, int n, int k) const {
    multiplyTransposed(a, b, {at, row}, {at, row}, m, n, k);
  }
};

void blockProjections(Memory memory, const BlockProjectionsArguments &args, int32_t begin, int32_t end,
                      Address scratch) {
  const int32_t units = args.units;
  const int64_t wide = 3 * (int64_t)units;
  const Source kernel = {memory.floats(args.kernel), wide};
  const Source bias = {memory.floats(args.bias), 0};
  float *query = memory.floats(scratch);
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const Source x = {memory.floats(args.x) + (int64_t)first * units, units};
    const Target to = {memory.floats(args.projected) + first * wide, wide};
    const Norm norm = {x.at,
                       memory.floats(args.gamma),
                       memory.floats(args.beta),
                       memory.floats(args.means) + first,
                       memory.floats(args.inverses) + first,
                       units};
    normalizeRows(norm, query, tokens, args.epsilon);
    multiply({query, units}, kernel, to, bias, tokens, args.preNorm ? 3 * units : units, units, false);
    if (args.preNorm) continue;
    multiply(x, columnsFrom(kernel, units), {to.at + units, wide}, columnsFrom(bias, units), tokens, 2 * units, units, false);
  }
}

void blockFeedForward(Memory memory, const BlockFeedForwardArguments &args, int32_t begin, int32_t end,
                      Address scratch) {
  const int32_t units = args.units;
  const Dropout inner = {(uint32_t)args.innerKey, args.threshold, args.keptScale};
  const Dropout outer = {(uint32_t)args.outerKey, args.threshold, args.keptScale};
  const auto multiplyBy = [&](const float *x, Address kernel, Address bias, float *y, int32_t tokens, bool relu) {
    const Source init = {memory.floats(bias), 0};
    multiply({x, units}, {memory.floats(kernel), units}, {y, units}, init, tokens, units, units, relu);
  };
  float *normalized = memory.floats(scratch);
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const int32_t count = tokens * units;
    const int32_t element = first * units;
    const float *x = memory.floats(args.x) + element;
    const float *attended = memory.floats(args.attended) + element;
    float *sums = memory.floats(args.sums) + element;
    float *hidden = memory.floats(args.hidden) + element;
    float *y = memory.floats(args.y) + element;
    if (args.preNorm) {
      multiplyBy(attended, args.outputKernel, args.outputBias, sums, tokens, false);
      addElements(x, sums, count);
    } else {
      const Norm ofQuery = {x,
                            memory.floats(args.queryGamma),
                            memory.floats(args.queryBeta),
                            memory.floats(args.queryMeans) + first,
                            memory.floats(args.queryInverses) + first,
                            units};
      restoreRows(ofQuery, sums, tokens);
      addElements(attended, sums, count);
    }
    const Norm norm = {sums,
                       memory.floats(args.gamma),
                       memory.floats(args.beta),
                       memory.floats(args.means) + first,
                       memory.floats(args.inverses) + first,
                       units};
    normalizeRows(norm, normalized, tokens, args.epsilon);
    const float *residual = args.preNorm ? sums : normalized;
    multiplyBy(normalized, args.innerKernel, args.innerBias, hidden, tokens, true);
    if (args.threshold != 0) dropElements(hidden, hidden, nullptr, element, count, inner);
    multiplyBy(hidden, args.outerKernel, args.outerBias, y, tokens, false);
    if (args.threshold != 0) {
      dropElements(y, y, residual, element, count, outer);
    } else {
      addElements(residual, y, count);
    }
  }
}

void blockFeedForwardGrad(Memory memory, const BlockFeedForwardGradArguments &args, int32_t begin, int32_t end,
                          Address scratch) {
  const int32_t units = args.units;
  const int32_t kernelSize = units * units;
  const Dropout outer = {(uint32_t)args.outerKey, args.threshold, args.keptScale};
  const float keptScale = args.threshold != 0 ? args.keptScale : 1;
  float *dropped = memory.floats(scratch);
  float *dNormalized = dropped;  // after the last use of the other
  float *dInner = dropped + TOKENS_AT_ONCE * units;
  float *normalized = dInner + TOKENS_AT_ONCE * units;
  for (int32_t part = begin; part < end; part++) {
    float *parts = memory.floats(args.parts) + (int64_t)part * args.partSize;
    const Sum dInnerKernel = {parts, units};
    const Sum dOuterKernel = {parts + kernelSize, units};
    float *dInnerBias = parts + 2 * kernelSize;
    float *dOuterBias = dInnerBias + units;
    float *dGamma = dOuterBias + units;
    float *dBeta = dGamma + units;
    const Sum dOutputKernel = {dBeta + units, units};
    float *dOutputBias = dOutputKernel.at + kernelSize;
    const int32_t size = args.preNorm ? 3 * kernelSize + 5 * units : 2 * kernelSize + 4 * units;
    __builtin_memset(parts, 0, 4 * (size_t)size);
    const int32_t start = part * args.tokensOfPart;
    const int32_t stop = least(start + args.tokensOfPart, args.tokens);
    for (int32_t first = start; first < stop; first += TOKENS_AT_ONCE) {
      const int32_t tokens = least(TOKENS_AT_ONCE, stop - first);
      const int32_t count = tokens * units;
      const int32_t element = first * units;
      const float *dy = memory.floats(args.dy) + element;
      const float *hidden = memory.floats(args.hidden) + element;
      float *dSums = memory.floats(args.dSums) + element;
      const Norm norm = {memory.floats(args.sums) + element,
                         memory.floats(args.gamma),
                         memory.floats(args.beta),
                         memory.floats(args.means) + first,
                         memory.floats(args.inverses) + first,
                         units};
      const float *dOuter = dy;
      if (args.threshold != 0) {
        dropElements(dy, dropped, nullptr, element, count, outer);
        dOuter = dropped;
      }
      const Source outerTransposed = {memory.floats(args.outerTransposed), units};
      product({dOuter, units}, outerTransposed, {dInner, units}, tokens, units, units);
      reluGrad(dInner, hidden, dInner, count, keptScale);
      dOuterKernel.add({hidden, units}, {dOuter, units}, units, units, tokens);
      addRows(dOuter, units, dOuterBias, tokens, units);
      restoreRows(norm, normalized, tokens);
      dInnerKernel.add({normalized, units}, {dInner, units}, units, units, tokens);
      addRows(dInner, units, dInnerBias, tokens, units);
      const Source innerTransposed = {memory.floats(args.innerTransposed), units};
      const Source init = args.preNorm ? fromZero : Source{dy, units};
      multiply({dInner, units}, innerTransposed, {dNormalized, units}, init, tokens, units, units, false);
      normGradRows(norm, dNormalized, dSums, args.preNorm ? dy : nullptr, dGamma, dBeta, tokens);
      if (!args.preNorm) continue;
      const Target dAttended = {memory.floats(args.dAttended) + element, units};
      product({dSums, units}, {memory.floats(args.outputTransposed), units}, dAttended, tokens, units, units);
      const Source attended = {memory.floats(args.attended) + element, units};
      dOutputKernel.add(attended, {dSums, units}, units, units, tokens);
      addRows(dSums, units, dOutputBias, tokens, units);
    }
  }
}

void blockProjectionsGrad(Memory memory, const BlockProjectionsGradArguments &args, int32_t begin, int32_t end,
                          Address scratch) {
  const int32_t units = args.units;
  const int64_t wide = 3 * (int64_t)units;
  const Source ofQuery = {memory.floats(args.transposed), units};
  const Source ofKeyAndValue = {ofQuery.at + (int64_t)units * units, units};
  const Target query = {memory.floats(scratch), units};
  const Target dQuery = {query.at + TOKENS_AT_ONCE * units, units};
  const Target dKeyAndValue = {dQuery.at + TOKENS_AT_ONCE * units, units};
  for (int32_t part = begin; part < end; part++) {
    float *parts = memory.floats(args.parts) + (int64_t)part * args.partSize;
    const Sum dKernel = {parts, wide};
    float *dBias = parts + units * wide;
    float *dGamma = dBias + wide;
    float *dBeta = dGamma + units;
    __builtin_memset(parts, 0, 4 * (size_t)(units * wide + wide + 2 * units));
    const int32_t start = part * args.tokensOfPart;
    const int32_t stop = least(start + args.tokensOfPart, args.tokens);
    for (int32_t first = start; first < stop; first += TOKENS_AT_ONCE) {
      const int32_t tokens = least(TOKENS_AT_ONCE, stop - first);
      const int64_t at = (int64_t)first * units;
      const Source x = {memory.floats(args.x) + at, units};
      const Source d = {memory.floats(args.dProjected) + 3 * at, wide};
      float *dx = memory.floats(args.dx) + at;
      const Norm norm = {x.at,
                         memory.floats(args.gamma),
                         memory.floats(args.beta),
                         memory.floats(args.means) + first,
                         memory.floats(args.inverses) + first,
                         units};
      restoreRows(norm, query.at, tokens);
      if (args.preNorm) {
        product(d, ofQuery, dQuery, tokens, units, 3 * units);
        dKernel.add({query.at, units}, d, units, 3 * units, tokens);
        normGradRows(norm, dQuery.at, dx, dx, dGamma, dBeta, tokens);
      } else {
        multiply(d, ofQuery, dQuery, {dx, units}, tokens, units, units, false);
        product(columnsFrom(d, units), ofKeyAndValue, dKeyAndValue, tokens, units, 2 * units);
        dKernel.add({query.at, units}, d, units, units, tokens);
        const Sum ofOthers = {dKernel.at + units, wide};
        ofOthers.add(x, columnsFrom(d, units), units, 2 * units, tokens);
        normGradRows(norm, dQuery.at, dx, dKeyAndValue.at, dGamma, dBeta, tokens);
      }
      addRows(d.at, wide, dBias, tokens, 3 * units);
    }
  }
}

}  // namespace RECSYS_ISA
