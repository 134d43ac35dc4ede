/*
 * A transformer block: `assembly/` has its equations. All steps are taken for a run of sequences before the next run, so
 * that what is between them stays in the cache.
 */
#include "attention.h"
#include "base/multiply.h"
#include "base/random.h"
#include "dense.h"
#include "kernels.h"
#include "layer-norm.h"
#include "reduce.h"

namespace RECSYS_ISA {

/** The columns of a matrix from `column` on. */
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

/** Some sequences, and their tokens `first .. next - 1`. */
struct Run {
  int32_t sequence;
  int32_t nextSequence;
  int32_t first;
  int32_t next;
};

static Run runOf(Memory memory, const BlockArguments &args, int32_t run) {
  const int32_t *runs = memory.integers(args.runs) + run;
  const int32_t *offsets = memory.integers(args.offsets);
  return {runs[0], runs[1], offsets[runs[0]], offsets[runs[1]]};
}

/** The layer norm of x, from the token `first` on. */
static Norm firstNorm(Memory memory, const BlockArguments &args, int32_t first) {
  return {memory.floats(args.x) + (int64_t)first * args.units,
          memory.floats(args.queryGamma),
          memory.floats(args.queryBeta),
          memory.floats(args.queryMeans) + first,
          memory.floats(args.queryInverses) + first,
          args.units};
}

/** The layer norm of z, from the token `first` on. */
static Norm secondNorm(Memory memory, const BlockArguments &args, int32_t first) {
  return {memory.floats(args.sums) + (int64_t)first * args.units,
          memory.floats(args.gamma),
          memory.floats(args.beta),
          memory.floats(args.means) + first,
          memory.floats(args.inverses) + first,
          args.units};
}

/** Query, key and value of the tokens `begin .. end - 1`. */
static void project(Memory memory, const TransformerBlockArguments &args, int32_t begin, int32_t end, float *scratch) {
  const int32_t units = args.units;
  const int64_t wide = 3 * (int64_t)units;
  const Source kernel = {memory.floats(args.kernel), wide};
  const Source bias = {memory.floats(args.bias), 0};
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const Norm norm = firstNorm(memory, args, first);
    const Target to = {memory.floats(args.query) + first * wide, wide};
    normalizeRows(norm, scratch, tokens, args.epsilon);
    multiply({scratch, units}, kernel, to, bias, tokens, args.preNorm ? 3 * units : units, units, false);
    if (args.preNorm) continue;
    const Target others = {to.at + units, wide};
    multiply({norm.x, units}, columnsFrom(kernel, units), others, columnsFrom(bias, units), tokens, 2 * units, units,
             false);
  }
}

/** What follows attention, for the tokens `begin .. end - 1`. */
static void feedForward(Memory memory, const TransformerBlockArguments &args, int32_t begin, int32_t end,
                        float *normalized) {
  const int32_t units = args.units;
  const Dropout inner = {(uint32_t)args.innerKey, args.threshold, args.keptScale};
  const Dropout outer = {(uint32_t)args.outerKey, args.threshold, args.keptScale};
  const auto multiplyBy = [&](const float *x, Address kernel, Address bias, float *y, int32_t tokens, bool relu) {
    const Source init = {memory.floats(bias), 0};
    multiply({x, units}, {memory.floats(kernel), units}, {y, units}, init, tokens, units, units, relu);
  };
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const int32_t count = tokens * units;
    const int32_t element = first * units;
    const float *attended = memory.floats(args.attended) + element;
    float *sums = memory.floats(args.sums) + element;
    float *hidden = memory.floats(args.hidden) + element;
    float *y = memory.floats(args.y) + element;
    if (args.preNorm) {
      multiplyBy(attended, args.outputKernel, args.outputBias, sums, tokens, false);
      addElements(memory.floats(args.x) + element, sums, count);
    } else {
      restoreRows(firstNorm(memory, args, first), sums, tokens);
      addElements(attended, sums, count);
    }
    normalizeRows(secondNorm(memory, args, first), normalized, tokens, args.epsilon);
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

/** A run as a batch of its own, with what is between its steps in scratch memory. */
static void transformRun(Memory memory, const TransformerBlockArguments &args, const Run &run, Address scratch) {
  const int32_t tokens = run.next - run.first;
  const int32_t sequences = run.nextSequence - run.sequence;
  const int32_t heads = args.numHeads;
  const Address row = 4 * (Address)args.units;
  const Address at = (Address)run.first * row;
  const auto take = [&](int32_t words) {
    const Address start = scratch;
    scratch += 4 * (Address)roundUp(words, 16);
    return start;
  };
  TransformerBlockArguments own = args;
  own.x = args.x + at;
  own.y = args.y + at;
  own.offsets = take(sequences + 1);
  own.query = take(3 * tokens * args.units);
  own.key = own.query + row;
  own.value = own.key + row;
  own.attended = take(tokens * args.units);
  own.hidden = own.attended;  // written after the last use of the other
  own.sums = take(tokens * args.units);
  own.logSums = take(tokens * heads);
  own.queryMeans = take(tokens);
  own.queryInverses = take(tokens);
  own.means = take(tokens);
  own.inverses = take(tokens);
  const int32_t *offsets = memory.integers(args.offsets) + run.sequence;
  for (int32_t i = 0; i <= sequences; i++) memory.integers(own.offsets)[i] = offsets[i] - run.first;
  project(memory, own, 0, tokens, memory.floats(scratch));
  attention(memory, own, 0, sequences * heads, scratch);
  feedForward(memory, own, 0, tokens, memory.floats(scratch));
}

void transformerBlock(Memory memory, const TransformerBlockArguments &args, int32_t begin, int32_t end,
                      Address scratch) {
  for (int32_t i = begin; i < end; i++) {
    const Run run = runOf(memory, args, i);
    if (args.query == 0) {
      transformRun(memory, args, run, scratch);
      continue;
    }
    project(memory, args, run.first, run.next, memory.floats(scratch));
    attention(memory, args, run.sequence * args.numHeads, run.nextSequence * args.numHeads, scratch);
    feedForward(memory, args, run.first, run.next, memory.floats(scratch));
  }
}

/** Where a part of the gradients of the weights is, in the order of `TransformerBlockGradArguments::parts`. */
struct WeightGradients {
  float *innerKernel;
  float *outerKernel;
  float *innerBias;
  float *outerBias;
  float *gamma;
  float *beta;
  float *kernel;
  float *bias;
  float *queryGamma;
  float *queryBeta;
  float *outputKernel;
  float *outputBias;
};

static WeightGradients weightGradients(float *at, int32_t units) {
  const auto take = [&](int64_t size) {
    float *start = at;
    at += size;
    return start;
  };
  const int64_t kernel = (int64_t)units * units;
  // In braces, members are evaluated in their order.
  return {take(kernel), take(kernel), take(units), take(units), take(units),  take(units), take(3 * kernel),
          take(3 * (int64_t)units), take(units), take(units), take(kernel), take(units)};
}

/** For the tokens `begin .. end - 1`, the gradients of z, in dx, and of what attention returned. Adds to the sums. */
static void feedForwardGrad(Memory memory, const TransformerBlockGradArguments &args, int32_t begin, int32_t end,
                            float *dAttended, const WeightGradients &weights, float *scratch) {
  const int32_t units = args.units;
  const Dropout outer = {(uint32_t)args.outerKey, args.threshold, args.keptScale};
  const float keptScale = args.threshold != 0 ? args.keptScale : 1;
  const Source outerTransposed = {memory.floats(args.outerTransposed), units};
  const Source innerTransposed = {memory.floats(args.innerTransposed), units};
  float *dropped = scratch;
  float *dNormalized = scratch;  // after the last use of the other
  float *dInner = scratch + TOKENS_AT_ONCE * units;
  float *normalized = dInner + TOKENS_AT_ONCE * units;
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const int32_t count = tokens * units;
    const int32_t element = first * units;
    const float *dy = memory.floats(args.dy) + element;
    const float *hidden = memory.floats(args.hidden) + element;
    float *dSums = memory.floats(args.dx) + element;
    const Norm norm = secondNorm(memory, args, first);
    const float *dOuter = dy;
    if (args.threshold != 0) {
      dropElements(dy, dropped, nullptr, element, count, outer);
      dOuter = dropped;
    }
    product({dOuter, units}, outerTransposed, {dInner, units}, tokens, units, units);
    reluGrad(dInner, hidden, dInner, count, keptScale);
    Sum{weights.outerKernel, units}.add({hidden, units}, {dOuter, units}, units, units, tokens);
    addRows(dOuter, units, weights.outerBias, tokens, units);
    restoreRows(norm, normalized, tokens);
    Sum{weights.innerKernel, units}.add({normalized, units}, {dInner, units}, units, units, tokens);
    addRows(dInner, units, weights.innerBias, tokens, units);
    const Source init = args.preNorm ? fromZero : Source{dy, units};
    multiply({dInner, units}, innerTransposed, {dNormalized, units}, init, tokens, units, units, false);
    normGradRows(norm, dNormalized, dSums, args.preNorm ? dy : nullptr, weights.gamma, weights.beta, tokens);
    if (!args.preNorm) continue;
    const Target to = {dAttended + (int64_t)(first - begin) * units, units};
    product({dSums, units}, {memory.floats(args.outputTransposed), units}, to, tokens, units, units);
    const Source attended = {memory.floats(args.attended) + element, units};
    Sum{weights.outputKernel, units}.add(attended, {dSums, units}, units, units, tokens);
    addRows(dSums, units, weights.outputBias, tokens, units);
  }
}

/**
 * For the tokens `begin .. end - 1`, the gradient of x from that of z, in dx, and those of query, key and value, whose
 * first row is that of `begin`. Adds to the sums.
 */
static void projectGrad(Memory memory, const TransformerBlockGradArguments &args, int32_t begin, int32_t end,
                        const float *dProjected, const WeightGradients &weights, float *query) {
  const int32_t units = args.units;
  const int64_t wide = 3 * (int64_t)units;
  const Source ofQuery = {memory.floats(args.transposed), units};
  const Source ofKeyAndValue = {ofQuery.at + (int64_t)units * units, units};
  const Target dQuery = {query + TOKENS_AT_ONCE * units, units};
  const Target dKeyAndValue = {dQuery.at + TOKENS_AT_ONCE * units, units};
  const Sum ofFirst = {weights.kernel, wide};
  const Sum ofOthers = {weights.kernel + units, wide};
  for (int32_t first = begin; first < end; first += TOKENS_AT_ONCE) {
    const int32_t tokens = least(TOKENS_AT_ONCE, end - first);
    const Source d = {dProjected + (first - begin) * wide, wide};
    float *dx = memory.floats(args.dx) + (int64_t)first * units;
    const Norm norm = firstNorm(memory, args, first);
    restoreRows(norm, query, tokens);
    if (args.preNorm) {
      product(d, ofQuery, dQuery, tokens, units, 3 * units);
      ofFirst.add({query, units}, d, units, 3 * units, tokens);
      normGradRows(norm, dQuery.at, dx, dx, weights.queryGamma, weights.queryBeta, tokens);
    } else {
      multiply(d, ofQuery, dQuery, {dx, units}, tokens, units, units, false);
      product(columnsFrom(d, units), ofKeyAndValue, dKeyAndValue, tokens, units, 2 * units);
      ofFirst.add({query, units}, d, units, units, tokens);
      ofOthers.add({norm.x, units}, columnsFrom(d, units), units, 2 * units, tokens);
      normGradRows(norm, dQuery.at, dx, dKeyAndValue.at, weights.queryGamma, weights.queryBeta, tokens);
    }
    addRows(d.at, wide, weights.bias, tokens, 3 * units);
  }
}

void transformerBlockGrad(Memory memory, const TransformerBlockGradArguments &args, int32_t begin, int32_t end,
                          Address scratch) {
  const int64_t units = args.units;
  const int64_t partSize = (args.preNorm ? 6 : 5) * units * units + (args.preNorm ? 10 : 9) * units;
  float *dProjected = memory.floats(scratch);
  float *ownDAttended = dProjected + 3 * units * args.runTokens;
  float *buffers = dProjected + (4 * units * args.runTokens + 31) / 16 * 16;
  for (int32_t part = begin; part < end; part++) {
    const int32_t *runs = memory.integers(args.partRuns) + part;
    float *sums = memory.floats(args.parts) + part * partSize;
    const WeightGradients weights = weightGradients(sums, args.units);
    __builtin_memset(sums, 0, 4 * (size_t)partSize);
    for (int32_t i = runs[0]; i < runs[1]; i++) {
      const Run run = runOf(memory, args, i);
      feedForwardGrad(memory, args, run.first, run.next, ownDAttended, weights, buffers);
      const float *dAttended = args.preNorm ? ownDAttended : memory.floats(args.dx) + run.first * units;
      const AttentionGradients gradients = {run.first, dAttended, dProjected, dProjected + units,
                                            dProjected + 2 * units};
      attentionGradFrom(memory, args, gradients, run.sequence * args.numHeads, run.nextSequence * args.numHeads,
                        buffers);
      projectGrad(memory, args, run.first, run.next, dProjected, weights, buffers);
    }
  }
}

}  // namespace RECSYS_ISA
